"""Assign a set to targets, and say for each which action it has now."""

from dataclasses import dataclass

from rollouts.api.errors import RefusedError
from rollouts.api.models import TargetAssignment
from rollouts.release.selection import by_name

# hawkBit takes 5000 in one request; fewer keep one request short.
_TARGETS_PER_REQUEST = 1000


@dataclass(frozen=True, kw_only=True)
class Assigned:
    """`action`: None when the target has the set but no action for it is left.

    `is_new` is False when the set was assigned to this target before: hawkBit then makes
    no action, and the one named is that of the earlier assignment. `is_busy`: an offline
    assignment was not recorded, since an update of the target is open.
    """

    action: int | None
    controller_id: str
    is_new: bool
    is_busy: bool = False


def assign(hawkbit, one_set, controller_ids, how, offline=False):
    """Assign `one_set` to all. `how`: the members of TargetAssignment besides `id`.

    Raises RefusedError for a set that cannot be assigned, and when a target has vanished
    meanwhile; what was assigned by then stays assigned and is named.
    """
    check(one_set)
    actions: dict[str, int] = {}
    new: set[str] = set()
    for begin in range(0, len(controller_ids), _TARGETS_PER_REQUEST):
        some = controller_ids[begin : begin + _TARGETS_PER_REQUEST]
        assignments = [TargetAssignment(id=controller_id, **how) for controller_id in some]
        result = hawkbit.sets.assign(one_set.id, assignments, offline)
        actions.update({item.controller_id: item.id for item in result.assigned_actions})
        # Servers of 2017 count, but do not list the actions.
        new.update(some if result.assigned == len(some) else actions)
        if result.total != len(some):
            raise RefusedError(
                f"the server knew only {result.total} of {len(some)} targets; assigned: "
                + (", ".join(sorted(actions)) or "none")
            )
    busy = _pending(hawkbit, [one for one in controller_ids if one not in new]) if offline else ()
    return [
        Assigned(
            controller_id=target,
            action=actions.get(target) or _newest_action(hawkbit, target, one_set),
            is_new=target in new,
            is_busy=target in busy,
        )
        for target in controller_ids
    ]


def _pending(hawkbit, controller_ids):
    """Return those that hawkBit skips offline; it counts them as if they had the set."""
    targets = by_name(hawkbit, controller_ids)
    return {name for name, one in targets.items() if one.update_status == "pending"}


def check(one_set):
    """Raise RefusedError before asking: the server's own words for these come without the name."""
    if one_set.deleted:
        raise RefusedError(f"the set {one_set.label} was deleted")
    if not one_set.valid:
        raise RefusedError(f"the set {one_set.label} was invalidated: it cannot be assigned")
    if not one_set.complete:
        raise RefusedError(f"the set {one_set.label} is incomplete: it lacks a module")


def _newest_action(hawkbit, target, one_set):
    for action in hawkbit.targets.actions(target):
        # Lists do not say which set an action is of; the action itself does.
        if hawkbit.targets.action(target, action.id).distribution_set_id == one_set.id:
            return action.id
    return None
