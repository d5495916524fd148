"""What the server does by itself, by default every two seconds as hawkBit does."""

import asyncio
import logging

from . import autoassign
from .rollouts import executor
from .store import Store

_LOOK_S = 0.05
_log = logging.getLogger(__name__)


async def forever(store: Store) -> None:
    """A step whenever its time has come by the server's clock, which tests set."""
    period = store.settings.scheduler_period_ms
    last = store.clock.now_ms()
    while period:
        await asyncio.sleep(_LOOK_S)
        now = store.clock.now_ms()
        if not 0 <= now - last < period:
            last = now
            step(store)


def step(store: Store) -> None:
    """A job that fails does not keep the others from theirs."""
    for job in (autoassign.run, executor.run):
        try:
            job(store)
        except Exception:
            _log.exception("%s failed; it is tried again", job.__module__)
