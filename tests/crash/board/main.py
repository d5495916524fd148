"""The application of the board whose power is cut: it updates itself, then sleeps deeply."""

import time

import app
import config
import machine
from hawkbit import log, net, rollback
from hawkbit.client import Client
from hawkbit.http import Session
from hawkbit.slot import FirmwareSlot
from hawkbit.updater import Updater

events = []


def make_updater(feed):
    log.level = config.LOG_LEVEL
    if config.STORE == "nvs":
        from hawkbit.journal import NVSStore

        store = NVSStore()
    else:
        from hawkbit.filestore import FileStore

        store = FileStore("/hawkbit.json")
    session = Session(net, time, feed=feed)
    client = Client(
        session,
        config.URL,
        "DEFAULT",
        config.CONTROLLER_ID,
        gateway_token=config.GATEWAY_TOKEN,
    )
    updater = Updater(
        client,
        {"os": FirmwareSlot()},
        store,
        feed=feed,
        self_test=app.self_test,
        on_event=lambda *event: events.append(event),
    )
    updater.confirm_timeout_s = config.CONFIRM_S
    updater.window_bytes = config.WINDOW_BYTES
    updater.checkpoint_bytes = config.CHECKPOINT_BYTES
    return updater


feed = rollback.feed
updater = make_updater(feed)
wait_s = updater.run_once()
while events:  # nothing happened in the last cycle: nothing is left to do
    events.clear()
    for _ in range(wait_s):
        feed()
        time.sleep(1)
    wait_s = updater.run_once()
machine.deepsleep(wait_s * 1000)
