"""The scheduler's step: brings each rollout as far as it gets by itself.

    creating -> ready | waiting_for_approval      its groups have their targets
    ready -> starting                             at its time, or by hand
    starting -> running                           all actions scheduled, the first group started
    running -> paused                             a group's errors passed their threshold
    running -> finished                           no group runs or waits
    stopping -> stopped; deleting -> deleted, or gone

Source: hawkBit JpaRolloutExecutor and the classes of its package `condition`.
"""

import logging

from sqlalchemy import and_, delete, select

from .. import actions, config, errors
from ..actions import server_says
from ..model import Action, Status
from ..store import Store, Work
from . import control, evaluation, groups, launch
from .control import move
from .model import GroupStatus, Rollout, RolloutGroup, RolloutStatus, RolloutTarget

_INVOLVE_MS = 60_000
_LIVE = (GroupStatus.RUNNING, GroupStatus.SCHEDULED)
_log = logging.getLogger(__name__)


def run(store: Store) -> None:
    """One step of every rollout that has something to do, each in a transaction of its own."""
    with store.work() as work:
        active = select(Rollout.id).where(Rollout.status.in_(_STEPS)).order_by(Rollout.id)
        found = work.db.scalars(active).all()
    for rollout_id in found:
        try:
            with store.work(launch.SYSTEM) as work:
                rollout = work.db.get(Rollout, rollout_id)
                _STEPS[rollout.status](work, rollout)
        except errors.ApiError as e:  # it stays where it is, as in hawkBit
            _log.debug("rollout %d cannot go on: %s", rollout_id, e)
        except Exception:
            _log.exception("rollout %d failed; it is tried again", rollout_id)


def _create(work: Work, rollout: Rollout) -> None:
    groups.fill(work, rollout)
    asks = config.get(work, config.ROLLOUT_APPROVAL)
    move(work, rollout, RolloutStatus.WAITING_FOR_APPROVAL if asks else RolloutStatus.READY)


def _wait(work: Work, rollout: Rollout) -> None:
    if rollout.start_at is not None and rollout.start_at <= work.now:
        control.start(work, rollout)


def _start(work: Work, rollout: Rollout) -> None:
    first, started_by = rollout.groups[0], rollout.last_modified_by
    for group in rollout.groups:
        if group.status == GroupStatus.READY:
            launch.schedule(work, rollout, group, started_by)
            move(work, group, GroupStatus.SCHEDULED)
    launch.start(work, rollout, first, started_by)
    move(work, first, GroupStatus.RUNNING)
    move(work, rollout, RolloutStatus.RUNNING)


def _advance(work: Work, rollout: Rollout) -> None:
    if rollout.dynamic and _involve(work, rollout):
        return
    running = [g for g in rollout.groups if g.status == GroupStatus.RUNNING]
    if not running:
        control.trigger_next(work, rollout)
    for group in running:
        _count_again(work, rollout, group)
        _evaluate(work, rollout, group, is_last=group is running[-1])
    if not _is_going(rollout):
        move(work, rollout, RolloutStatus.FINISHED)


def _is_going(rollout: Rollout) -> bool:
    return any(group.status in _LIVE for group in rollout.groups)


def _involve(work: Work, rollout: Rollout) -> bool:
    """Fill the last, dynamic group with targets that match by now. True: something changed."""
    if work.now - rollout.filled_at < _INVOLVE_MS:
        return False
    group = rollout.groups[-1]
    room = evaluation.capacity(group) - group.total_targets
    if room <= 0 or group.status == GroupStatus.FINISHED:
        added = groups.add_dynamic(work, rollout, GroupStatus.SCHEDULED)
        if not added and not _is_going(rollout):
            move(work, rollout, RolloutStatus.STOPPED)
        return True
    found = groups.newcomers(rollout, group).limit(room)
    added = launch.add_actions(work, rollout, group, found, launch.SYSTEM)
    if not added:
        rollout.filled_at = work.now
        return False
    if group.status == GroupStatus.RUNNING:
        launch.start(work, rollout, group, launch.SYSTEM)
    _add_targets(work, rollout, group, added, launch.SYSTEM)
    return True


