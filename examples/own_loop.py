# Updates beside other work: cycle() comes back after every request and every 4 KiB.
#   mpremote cp examples/own_loop.py :main.py + reset

import time

import config
import machine
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater


def work():
    """What the device is for; a few ms at a time."""
    feed()


feed = machine.WDT(timeout=60000).feed
client = Client(
    Session(net, time, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
updater = Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed)
while True:
    for _ in updater.cycle():
        work()
    for _ in range(updater.wait_s()):
        work()
        time.sleep(1)
