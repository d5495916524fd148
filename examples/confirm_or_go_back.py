# A new image is kept only if it passes a test of your own; else the board goes back to the
# old one, and the server learns why. boot.py guards that first boot.
#   mpremote cp examples/confirm_or_go_back.py :main.py + reset

import time

import config
import machine
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater


def self_test():
    """Called once, in the first boot of a new image. False or an exception: go back."""
    return len(machine.unique_id()) == 6  # yours asks a sensor or a radio


feed = machine.WDT(timeout=60000).feed
client = Client(
    Session(net, time, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
updater = Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed, self_test=self_test)
updater.run()
