"""The application of the simulated board: it only keeps itself up to date.

As boards/main.py, without Wi-Fi; `config` is /config.py on the board.
"""

import gc

gc.threshold(2048)  # before the imports: nothing else saves as much RAM

import time

import app
import config
import machine
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater


def make_updater(feed):
    session = Session(net, time, feed=feed)
    client = Client(
        session,
        config.URL,
        config.TENANT,
        config.CONTROLLER_ID,
        target_token=config.TARGET_TOKEN,
        gateway_token=config.GATEWAY_TOKEN,
    )
    store = NVSStore()
    updater = Updater(client, {"os": FirmwareSlot()}, store, feed=feed, self_test=app.self_test)
    updater.attributes = {"board": "simulated", "version": app.version}
    updater.poll_s = config.POLL_S
    updater.first_poll_spread_s = 0
    updater.confirm_timeout_s = config.CONFIRM_S
    return updater


print("main.py: version", app.version or "unknown")
make_updater(machine.WDT(timeout=config.WATCHDOG_S * 1000).feed).run()
