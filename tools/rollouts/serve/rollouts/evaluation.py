"""How far the targets of a group or rollout are, and whether that is a success or an error.

Source: hawkBit ThresholdRolloutGroupSuccessCondition, -ErrorCondition, TotalTargetCountStatus.
"""

import re

from ..model import Action, ActionType, Status
from ..store import Work
from .model import Rollout, RolloutGroup

_NUMBER = re.compile(r"[+-]?\d{1,9}")
_ENDED = {Status.ERROR, Status.FINISHED, Status.CANCELED}
_PLACES = {
    Status.SCHEDULED: "scheduled",
    Status.ERROR: "error",
    Status.FINISHED: "finished",
    Status.CANCELED: "cancelled",
}
_WORDS = ("running", "notstarted", *_PLACES.values())


def action_counts(work: Work, item: Rollout | RolloutGroup) -> dict[str, int]:
    """How many actions of a rollout or a group there are, by status."""
    column = Action.rollout_id if isinstance(item, Rollout) else Action.rollout_group_id
    return work.count_by(Action.status, column == item.id)


def capacity(group: RolloutGroup) -> int:
    """How many targets a dynamic group takes."""
    return max(int(group.target_percentage), 1)


def _percent(threshold: str | None) -> int | None:
    return int(threshold) if threshold and _NUMBER.fullmatch(threshold) else None


def has_errors(group: RolloutGroup, counts: dict[str, int], size: int) -> bool:
    percent, errors = _percent(group.error_threshold), counts.get(Status.ERROR, 0)
    return bool(size) and percent is not None and errors * 100 > percent * size


def has_succeeded(rollout: Rollout, group: RolloutGroup, counts, size: int) -> bool:
    if not size:
        return True  # all its targets were deleted
    percent = _percent(group.success_threshold)
    return percent is not None and counts.get(_success(rollout), 0) * 100 >= percent * size


def _success(rollout: Rollout) -> Status:
    only = rollout.action_type == ActionType.DOWNLOADONLY
    return Status.DOWNLOADED if only else Status.FINISHED


def is_complete(rollout: Rollout, counts: dict[str, int]) -> bool:
    return counts.keys() <= _ENDED | {_success(rollout)}


def no_progress(rollout: Rollout) -> dict[str, int]:
    return dict.fromkeys(_WORDS, 0) | {"notstarted": rollout.total_targets}


def per_status(work: Work, item: Rollout | RolloutGroup) -> dict[str, int]:
    rollout = item if isinstance(item, Rollout) else item.rollout
    totals = dict.fromkeys(_WORDS, 0)
    places = _PLACES | {_success(rollout): "finished"}
    for status, count in action_counts(work, item).items():
        totals[places.get(status, "running")] += count
    totals["notstarted"] = item.total_targets - sum(totals.values())
    return totals
