# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The guard of a boot on trial: a timer that resets, and the hardware watchdog.

rollback.guard() and bundle.guard() arm it, the end of the trial disarms it.
"""

from machine import WDT, Timer, reset
from micropython import const

from hawkbit import log

limit_s = None  # after which it resets; None: it is not armed

_TICK_S = const(1)
_TIMERS = const((-2, 3, 1))  # see rollback.guard()
_ticks = 0
_timer = None
_watchdog = None


def arm(timeout_s, watchdog_s, timer_id):
    """Reset after timeout_s, see rollback.guard(); return the WDT, or None. The first call
    counts."""
    global limit_s, _ticks, _timer, _watchdog
    if limit_s is None:
        log.line(log.INFO, "on trial until confirmed, for %d s", timeout_s)
        if watchdog_s:
            _watchdog = WDT(timeout=watchdog_s * 1000)
        limit_s = timeout_s
        _ticks = 0
        _timer = _make_timer(_TIMERS if timer_id is None else (timer_id,))
        # Periodic: of a one-shot timer nothing is left when the queue of callbacks is full.
        _timer.init(mode=Timer.PERIODIC, period=_TICK_S * 1000, callback=_tick)
    return _watchdog


def _make_timer(numbers):
    for number in numbers:
        try:
            return Timer(number)
        except ValueError as e:  # not on this chip, not in this MicroPython
            error = e
    raise error


def _tick(timer):
    # Timers of one id are one object on this chip: only in its own callback is it surely ours.
    global _ticks
    _ticks += 1
    if limit_s is None:
        timer.deinit()
    elif elapsed_s() >= limit_s:
        reset()


def elapsed_s():
    """Return how long it has been armed. This stands still once the application has taken the
    guard's timer, which then ends no boot that hangs."""
    return _ticks * _TICK_S


def disarm():
    """Stop the timer. The hardware watchdog, once armed, cannot be stopped."""
    global limit_s
    limit_s = None
