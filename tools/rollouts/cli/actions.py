"""Actions, from `rollouts assign` to `cancel`, `history` and `actions`."""

import dataclasses

import typer

from rollouts.api.errors import RefusedError, ServerError
from rollouts.api.models import Action, ActionStatus
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, option
from rollouts.cli.exits import Exit
from rollouts.cli.options import (
    ActionIds,
    Consent,
    DryRun,
    How,
    Listing,
    Selection,
    Set,
    action_ids,
)
from rollouts.cli.output import named
from rollouts.release.assign import assign
from rollouts.release.selection import find_set
from rollouts.release.watch import find_actions

app = typer.Typer()
fleet = group("Actions of all targets; see also cancel, history and watch.", lists=True)

_CANCELING = "canceling"


@dataclasses.dataclass
class ActionWithHistory:
    action: Action
    history: list[ActionStatus]


_HISTORY = columns.table(
    ACTION=lambda pair: pair[0].id,
    SET=lambda pair: pair[0].distribution_set,
    TIME=lambda pair: columns.time_of(pair[1].reported_at_ms),
    STATUS=lambda pair: pair[1].type,
    CODE=lambda pair: pair[1].code,
    WINDOW=lambda pair: columns.window_of(pair[0]),
    MESSAGES=lambda pair: pair[1].messages,
)


@command(
    app,
    "assign",
    "rollouts assign fw:2.0.0 kitchen-1 kitchen-2 | rollouts watch",
    "rollouts assign fw:2.0.0 'kitchen-*' --type soft --yes",
)
def assign_set(run, set: Set, which: Selection, how: How, consent: Consent):
    """Assign a set to targets. Prints the action ids, which `watch` and `cancel` take.

    All targets are looked up first: with one unknown among them nothing is assigned.
    A glob or --filter asks before it assigns.
    """
    members = how.members()
    one_set = find_set(run.hawkbit, set)
    targets = [target.controller_id for target in which.resolve(run.hawkbit)]
    # Who names every target has said yes already.
    consent.yes = consent.yes or not which.is_open
    what = f"assign {one_set.label} to {named(targets)}"
    if not consent.permits(run, what, distributionSet=one_set.id, targets=targets):
        return Exit.OK
    results = assign(run.hawkbit, one_set, targets, members, how.offline)
    run.out.rows(results, columns.ASSIGNED)
    busy = [one.controller_id for one in results if one.is_busy]
    if busy:
        run.out.error(f"not recorded for {named(busy)}: cancel or finish the open update first")
    return Exit.FAILED if busy else Exit.OK


@command(app, "cancel", "rollouts cancel 77", "rollouts cancel 77 78 --force")
def cancel(
    run,
    dry_run: DryRun,
    actions: ActionIds = None,
    force: option(bool, "Do not wait for the device to agree.", "--force") = False,
):
    """Cancel actions. The device is asked to stop, and the action ends when it agrees.

    With --force it ends at once, whatever the device does. All ids are looked up first.
    """
    open_actions = _open_actions(run.hawkbit, action_ids(actions))
    if dry_run.is_dry:
        state = "would be forced to end" if force else "would be canceled"
    else:
        state = "canceled" if force else _CANCELING
        for one in open_actions:
            _cancel(run.hawkbit, one, force)
    results = [
        {"action": one.id, "controllerId": one.controller_id, "state": state}
        for one in open_actions
    ]
    run.out.rows(results, columns.CANCELED)


@command(app, "history", "rollouts history kitchen-1 --last 3")
def history(
    run,
    target: argument(str, "TARGET", "A controller id."),
    action: option(int | None, "Only this action.", metavar="ID") = None,
    last: option(int | None, "Only the newest N.", min=1, metavar="N") = None,
):
    """Show what happened to a target. Newest first, each action with all its entries."""
    api = run.hawkbit.targets
    ids = [action] if action is not None else [one.id for one in api.actions(target)]
    found = [
        ActionWithHistory(api.action(target, one), api.action_history(target, one))
        for one in ids[:last]
    ]
    if run.out.as_json:
        run.out.rows(found, {})
    else:
        run.out.rows([(one.action, entry) for one in found for entry in one.history], _HISTORY)


@command(fleet, "list", "rollouts actions --active", "rollouts actions list --q status==error")
def list_actions(
    run,
    listing: Listing,
    active: option(bool, "Only those that are open.", "--active") = False,
):
    """List the actions of all targets."""
    asked = listing.as_arguments("active==true" if active else None)
    run.out.rows(run.hawkbit.actions.find(**asked), columns.ACTIONS)


@command(fleet, "force", "rollouts actions force 77 78")
def force_actions(run, actions: argument(list[str], "ACTION", "Ids."), dry_run: DryRun):
    """Make soft or timeforced actions forced. Their devices do not wait any more."""
    found = _open_actions(run.hawkbit, action_ids(actions))
    ids = [one.id for one in found]
    if dry_run.permits(run, f"force {', '.join(map(str, ids))}"):
        for one in found:
            run.hawkbit.targets.force_action(one.controller_id, one.id)
        run.out.rows(list(find_actions(run.hawkbit, ids).values()), columns.ACTIONS)


def _open_actions(hawkbit, ids):
    found = find_actions(hawkbit, ids)
    problems = [f"unknown action: {action_id}" for action_id in ids if action_id not in found]
    problems += [
        f"action {one.id} of {one.controller_id} is closed already: {one.status}"
        for one in found.values()
        if not one.active
    ]
    if problems:
        raise RefusedError("\n".join(problems))
    return [found[action_id] for action_id in ids]


def _cancel(hawkbit, action, force):
    # hawkBit forces only what was canceled before, and cancels only once.
    if action.status != _CANCELING:
        _ask_to_cancel(hawkbit, action)
    if force:
        hawkbit.targets.cancel_action(action.controller_id, action.id, force=True)


def _ask_to_cancel(hawkbit, action):
    try:
        hawkbit.targets.cancel_action(action.controller_id, action.id)
    except ServerError as error:
        # Somebody else, or our own request whose answer was lost, came first.
        now = hawkbit.targets.action(action.controller_id, action.id)
        if error.status != 405 or now.status != _CANCELING:
            raise
