"""Giving a distribution set to targets."""

from dataclasses import dataclass

from sqlalchemy import select

from . import bulk, config, errors
from .actions import add_entry, server_says
from .lookup import valid_set
from .model import Action, ActionType, DistributionSet, Status, Target, UpdateStatus
from .store import Work
from .windows import Window

DEFAULT_WEIGHT = 1000


@dataclass(frozen=True)
class Terms:
    """How a set is assigned: the same for each target it is compared by."""

    type: str = ActionType.FORCED
    force_time: int | None = None
    weight: int = DEFAULT_WEIGHT
    window: tuple[str, str, str] | None = None
    confirmation_required: bool = True


@dataclass
class Assigned:
    """What came of it: the new actions, and how many targets had the set already."""

    actions: list[Action]
    already: int


def assignable(work: Work, set_id: int) -> DistributionSet:
    """The set, if it may be assigned. ApiError when it is unknown, invalid or incomplete."""
    found = valid_set(work, set_id)
    if found.deleted:
        raise errors.entity_deleted("DistributionSet", set_id)
    if not found.complete:
        raise errors.set_incomplete(set_id)
    return found


def assign(
    work: Work, distribution_set: DistributionSet, wanted: dict[str, Terms], offline: bool = False
) -> Assigned:
    """Assign to each controller id under its terms. Unknown ids are left out silently."""
    for terms in wanted.values():
        if not offline:
            _check_window(work, terms)
    result = Assigned([], 0)
    going = []
    for target in _targets(work, list(wanted)):
        if _has_it(target, distribution_set, offline):
            result.already += 1
        elif offline:
            result.actions.append(_installed_already(work, target, distribution_set))
        else:
            going.append(target)
    ids = [target.id for target in going]
    bulk.supersede(work, ids)
    bulk.cancel_scheduled(work, ids)
    for target in going:
        terms = wanted[target.controller_id]
        result.actions.append(_start(work, target, distribution_set, terms))
    if (result.actions or result.already) and config.get(work, config.IMPLICIT_LOCK):
        lock(work, distribution_set)
    return result


def _check_window(work: Work, terms: Terms) -> None:
    if terms.window is not None and Window.parse(*terms.window).is_over(work.now):
        raise errors.bad_window("The schedule has no window from now on.")


def _targets(work: Work, controller_ids: list[str]) -> list[Target]:
    found = []
    step = 500  # SQLite bounds the number of values in a statement
    for i in range(0, len(controller_ids), step):
        part = Target.controller_id.in_(controller_ids[i : i + step])
        found += work.db.scalars(select(Target).where(part).order_by(Target.id))
    return found


def _has_it(target: Target, distribution_set: DistributionSet, offline: bool) -> bool:
    busy = offline and target.update_status == UpdateStatus.PENDING
    return busy or target.assigned_set_id == distribution_set.id


def _start(work: Work, target: Target, distribution_set: DistributionSet, terms: Terms) -> Action:
    count = work.count(Action.target_id == target.id)
    errors.check_quota("Action", count + 1, work.settings.max_actions)
    schedule, duration, timezone = terms.window or (None, None, None)
    waits = (
        terms.confirmation_required
        and target.auto_confirm_at is None
        and config.get(work, config.CONFIRMATION_FLOW)
    )
    action = work.add(
        Action(
            target=target,
            set_id=distribution_set.id,
            type=terms.type,
            force_time=terms.force_time if terms.type == ActionType.TIMEFORCED else None,
            weight=terms.weight,
            window_schedule=schedule,
            window_duration=duration,
            window_timezone=timezone,
            status=Status.WAIT_FOR_CONFIRMATION if waits else Status.RUNNING,
        )
    )
    _note(work, action)
    target.assigned_set_id = distribution_set.id
    target.update_status = UpdateStatus.PENDING
    work.touch(target)
    return action


def _note(work: Work, action: Action) -> None:
    """The first entry. Where updates are confirmed it says so of every action, as in hawkBit."""
    work.db.flush()
    messages = [_initiated(work)]
    status = Status.RUNNING
    if config.get(work, config.CONFIRMATION_FLOW):
        waits = action.status == Status.WAIT_FOR_CONFIRMATION
        status = Status.WAIT_FOR_CONFIRMATION
        messages.append(
            "Waiting for the confirmation by the device." if waits else "Assignment confirmed."
        )
    add_entry(work, action, status, messages)


def _initiated(work: Work) -> str:
    return f"Assignment initiated by user '{work.user}'"


def _installed_already(work: Work, target: Target, distribution_set: DistributionSet) -> Action:
    """Only written down: the target runs the set already."""
    action = work.add(
        Action(
            target=target,
            set_id=distribution_set.id,
            type=ActionType.FORCED,
            weight=DEFAULT_WEIGHT,
            status=Status.FINISHED,
            active=False,
        )
    )
    work.db.flush()
    said = [_initiated(work), server_says("Action reported as offline deployment")]
    add_entry(work, action, Status.FINISHED, said)
    target.assigned_set_id = target.installed_set_id = distribution_set.id
    target.installed_at = work.now
    target.update_status = UpdateStatus.IN_SYNC
    work.touch(target)
    return action


def lock(work: Work, distribution_set: DistributionSet) -> None:
    """From its first assignment on a set does not change any more, nor do its modules."""
    modules = distribution_set.modules if work.settings.rules.locks_modules else []
    for entity in (distribution_set, *modules):
        if not entity.locked:
            entity.locked = True
            work.touch(entity)
