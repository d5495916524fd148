# As update_firmware.py, from a verified https server: /ca.pem on the board is the certificate
# that the server's was signed with.
#   mpremote cp ca.pem : + cp examples/update_with_tls.py :main.py + reset

import gc

gc.threshold(2048)  # before the imports: nothing else saves as much RAM

import time

import config
import machine
import ntptime
from hawkbit import net
from hawkbit.client import Client
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater

feed = machine.WDT(timeout=60000).feed
ntptime.settime()  # a clock that begins in 2000 finds every certificate in the future
with open("/ca.pem", "rb") as f:
    tls = net.context(f.read())
client = Client(
    Session(net, time, tls=tls, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
    rewrite_links=True,  # behind a proxy that ends TLS, hawkBit may write http links
)
Updater(client, {"os": FirmwareSlot()}, NVSStore(), feed=feed).run()
