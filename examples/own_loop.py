# Updates beside other work: cycle() comes back after every request and every 4 KiB.
#   mpremote cp examples/own_loop.py :main.py + reset

import time

import config
import machine
from hawkbit import board


def work():
    """What the device is for; a few ms at a time."""
    feed()


feed = machine.WDT(timeout=60000).feed
updater = board.updater(
    config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN, feed=feed
)
while True:
    for _ in updater.cycle():
        work()
    for _ in range(updater.wait_s()):
        work()
        time.sleep(1)
