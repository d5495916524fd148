# ruff: noqa: E402 - the threshold comes before the imports: the biggest single gain
"""What `make ram` measures: boot.py and main.py of a board that is updated.

URL, CONTROLLER_ID, GATEWAY_TOKEN and, for https, CA_DER come in the environment. Ends with
machine.RESET_STATUS, with 0 when the final report is delivered, and with 1 at any error.
"""

import gc

gc.threshold(2048)

import os
import sys

import machine  # noqa: F401 - built in on a chip: no late import, as the library's is
from hawkbit import rollback

rollback.guard()

from hawkbit import board

gc.threshold(-1)


def on_event(name, info):
    if name == "error":
        sys.exit(1)
    if (name, info) == ("state", "idle"):
        sys.exit(0)


url = os.getenv("URL")
if url:
    updater = board.updater(
        url,
        os.getenv("CONTROLLER_ID"),
        ca=os.getenv("CA_DER"),
        gateway_token=os.getenv("GATEWAY_TOKEN"),
        rewrite_links=url.startswith("https"),  # TLS ends in a proxy, the links say http
        on_event=on_event,
    )
    updater.run_once()
    sys.exit(1)  # nothing was offered
