"""When is a request worth sending again, and after how long?

After Bosch's retry guidelines: 409, 429, 500, 502, 503 and 504, with a growing delay.
Two of these can also be final, which hawkBit says in the body: a 409 that is a duplicate
and, since 0.10, a 429 that is a quota.
"""

import random

from rollouts.api.errors import RolloutsError, ServerError

_TRIES = 4
_FIRST_DELAY_S = 1.0
_MAX_DELAY_S = 60.0


def is_worth_it(error: RolloutsError, tries: int) -> bool:
    """Return True when the same request can succeed after `tries` failures, the last `error`."""
    if tries >= _TRIES or not isinstance(error, ServerError):
        return tries < _TRIES
    if error.status == 409:
        return error.has_code("concurrentModification")
    if error.status == 429:
        return error.code is None or ".quota." not in error.code
    return error.status in (500, 502, 503, 504)


def delay_s(error: RolloutsError, tries: int) -> float:
    """Return the pause after `tries` failures: 1, 2, 4 s and up to a quarter more.

    The seconds of a Retry-After, where the server sent it, are kept to; at most a minute.
    """
    delay = _FIRST_DELAY_S * 2 ** (tries - 1)
    retry_after = getattr(error, "retry_after", None) or ""
    if retry_after.isdigit():
        delay = max(delay, float(retry_after))
    return min(delay, _MAX_DELAY_S) * random.uniform(1.0, 1.25)
