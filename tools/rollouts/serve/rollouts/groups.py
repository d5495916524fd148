"""The groups of a rollout: made when it is created, filled by the scheduler.

Source: hawkBit JpaRolloutManagement (create), JpaRolloutExecutor (fill, dynamic groups),
RolloutHelper, TargetSpecifications.
"""

import struct

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, select, true

from ... import shares
from .. import assignment, config, errors, rsql
from ..bodies import has_markup
from ..fields import TARGET_FIELDS
from ..model import Action, Status, Target
from ..store import Work
from .model import GroupStatus, Rollout, RolloutGroup, RolloutTarget


def create(work: Work, rollout: Rollout, groups: list[RolloutGroup], by_filter: bool) -> Rollout:
    """Store a rollout and its groups. `by_filter`: each group has a share of its own.

    ApiError when no target matches, the groups leave targets out, or there are too many.
    """
    _check_words(rollout, groups)
    errors.check_quota("RolloutGroup", len(groups), work.settings.max_rollout_groups)
    rollout.created_at = work.now
    base = _of_rollout(rollout)
    static = [g for g in groups if not g.dynamic]
    rollout.total_targets = _count(work, base) if static else 0
    if static and not rollout.total_targets:
        raise errors.invalid("The rollout matches no target.")
    if by_filter:
        _check_shares(work, rollout, base, groups)
    elif static:
        _check_sizes(work, rollout.total_targets // len(static))
    if config.get(work, config.IMPLICIT_LOCK):
        assignment.lock(work, rollout.distribution_set)
    work.add(rollout)
    for group in groups:
        _append(work, rollout, group, work.user)
    return rollout


def _append(work: Work, rollout: Rollout, group: RolloutGroup, by: str) -> None:
    if rollout.groups:
        group.parent_id = rollout.groups[-1].id
    rollout.groups.append(group)
    work.add(group, by)


def _check_words(rollout: Rollout, groups: list[RolloutGroup]) -> None:
    if has_markup(rollout.target_filter_query):
        raise errors.constraint("targetFilterQuery must not contain markup")
    needed = [rollout.name, *(g.name for g in groups), *(g.success_threshold for g in groups)]
    if None in needed:
        raise errors.constraint("name and successCondition.expression must not be null")


def _check_sizes(work: Work, *sizes: int) -> None:
    errors.check_quota("Target", max(sizes), work.settings.max_targets_per_group)


def _check_shares(work: Work, rollout: Rollout, base, groups: list[RolloutGroup]) -> None:
    for group in groups:
        if not 1 <= group.target_percentage <= 100:
            raise errors.invalid("The percentage of a group has to be between 1 and 100.")
    counts = shares.sizes(groups, lambda query: _count(work, base, _matching(query)))
    left = rollout.total_targets - sum(counts)
    if left:
        raise errors.invalid(f"The groups leave {left} of {rollout.total_targets} targets out.")
    _check_sizes(work, *counts)


def fill(work: Work, rollout: Rollout) -> None:
    """Give each group its targets, in the order of the targets' ids."""
    for group in rollout.groups:
        if group.status != GroupStatus.READY:
            _fill_group(work, rollout, group)
    last = rollout.groups[-1]
    if rollout.dynamic and not last.dynamic:
        add_dynamic(work, rollout, GroupStatus.READY)
    rollout.total_targets = sum(g.total_targets for g in rollout.groups)


def _fill_group(work: Work, rollout: Rollout, group: RolloutGroup) -> None:
    taken = exists().where(
        RolloutTarget.target_id == Target.id,
        RolloutTarget.group_id.in_([g.id for g in rollout.groups]),
    )
    free = select(Target.id).where(
        _of_rollout(rollout), _matching(group.target_filter_query), ~taken
    )
    there = work.db.scalar(select(func.count()).select_from(free.subquery()))
    expected = shares.rounded(shares.percent_of_rest(group, rollout.groups) * there / 100)
    chosen = free.add_columns(literal(group.id)).order_by(Target.id).limit(expected)
    work.db.execute(insert(RolloutTarget).from_select(["target_id", "group_id"], chosen))
    group.total_targets = min(expected, there)
    group.status = GroupStatus.READY
    work.touch(group)


def add_dynamic(work: Work, rollout: Rollout, status: GroupStatus) -> bool:
    """Append the next dynamic group, after the pattern of the last. False: there are too many."""
    last, number = rollout.groups[-1], len(rollout.groups) + 1
    if number > work.settings.max_rollout_groups:
        return False
    stem = f"group-{number - 1}"
    suffix = last.name.removeprefix(stem) if last.name.startswith(stem) else ""
    name = f"group-{number}{suffix}"
    pattern = {
        column: getattr(last, column)
        for column in (
            "target_filter_query", "confirmation_required", "success_threshold", "success_action",
            "success_action_expression", "error_threshold", "error_action_expression",
        )
    }  # fmt: skip
    size = last.target_percentage if last.dynamic else last.total_targets
    group = RolloutGroup(name=name, description=name, status=status, dynamic=True, **pattern)
    group.target_percentage = size
    _append(work, rollout, group, rollout.created_by)
    return True


def newcomers(rollout: Rollout, group: RolloutGroup):
    """The ids of targets that match by now, and are in no rollout as new as this one."""
    newer = exists().where(Action.target_id == Target.id, Action.rollout_id >= rollout.id)
    matches = [_matching(found.target_filter_query) for found in (rollout, group)]
    return select(Target.id).where(*matches, ~newer).order_by(Target.id)


def _count(work: Work, *conditions: ColumnElement) -> int:
    return work.db.scalar(select(func.count(Target.id)).where(*conditions))


def _of_rollout(rollout: Rollout) -> ColumnElement:
    """The targets of a rollout's filter that were there when it was created."""
    if rollout.retries_id is None:
        there = Target.created_at <= rollout.created_at
        return and_(_matching(rollout.target_filter_query), there)
    failed = Action.rollout_id == rollout.retries_id, Action.status == Status.ERROR
    return exists().where(Action.target_id == Target.id, *failed)


def _matching(query: str) -> ColumnElement:
    """The targets that a query means, "" all."""
    return rsql.to_sql(query, TARGET_FIELDS) if query else true()


def float32(value: float) -> float:
    """`value` as hawkBit keeps and prints it: a float of 32 bits, in the fewest digits."""

    def cut(number: float) -> float:
        return struct.unpack("f", struct.pack("f", number))[0]

    exact = cut(value)
    return next(short for n in range(1, 10) if cut(short := float(f"{exact:.{n}g}")) == exact)
