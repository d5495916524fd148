"""How far a group got, and whether that is a success or an error.

Source: hawkBit ThresholdRolloutGroupSuccessCondition, -ErrorCondition.
"""

import re

from sqlalchemy import func, select

from ..model import Action, ActionType, Status
from ..store import Work
from .model import Rollout, RolloutGroup

_NUMBER = re.compile(r"[+-]?\d{1,9}")
_ENDED = {Status.ERROR, Status.FINISHED, Status.CANCELED}


def action_counts(work: Work, group: RolloutGroup) -> dict[str, int]:
    """How many actions of the group there are, by status."""
    counted = select(Action.status, func.count()).where(Action.rollout_group_id == group.id)
    return dict(work.db.execute(counted.group_by(Action.status)).all())


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
