# ruff: noqa: E402 - the threshold comes before the imports: the biggest single gain
"""What `make ram` measures: boot.py and main.py of a board that is updated.

URL, CONTROLLER_ID, GATEWAY_TOKEN and, for https, CA_DER come in the environment. Ends with
machine.RESET_STATUS, with 0 when the final report is delivered, and with 1 at any error.
"""

import gc

gc.threshold(2048)

import os
import sys
import time

from hawkbit import net, rollback
from hawkbit.client import Client
from hawkbit.deploy import IDLE
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.journal import FileStore
from hawkbit.updater import Updater


def context():
    ca = os.getenv("CA_DER")
    if ca is None:
        return None
    with open(ca, "rb") as f:
        return net.context(f.read())


def on_event(name, info):
    if name == "error":
        sys.exit(1)
    if (name, info) == ("state", IDLE):
        sys.exit(0)


def main():
    rollback.guard()
    session = Session(net, time, context())
    token = os.getenv("GATEWAY_TOKEN")
    url = os.getenv("URL")
    client = Client(
        session,
        url,
        "DEFAULT",
        os.getenv("CONTROLLER_ID"),
        gateway_token=token,
        rewrite_links=url.startswith("https"),  # TLS ends in a proxy, the links say http
    )
    updater = Updater(client, {"os": FirmwareSlot()}, FileStore(), on_event=on_event)
    updater.run_once()
    sys.exit(1)  # nothing was offered


if os.getenv("URL"):
    main()
