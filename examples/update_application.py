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
from hawkbit import board
from hawkbit.files import AppFiles

token, app = config.TARGET_TOKEN, {"bApp": AppFiles("/app")}
updater = board.updater(config.URL, config.CONTROLLER_ID, target_token=token, sinks=app, feed=feed)
while True:
    updater.run_once()
    for _ in range(updater.wait_s()):
        feed()
        application.work()
        time.sleep(1)
