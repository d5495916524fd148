# Polls on each wake, and sleeps deeply in between: for a battery. nvs keeps the record.
#   mpremote cp examples/deep_sleep.py :main.py + reset

import time

import config
import machine
from hawkbit import board

feed = machine.WDT(timeout=60000).feed
updater = board.updater(
    config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN, feed=feed
)
wait_s = updater.run_once()
while updater.on_trial:  # a wake from deep sleep does not roll back: stay awake until confirmed
    for _ in range(wait_s):
        feed()
        time.sleep(1)
    wait_s = updater.run_once()
machine.deepsleep(wait_s * 1000)
