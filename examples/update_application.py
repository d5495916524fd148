# Updates the application too: a tar, on trial like an image (lib/hawkbit/bundle.py).
# boot.py gets three more lines at its end:
#   import sys
#   from hawkbit import bundle
#   sys.path.insert(0, bundle.guard("/app"))
# The first version comes by cable: /app/application.py with a function work(). The others:
#   tar --format=ustar -C app -cf app.tar .
#   rollouts publish app.tar --type application --name app --version 2
#   mpremote cp examples/update_application.py :main.py + reset

import time

import machine

feed = machine.WDT(timeout=60000).feed  # an application that raises or hangs goes back

import application
import config
from hawkbit import net
from hawkbit.client import Client
from hawkbit.files import AppFiles
from hawkbit.firmware import FirmwareSlot
from hawkbit.http import Session
from hawkbit.nvs import NVSStore
from hawkbit.updater import Updater

client = Client(
    Session(net, time, feed=feed),
    config.URL,
    config.TENANT,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
)
updater = Updater(client, {"os": FirmwareSlot(), "bApp": AppFiles("/app")}, NVSStore(), feed=feed)
while True:
    updater.run_once()
    for _ in range(updater.wait_s()):
        feed()
        application.work()
        time.sleep(1)
