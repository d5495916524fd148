# Keeps the firmware up to date, over plain http in your own network. A board with config.py,
# the library and boot.py (make install), already online; see examples/README.md:
#   mpremote cp examples/update_firmware.py :main.py + reset

import gc

gc.threshold(2048)  # before the imports: nothing else saves as much RAM

import time

import config
import machine
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater

feed = machine.WDT(timeout=60000).feed
client = Client(
    Session(net, time, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed).run()
