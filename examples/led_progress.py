# Shows a download on an LED: the farther, the brighter; blinking means that the image is on trial.
#   mpremote cp examples/led_progress.py :main.py + reset

import config
import machine
from hawkbit import board

led = machine.PWM(machine.Pin(2), freq=1000, duty_u16=0)


def show(name, info):
    """Called by the Updater: "state", "progress" in percent, "report", "error"."""
    if name == "progress":
        led.duty_u16(info * 65535 // 100)
    elif name == "state":
        is_on_trial = info == "testing"
        led.freq(2 if is_on_trial else 1000)
        led.duty_u16(32768 if is_on_trial else 0)


feed = machine.WDT(timeout=60000).feed
board.updater(
    config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN, feed=feed, on_event=show
).run()