def _count_again(work: Work, rollout: Rollout, group: RolloutGroup) -> None:
    """Targets may have been deleted."""
    column = Action.rollout_group_id if group.dynamic else RolloutTarget.group_id
    there = work.count(column == group.id)
    if there != group.total_targets:
        # hawkBit signs these two, and the pause after errors, as the creator of the rollout.
        _add_targets(work, rollout, group, there - group.total_targets, rollout.created_by)


def _add_targets(work: Work, rollout: Rollout, group: RolloutGroup, number: int, by: str):
    for counted in (rollout, group):
        counted.total_targets += number
        counted.last_modified_at = work.now
        counted.last_modified_by = by


def _evaluate(work: Work, rollout: Rollout, group: RolloutGroup, is_last: bool) -> None:
    # The last dynamic group is judged as if it were full already.
    judged_full = group.dynamic and is_last
    size = evaluation.capacity(group) if judged_full else group.total_targets
    counts = evaluation.action_counts(work, group)
    if evaluation.has_errors(group, counts, size):
        move(work, group, GroupStatus.ERROR)
        if rollout.status != RolloutStatus.PAUSED:
            control.pause(work, rollout)
            rollout.last_modified_by = rollout.created_by
        return
    if evaluation.has_succeeded(rollout, group, counts, size):
        _after_success(work, rollout, group)
    open_end = group.dynamic and group is rollout.groups[-1]
    if not open_end and evaluation.is_complete(rollout, counts):
        move(work, group, GroupStatus.FINISHED)


def _after_success(work: Work, rollout: Rollout, group: RolloutGroup) -> None:
    if group.success_action != "PAUSE":
        control.start_next(work, rollout, group)
    elif rollout.status != RolloutStatus.PAUSED and any(
        g.parent_id == group.id and g.status == GroupStatus.SCHEDULED for g in rollout.groups
    ):
        control.pause(work, rollout)


def _stop(work: Work, rollout: Rollout) -> None:
    _drop_scheduled(work, rollout)
    _finish_groups(work, rollout)
    going = and_(Action.rollout_id == rollout.id, Action.active, Action.status != Status.CANCELING)
    said = server_says("A cancellation has been performed by server.")
    actions.add_entries(work, going, Status.CANCELING, [said])
    actions.change_all(work, going, status=Status.CANCELING)
    move(work, rollout, RolloutStatus.STOPPED)


def _delete(work: Work, rollout: Rollout) -> None:
    """It is gone if no action was ever started; else it stays as deleted."""
    _drop_scheduled(work, rollout)
    mine = select(Action).where(Action.rollout_id == rollout.id)
    if work.db.scalar(mine.limit(1)) is None:
        work.db.delete(rollout)
        return
    _finish_groups(work, rollout)
    for action in work.db.scalars(mine.where(Action.active)):
        actions.quit_by_server(work, action)
    rollout.deleted = True
    move(work, rollout, RolloutStatus.DELETED)


def _drop_scheduled(work: Work, rollout: Rollout) -> None:
    scheduled = Action.rollout_id == rollout.id, Action.status == Status.SCHEDULED
    work.db.execute(delete(Action).where(*scheduled))


def _finish_groups(work: Work, rollout: Rollout) -> None:
    for group in rollout.groups:
        if group.status not in (GroupStatus.FINISHED, GroupStatus.ERROR):
            move(work, group, GroupStatus.FINISHED)


_STEPS = {
    RolloutStatus.CREATING: _create,
    RolloutStatus.READY: _wait,
    RolloutStatus.STARTING: _start,
    RolloutStatus.RUNNING: _advance,
    RolloutStatus.STOPPING: _stop,
    RolloutStatus.DELETING: _delete,
}
