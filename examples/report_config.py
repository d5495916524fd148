# Tells the server what this device is: the attributes of the target. Needs no board:
#   rollouts serve &                                     (examples/README.md: its variables)
#   rollouts setup kitchen-1                             (writes config.py)
#   MICROPYPATH=.:lib .venv/bin/micropython examples/report_config.py

import sys
import time

import config
from hawkbit import net
from hawkbit.client import Client
from hawkbit.http import Session

client = Client(
    Session(net, time),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
attributes = {"python": "%d.%d" % sys.implementation.version[:2], "platform": sys.platform}
try:
    client.config_data(attributes)
finally:
    client.close()
print("reported", attributes)
