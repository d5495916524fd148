# Asks the server once what it wants of this device. Needs no board:
#   rollouts serve &                                     (examples/README.md: its variables)
#   rollouts setup kitchen-1                             (writes config.py)
#   MICROPYPATH=.:lib .venv/bin/micropython examples/poll_once.py

import time

import config
from hawkbit import ddi, net
from hawkbit.client import Client
from hawkbit.http import Session

client = Client(
    Session(net, time),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
try:
    offer = client.poll()
finally:
    client.close()
print("update:", "yes" if offer.deployment else "none")
print("next poll in", ddi.sleep_s(offer.sleep), "s")
