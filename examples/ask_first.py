# Asks the user before a soft update; a forced one does not ask.
#   mpremote cp examples/ask_first.py :main.py + reset
#   rollouts assign firmware:2.0.0 kitchen-1 --type soft

import time

import config
import machine
from hawkbit import deploy, net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater


def accept(deployment):
    """Return NOW, LATER (ask again in the next cycle) or REFUSE (for good)."""
    artifact = deployment.artifacts[0]
    print("update to", artifact.name, artifact.version)
    button_is_pressed = True  # yours: machine.Pin(0, machine.Pin.IN).value() == 0
    return deploy.NOW if button_is_pressed else deploy.LATER


feed = machine.WDT(timeout=60000).feed
client = Client(
    Session(net, time, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed, accept=accept).run()
