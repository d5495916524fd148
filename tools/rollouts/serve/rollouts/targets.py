"""Which targets a rollout and each of its groups means.

Source: hawkBit RolloutHelper, JpaRolloutManagement (validateTargetsInGroups).
"""

import math
import struct
from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from .. import errors, rsql
from ..fields import TARGET_FIELDS
from ..model import Action, Status, Target
from ..store import Work
from .model import Rollout, RolloutGroup


def float32(value: float) -> float:
    """`value` as hawkBit keeps and prints it: a float of 32 bits, in the fewest digits."""

    def cut(number: float) -> float:
        return struct.unpack("f", struct.pack("f", number))[0]

    return next(short for n in range(1, 10) if cut(short := float(f"{value:.{n}g}")) == cut(value))


def share(group: RolloutGroup, groups: Sequence[RolloutGroup]) -> float:
    """A group's percentage, out of all, as the percentage of what earlier groups leave."""
    rest = 100.0
    for earlier in groups:
        if earlier is group:
            break
        if (earlier.target_filter_query or "") == (group.target_filter_query or ""):
            rest -= earlier.target_percentage
    return 100.0 if rest <= 1 else min(100.0, group.target_percentage * 100 / rest)


def rounded(number: float) -> int:
    """Java's Math.round."""
    return math.floor(number + 0.5)


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


def counts_of_groups(work: Work, base: ColumnElement, groups: Sequence[RolloutGroup]) -> list[int]:
    """How many of the targets of `base` each group would take."""
    counts, unused = [], 0
    for i, group in enumerate(groups):
        if not 0 < group.target_percentage <= 100:
            raise errors.invalid("The percentage of a group must be above 0 and at most 100.")
        mine = count(work, and_(base, of_group(group)))
        overlap = count(work, and_(base, _overlap(group, groups[:i]))) if i else 0
        real = mine - overlap
        if overlap > 0 and unused > 0:
            real, unused = real + unused, 0
        taken = rounded(share(group, groups) / 100 * real)
        counts.append(taken)
        unused += real - taken
    return counts


def _overlap(group: RolloutGroup, earlier: Sequence[RolloutGroup]) -> ColumnElement:
    """The targets of a group that earlier groups mean too."""
    queries = {g.target_filter_query or "" for g in earlier}
    if "" in queries or group.target_filter_query in queries:
        return of_group(group)
    return and_(of_group(group), or_(*[of_group(g) for g in earlier]))
