"""What is done to a rollout between two steps of the scheduler, mostly by an operator.

Source: hawkBit JpaRolloutManagement, StartNextGroupRolloutGroupSuccessAction.
"""

from sqlalchemy import select

from .. import errors
from ..model import DistributionSet
from ..store import Work
from . import evaluation, launch
from .model import GroupStatus, Rollout, RolloutGroup, RolloutStatus

STOPPABLE = (
    RolloutStatus.CREATING, RolloutStatus.READY, RolloutStatus.WAITING_FOR_APPROVAL,
    RolloutStatus.STARTING, RolloutStatus.RUNNING, RolloutStatus.PAUSED,
    RolloutStatus.APPROVAL_DENIED,
)  # fmt: skip


def move(work: Work, entity: Rollout | RolloutGroup, status: str) -> None:
    entity.status = status
    work.touch(entity)


def _need(rollout: Rollout, what: str, *allowed: str) -> None:
    if rollout.status not in allowed:
        raise errors.rollout_state(
            f"A rollout can be {what} when it is {' or '.join(allowed)}; this is {rollout.status}."
        )


def start(work: Work, rollout: Rollout) -> None:
    _need(rollout, "started", RolloutStatus.READY)
    move(work, rollout, RolloutStatus.STARTING)


def pause(work: Work, rollout: Rollout) -> None:
    """No further group starts; those that run go on."""
    _need(rollout, "paused", RolloutStatus.RUNNING)
    move(work, rollout, RolloutStatus.PAUSED)


def resume(work: Work, rollout: Rollout) -> None:
    """Go on; after an error, or a pause that a success asked for, with the next group."""
    _need(rollout, "resumed", RolloutStatus.PAUSED)
    started = _started(rollout)
    if started and _starts_next(work, rollout, started[-1]):
        start_next(work, rollout, started[-1])
    move(work, rollout, RolloutStatus.RUNNING)


def _started(rollout: Rollout) -> list[RolloutGroup]:
    return [g for g in rollout.groups if g.status != GroupStatus.SCHEDULED]


def _starts_next(work: Work, rollout: Rollout, last: RolloutGroup) -> bool:
    if last.status == GroupStatus.ERROR:
        return True
    counts = evaluation.action_counts(work, last)
    return last.success_action == "PAUSE" and evaluation.has_succeeded(
        rollout, last, counts, last.total_targets
    )


def start_next(work: Work, rollout: Rollout, group: RolloutGroup) -> None:
    """Start the group after `group`, if it waits."""
    for child in rollout.groups:
        if child.parent_id == group.id:
            launch.start(work, rollout, child, launch.SYSTEM)
            if child.status == GroupStatus.SCHEDULED:
                move(work, child, GroupStatus.RUNNING)


def trigger_next(work: Work, rollout: Rollout) -> None:
    """Start the next group without waiting for the thresholds."""
    _need(rollout, "brought to its next group", RolloutStatus.RUNNING)
    started = _started(rollout)
    if len(started) == len(rollout.groups):
        raise errors.rollout_state("No group is left to be started.")
    if not started:
        raise errors.rollout_state("No group was started yet.")
    start_next(work, rollout, started[-1])


def decide(work: Work, rollout: Rollout, status: RolloutStatus, remark: str | None) -> None:
    """Approve (`ready`) or deny (`approval_denied`)."""
    _need(rollout, "approved or denied", RolloutStatus.WAITING_FOR_APPROVAL)
    rollout.approval_decided_by = work.user
    if remark is not None:
        rollout.approval_remark = remark
    move(work, rollout, status)


def stop(work: Work, rollout: Rollout) -> None:
    _need(rollout, "stopped", *STOPPABLE)
    move(work, rollout, RolloutStatus.STOPPING)


def delete(work: Work, rollout: Rollout) -> None:
    if rollout.status != RolloutStatus.DELETING:
        move(work, rollout, RolloutStatus.DELETING)


def give_up_set(work: Work, distribution_set: DistributionSet, force: bool) -> None:
    """The set was invalidated: its rollouts are stopped, by force deleted."""
    mine = Rollout.set_id == distribution_set.id, Rollout.status.in_(STOPPABLE)
    for rollout in work.db.scalars(select(Rollout).where(*mine)):
        delete(work, rollout) if force else stop(work, rollout)
