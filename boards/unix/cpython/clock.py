# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The clock of MicroPython's module `time` for CPython. It wraps where an ESP32's does."""

import time

_PERIOD_MS = 1 << 30


def ticks_ms():
    """Return milliseconds from an arbitrary start, modulo 2^30 (12.4 days)."""
    return time.monotonic_ns() // 1_000_000 % _PERIOD_MS


def ticks_diff(a, b):
    """Return how many milliseconds `a` is after `b`, below half a period."""
    return (a - b + _PERIOD_MS // 2) % _PERIOD_MS - _PERIOD_MS // 2


def sleep_ms(ms):
    """Sleep."""
    time.sleep(ms / 1000)
