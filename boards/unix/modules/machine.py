"""The module `machine` of the simulated board: what an updater needs of it.

No pins and no buses. Source: MP ports/esp32/modmachine.c, machine_timer.c, machine_wdt.c.
"""

from simboard.chip import Chip, current

PWRON_RESET = Chip.PWRON_CAUSE
HARD_RESET = Chip.HARD_CAUSE
WDT_RESET = Chip.WDT_CAUSE
DEEPSLEEP_RESET = Chip.DEEPSLEEP_CAUSE
SOFT_RESET = Chip.SOFT_CAUSE

_TIMERS = 4


def reset():
    current().stop(Chip.RESET)


def soft_reset():
    """Start boot.py afresh; the bootloader does not run, so nothing rolls back."""
    current().stop(Chip.SOFT_RESET, cause=SOFT_RESET)


def deepsleep(time_ms=None):
    """Wake at the same application: otadata is not read then, so set_boot() had no effect."""
    current().stop(Chip.SLEEP, cause=DEEPSLEEP_RESET, sleep_ms=time_ms)


def lightsleep(time_ms):
    current().wait_ms(time_ms)


def idle():
    current().wait_ms(1)


def reset_cause():
    return current().retained.cause


def unique_id():
    return current().unique_id


class RTC:
    """Only memory(): up to 2048 bytes that survive a reset and a sleep, not a power cut."""

    def memory(self, data=None):
        retained = current().retained
        if data is None:
            return retained.memory
        if len(data) > 2048:
            raise ValueError("buffer too long")
        retained.memory = bytes(data)
        return None


class Timer:
    """Hardware timers 0 to 3. The callback runs between two steps of the firmware."""

    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id, **init):
        self._chip = current()
        self._id = _timer_id(self, id, self._chip.micropython)
        if init:
            self.init(**init)

    def init(self, mode=PERIODIC, period=-1, callback=None, freq=None):
        period_ms = int(1000 / freq) if freq else period
        if period_ms >= 1 << 31:
            raise OverflowError("overflow converting long int to machine word")
        if period_ms < 0:
            raise ValueError("Timer needs a period in ms or a freq")
        self._chip.timers.arm(self._id, period_ms, lambda: callback(self), mode == self.PERIODIC)

    def deinit(self):
        self._chip.timers.disarm(self._id)


def _timer_id(timer, id, micropython):
    """What a Timer is armed under: an id that two share is one timer. MP issue 17203, PR 19163."""
    if micropython < (1, 25):
        return id % _TIMERS  # -1, which looks virtual, is 3
    if id < 0 and micropython >= (1, 29):
        return ("virtual", timer)
    if not 0 <= id < _TIMERS:
        raise ValueError("invalid Timer number")
    return id


class WDT:
    """The task watchdog: cannot be stopped, made again with another timeout it takes that."""

    def __init__(self, id=0, timeout=5000):
        if id != 0 or timeout <= 0:
            raise ValueError
        self._chip = current()
        self._timeout_ms = timeout
        self.feed()

    def feed(self):
        timers = self._chip.timers
        timers.arm(timers.WATCHDOG, self._timeout_ms, self._bite)

    def _bite(self):
        self._chip.log("task watchdog: not fed for %d ms" % self._timeout_ms)
        self._chip.stop(Chip.RESET, cause=WDT_RESET)
