# A new image is kept only if it passes a test of your own; else the board goes back to the
# old one, and the server learns why. boot.py guards that first boot.
#   mpremote cp examples/confirm_or_go_back.py :main.py + reset

import config
import machine
from hawkbit import board


def self_test():
    """Called once, in the first boot of a new image. False or an exception: go back."""
    return len(machine.unique_id()) == 6  # yours asks a sensor or a radio


feed = machine.WDT(timeout=60000).feed
board.updater(
    config.URL,
    config.CONTROLLER_ID,
    target_token=config.TARGET_TOKEN,
    feed=feed,
    self_test=self_test,
).run()
