# Asks the user before a soft update; a forced one does not ask.
#   mpremote cp examples/ask_first.py :main.py + reset
#   rollouts assign firmware:2.0.0 kitchen-1 --type soft

import config
import machine
from hawkbit import board
from hawkbit.settings import LATER, NOW


def accept(deployment):
    """Return NOW, LATER (ask again in the next cycle) or REFUSE (for good)."""
    artifact = deployment.artifacts[0]
    print("update to", artifact.name, artifact.version)
    button_is_pressed = True  # yours: machine.Pin(0, machine.Pin.IN).value() == 0
    return NOW if button_is_pressed else LATER


feed = machine.WDT(timeout=60000).feed
board.updater(
    config.URL, config.CONTROLLER_ID, target_token=config.TARGET_TOKEN, feed=feed, accept=accept
).run()
