"""The board's time: the computer's, or one that only moves when the firmware waits."""

import time

# ticks_ms() of the ESP32 wraps here.
TICKS_PERIOD = 1 << 30


class Clock:
    """The computer's time in ms since this object was made."""

    is_virtual = False

    def __init__(self):
        self._start_ms = _host_ms()

    def now_ms(self):
        return _host_ms() - self._start_ms

    def sleep_ms(self, ms):
        time.sleep(ms / 1000)


class VirtualClock:
    """Time for tests: waiting takes none. Begins shortly before ticks_ms() wraps."""

    is_virtual = True

    def __init__(self, now_ms=TICKS_PERIOD - 5000):
        self._now_ms = now_ms

    def now_ms(self):
        return self._now_ms

    def sleep_ms(self, ms):
        self._now_ms += max(ms, 0)


def _host_ms():
    if hasattr(time, "ticks_ms"):
        return time.ticks_ms()
    return time.monotonic_ns() // 1000000
