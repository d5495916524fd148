# A sink of your own: passes an artifact on to a motor's chip, by UART. See hawkbit/download.py.
#   mpremote cp examples/own_sink.py :main.py + reset

import config
import machine
from hawkbit import board

uart = machine.UART(1, 115200)


class Motor:
    is_slot, trial = False, None

    def begin(self, artifact, have):
        return 0  # how much it kept from an earlier try

    def write(self, offset, block):
        uart.write(block)

    def activate(self):  # length and hash were right
        uart.write(b"START\n")

    def keep(self, *_):
        return ""

    finish = abort = restore = keep


token = config.TARGET_TOKEN
board.updater(config.URL, config.CONTROLLER_ID, target_token=token, sinks={"bApp": Motor()}).run()
