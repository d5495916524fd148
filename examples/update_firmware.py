# Keeps the firmware up to date, over plain http in your own network. A board with config.py,
# the library and boot.py (make install), already online; see examples/README.md:
#   mpremote cp examples/update_firmware.py :main.py + reset

import config
import machine
from hawkbit import board

feed = machine.WDT(timeout=60000).feed
board.updater(config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN, feed=feed).run()
