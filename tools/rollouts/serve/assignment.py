"""Giving a distribution set to targets."""

import json
from dataclasses import dataclass

from sqlalchemy import func, select

from . import config, errors
from .actions import add_entry, cancel_scheduled, server_says, supersede
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
        window = terms.window and not offline and Window.parse(*terms.window)
        if window and window.is_over(work.now):
            raise errors.bad_window("The schedule has no window from now on.")
    result = Assigned([], 0)
    going = []
    # As one value: SQLite bounds their number in a statement. In JSON it ends a text at a NUL,
    # which no target has in its name.
    listed = json.dumps([name for name in wanted if "\0" not in name], ensure_ascii=False)
    names = func.json_each(listed).table_valued("value")
    is_named = Target.controller_id.in_(select(names.c.value))
    named = select(Target).where(is_named).order_by(Target.id)
    for target in work.db.scalars(named).all():
        busy = offline and target.update_status == UpdateStatus.PENDING
        if busy or target.assigned_set_id == distribution_set.id:
            result.already += 1
        elif offline:
            result.actions.append(_installed_already(work, target, distribution_set))
        else:
            going.append(target)
    ids = [target.id for target in going]
    supersede(work, ids)
    cancel_scheduled(work, ids)
    for target in going:
        terms = wanted[target.controller_id]
        result.actions.append(_start(work, target, distribution_set, terms))
    if (result.actions or result.already) and config.get(work, config.IMPLICIT_LOCK):
        lock(work, distribution_set)
    return result


def _start(work: Work, target: Target, distribution_set: DistributionSet, terms: Terms) -> Action:
    count = work.count(Action.target_id == target.id)
    errors.check_quota("Action", count + 1, work.settings.max_actions)
    asks = config.get(work, config.CONFIRMATION_FLOW)
    waits = asks and terms.confirmation_required and target.auto_confirm_at is None
    status = Status.WAIT_FOR_CONFIRMATION if waits else Status.RUNNING
    action = _add_action(work, target, distribution_set, terms, status)
    messages = [_initiated(work)]
    if asks:  # the first entry says so of every action, as in hawkBit
        waiting = "Waiting for the confirmation by the device."
        messages.append(waiting if waits else "Assignment confirmed.")
    add_entry(work, action, Status.WAIT_FOR_CONFIRMATION if asks else Status.RUNNING, messages)
    target.update_status = UpdateStatus.PENDING
    return action


def _add_action(
    work: Work, target: Target, distribution_set: DistributionSet, terms: Terms, status: Status
) -> Action:
    schedule, duration, timezone = terms.window or (None, None, None)
    action = Action(
        target=target,
        set_id=distribution_set.id,
        type=terms.type,
        force_time=terms.force_time if terms.type == ActionType.TIMEFORCED else None,
        weight=terms.weight,
        window_schedule=schedule,
        window_duration=duration,
        window_timezone=timezone,
        status=status,
        active=status != Status.FINISHED,
    )
    target.assigned_set_id = distribution_set.id
    work.touch(target)
    return work.add(action)


def _initiated(work: Work) -> str:
    return f"Assignment initiated by user '{work.user}'"


def _installed_already(work: Work, target: Target, distribution_set: DistributionSet) -> Action:
    """Only written down: the target runs the set already."""
    action = _add_action(work, target, distribution_set, Terms(), Status.FINISHED)
    said = [_initiated(work), server_says("Action reported as offline deployment")]
    add_entry(work, action, Status.FINISHED, said)
    target.installed_set_id = distribution_set.id
    target.installed_at = work.now
    target.update_status = UpdateStatus.IN_SYNC
    return action


def lock(work: Work, distribution_set: DistributionSet) -> None:
    """From its first assignment on a set does not change any more, nor do its modules."""
    modules = distribution_set.modules if work.settings.rules.locks_modules else []
    for entity in (distribution_set, *modules):
        if not entity.locked:
            entity.locked = True
            work.touch(entity)
