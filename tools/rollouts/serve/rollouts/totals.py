"""How many targets of a rollout or a group are how far.

Source: hawkBit TotalTargetCountStatus.
"""

from collections.abc import Iterable

from sqlalchemy import func, select

from ..model import Action, ActionType, Status
from ..store import Work
from .model import Rollout

_PLACES = {
    Status.SCHEDULED: "scheduled",
    Status.ERROR: "error",
    Status.FINISHED: "finished",
    Status.CANCELED: "cancelled",
}


_WORDS = ("running", "notstarted", *_PLACES.values())


def no_progress(rollout: Rollout) -> dict[str, int]:
    return dict.fromkeys(_WORDS, 0) | {"notstarted": rollout.total_targets}


def per_status(work: Work, column, rows: Iterable) -> dict[int, dict[str, int]]:
    """By id of the rollouts or groups `rows`. `column` of actions refers to their ids."""
    found = {row.id: row for row in rows}
    counted = select(column, Action.status, func.count()).where(column.in_(found))
    totals = {i: dict.fromkeys(_WORDS, 0) for i in found}
    for i, status, count in work.db.execute(counted.group_by(column, Action.status)):
        totals[i][_place(status, _rollout(found[i]))] += count
    for i, row in found.items():
        totals[i]["notstarted"] = row.total_targets - sum(totals[i].values())
    return totals


def _rollout(row) -> Rollout:
    return row if isinstance(row, Rollout) else row.rollout


def _place(status: str, rollout: Rollout) -> str:
    if status == Status.DOWNLOADED and rollout.action_type == ActionType.DOWNLOADONLY:
        return "finished"
    return _PLACES.get(status, "running")
