# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The date of a Retry-After header, imported with the first one. RFC 9110, 5.6.7."""

import time

from hawkbit import log

_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_FIRST_YEAR = 2025  # a clock that says less was never set


def seconds_until(text):
    """Return how long it is until "Wed, 25 Nov 2026 07:28:00 GMT", at least 0.

    None, with a log line: another form, or the clock is not set.
    """
    now = time.gmtime()
    try:
        _, day, month, year, clock, _ = text.split()
        h, m, s = clock.split(":")
        month = _MONTHS.index(month) // 3 + 1
        then = _seconds(int(year), month, int(day), int(h), int(m), int(s))
    except ValueError:
        then = None
    if then is None or now[0] < _FIRST_YEAR:
        log.line(log.INFO, "Retry-After: %s: not understood, or the clock is not set", text)
        return None
    return max(0, then - _seconds(*now[:6]))


def _seconds(year, month, day, h, m, s):
    # Since a day of its own: months begin in March, so that the leap day is the last.
    if month < 3:
        year -= 1
        month += 12
    days = year * 365 + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day
    return ((days - 730000) * 24 + h) * 3600 + m * 60 + s
