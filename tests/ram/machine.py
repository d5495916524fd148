"""A stub of `machine` for RAM figures: a reset ends the process with RESET_STATUS."""

import sys

RESET_STATUS = 3
PWRON_RESET, SOFT_RESET = 1, 5


def reset_cause():
    return 2


def reset():
    sys.exit(RESET_STATUS)


class Timer:
    PERIODIC = 1

    def __init__(self, number):
        pass

    def init(self, mode, period, callback):
        pass

    def deinit(self):
        pass


class WDT:
    pass
