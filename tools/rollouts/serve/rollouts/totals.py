"""How many targets of a rollout or a group are how far.

Source: hawkBit TotalTargetCountStatus.
"""

from sqlalchemy import func, select

from ..model import Action, ActionType, Status
from ..store import Work
from .model import Rollout, RolloutGroup

_PLACES = {
    Status.SCHEDULED: "scheduled",
    Status.ERROR: "error",
    Status.FINISHED: "finished",
    Status.CANCELED: "cancelled",
}


_WORDS = ("running", "notstarted", *_PLACES.values())


def no_progress(rollout: Rollout) -> dict[str, int]:
    return dict.fromkeys(_WORDS, 0) | {"notstarted": rollout.total_targets}


def per_status(work: Work, column, item: Rollout | RolloutGroup) -> dict[str, int]:
    """`column`: of actions, which refers to such an item."""
    counted = select(Action.status, func.count()).where(column == item.id).group_by(Action.status)
    rollout = item if isinstance(item, Rollout) else item.rollout
    totals = dict.fromkeys(_WORDS, 0)
    for status, count in work.db.execute(counted):
        totals[_place(status, rollout)] += count
    totals["notstarted"] = item.total_targets - sum(totals.values())
    return totals


def _place(status: str, rollout: Rollout) -> str:
    if status == Status.DOWNLOADED and rollout.action_type == ActionType.DOWNLOADONLY:
        return "finished"
    return _PLACES.get(status, "running")
