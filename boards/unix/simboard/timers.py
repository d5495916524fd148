"""Timers of a chip: each calls back when its time has come, between two steps of the firmware."""


class Timers:
    """`clock`: the chip's. A timer is known by its number, the watchdog by WATCHDOG.

    Interrupts call run() and the callbacks arm and disarm: every loop is over a copy.
    """

    WATCHDOG = "watchdog"

    def __init__(self, clock):
        self._clock = clock
        self._armed = {}  # id -> [when_ms, period_ms or None, callback]
        self.on_arm = None  # called once, when the first one is armed

    def arm(self, ident, delay_ms, callback, is_periodic=False):
        if self.on_arm:
            self.on_arm()
            self.on_arm = None
        when_ms = self._clock.now_ms() + delay_ms
        self._armed[ident] = [when_ms, delay_ms if is_periodic else None, callback]

    def disarm(self, ident):
        self._armed.pop(ident, None)

    def next_ms(self):
        """How long until the next one fires, at least 0; None: none is armed."""
        if not self._armed:
            return None
        first_ms = min(timer[0] for timer in list(self._armed.values()))
        return max(0, first_ms - self._clock.now_ms())

    def has_any_but(self, ident):
        return any(one != ident for one in list(self._armed))

    def run(self):
        """Call back all that are due, the earliest first."""
        now_ms = self._clock.now_ms()
        due = [(timer[0], str(ident), ident) for ident, timer in list(self._armed.items())]
        for when_ms, _, ident in sorted(due):
            if when_ms <= now_ms:
                self._fire(ident)

    def _fire(self, ident):
        timer = self._armed.get(ident)
        if timer is None:
            return  # an earlier callback disarmed it
        if timer[1] is None:
            del self._armed[ident]
        else:
            timer[0] += timer[1]
        timer[2]()
