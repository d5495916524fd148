"""Which targets a rollout and each of its groups means.

Source: hawkBit RolloutHelper, TargetSpecifications.
"""

import struct
from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, exists, func, select, true

from .. import rsql
from ..fields import TARGET_FIELDS
from ..model import Action, Status, Target
from ..store import Work
from .model import Rollout, RolloutGroup


def float32(value: float) -> float:
    """`value` as hawkBit keeps and prints it: a float of 32 bits, in the fewest digits."""

    def cut(number: float) -> float:
        return struct.unpack("f", struct.pack("f", number))[0]

    exact = cut(value)
    return next(short for n in range(1, 10) if cut(short := float(f"{exact:.{n}g}")) == exact)


def of_rollout(rollout: Rollout) -> ColumnElement:
    """The targets of a rollout's filter that were there when it was created."""
    if rollout.retries_id is not None:
        return failed_in(rollout.retries_id)
    return and_(of_query(rollout), Target.created_at <= rollout.created_at)


def of_query(rollout: Rollout) -> ColumnElement:
    return rsql.to_sql(rollout.target_filter_query, TARGET_FIELDS)


def failed_in(rollout_id: int) -> ColumnElement:
    return exists().where(
        Action.target_id == Target.id,
        Action.rollout_id == rollout_id,
        Action.status == Status.ERROR,
    )


def of_group(group: RolloutGroup) -> ColumnElement:
    """What a group's own filter adds."""
    query = group.target_filter_query
    return rsql.to_sql(query, TARGET_FIELDS) if query else true()


def count(work: Work, condition: ColumnElement) -> int:
    return work.db.scalar(select(func.count(Target.id)).where(condition))


def counter(work: Work, base: ColumnElement) -> Callable[[str], int]:
    """Counts those targets of `base` that match a query, "" for all."""

    def count_matching(query: str) -> int:
        return count(work, and_(base, rsql.to_sql(query, TARGET_FIELDS) if query else true()))

    return count_matching
