"""What the server does by itself, by default every two seconds as hawkBit does."""

import asyncio
import logging

from sqlalchemy import exists, select

from . import assignment, rsql
from .fields import TARGET_FIELDS
from .model import Action, Target, TargetFilter
from .rollouts import executor
from .store import Store, Work

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
    for job in (assign_by_filters, executor.run):
        try:
            job(store)
        except Exception:
            _log.exception("%s.%s failed; it is tried again", job.__module__, job.__name__)


def assign_by_filters(store: Store) -> None:
    """Assign to every target that matches a filter and never had its set."""
    assigning = select(TargetFilter).where(TargetFilter.set_id.is_not(None))
    with store.work() as work:
        for target_filter in work.db.scalars(assigning.order_by(TargetFilter.id)):
            _assign(work, target_filter)


def _assign(work: Work, target_filter: TargetFilter) -> None:
    had = exists().where(Action.target_id == Target.id, Action.set_id == target_filter.set_id)
    matches = rsql.to_sql(target_filter.query, TARGET_FIELDS)
    wanted = work.db.scalars(select(Target.controller_id).where(matches, ~had)).all()
    if not wanted:
        return
    terms = assignment.Terms(
        type=target_filter.action_type,
        weight=target_filter.weight,
        confirmation_required=target_filter.confirmation_required is not False,
    )
    found = assignment.assignable(work, target_filter.set_id)
    assignment.assign(work, found, dict.fromkeys(wanted, terms))
