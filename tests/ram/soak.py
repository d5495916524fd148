# ruff: noqa: E402 - the threshold comes before the imports: the biggest single gain
"""What `make soak` runs: CYCLES cycles without a reset. Prints the free bytes every STEP."""

import gc

gc.threshold(2048)

import os
import time

from hawkbit import log, net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.journal import FileStore
from hawkbit.updater import Updater


def main():
    log.level = 0
    session = Session(net, time)
    client = Client(session, os.getenv("URL"), "DEFAULT", "dev1", gateway_token="secret")
    updater = Updater(client, {"os": FirmwareSlot()}, FileStore(), accept=lambda _: "refuse")
    step = int(os.getenv("STEP"))
    for number in range(int(os.getenv("CYCLES"))):
        for _ in updater.cycle():
            pass
        if number % step == 0:
            gc.collect()
            print(gc.mem_free())


main()
