"""The board's time: the computer's, or one that only moves when the firmware waits."""

import time

# ticks_ms() of the ESP32 wraps here.
TICKS_PERIOD = 1 << 30
_EPOCH_S = 946684800  # 2000-01-01, from 1970
_BEGIN_S = 820454400  # 2026-01-01, from 2000: where virtual time begins


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
    """Time for tests: waiting takes none."""

    is_virtual = True

    def __init__(self):
        self._now_ms = 0

    def now_ms(self):
        return self._now_ms

    def sleep_ms(self, ms):
        self._now_ms += max(ms, 0)


class Time:
    """The module `time` of a chip, as MicroPython has it on an ESP32: since 2000, in whole s."""

    def __init__(self, chip):
        self._chip = chip

    def ticks_ms(self):
        self._chip.run_timers()
        return self._chip.ticks_ms() % TICKS_PERIOD

    def ticks_us(self):
        return self.ticks_ms() * 1000 % TICKS_PERIOD

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % TICKS_PERIOD

    def ticks_diff(self, end, start):
        return (end - start + TICKS_PERIOD // 2) % TICKS_PERIOD - TICKS_PERIOD // 2

    def sleep(self, seconds):
        self._chip.wait_ms(int(seconds * 1000))

    def sleep_ms(self, ms):
        self._chip.wait_ms(ms)

    def sleep_us(self, us):
        self._chip.wait_ms(us // 1000)

    def time(self):
        if self._chip.clock.is_virtual:
            return _BEGIN_S + self._chip.clock.now_ms() // 1000
        return int(time.time()) - _EPOCH_S

    def gmtime(self, seconds=None):
        return time.gmtime((self.time() if seconds is None else seconds) + _EPOCH_S)[:8]

    localtime = gmtime


def _host_ms():
    if hasattr(time, "ticks_ms"):
        return time.ticks_ms()
    return time.monotonic_ns() // 1000000
