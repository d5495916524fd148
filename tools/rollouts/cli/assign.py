"""`rollouts assign`."""

import typer

from rollouts.cli import columns
from rollouts.cli.command import command
from rollouts.cli.exits import Exit
from rollouts.cli.options import DryRun, How, Selection, Set, Yes
from rollouts.cli.output import counted
from rollouts.release.assign import assign
from rollouts.release.selection import find_set

app = typer.Typer()

_NAMES_SHOWN = 5


@command(
    app,
    "assign",
    example=[
        "rollouts assign fw:2.0.0 kitchen-1 kitchen-2 | rollouts watch",
        "rollouts assign fw:2.0.0 'kitchen-*' --type soft --yes",
    ],
)
def assign_set(
    run, set: Set, which: Selection, how: How, yes: Yes = False, dry_run: DryRun = False
):
    """Assign a set to targets. Prints the action ids, which `watch` and `cancel` take.

    All targets are looked up first: with one unknown among them nothing is assigned.
    A glob or --filter asks before it assigns.
    """
    return assign_to(run, set, which, how, yes, dry_run)


def assign_to(run, set_text, which, how, yes, dry_run):
    members = how.members()
    one_set = find_set(run.hawkbit, set_text)
    targets = [target.controller_id for target in which.resolve(run.hawkbit)]
    what = f"{one_set.label} to {_counted(targets)}"
    if dry_run:
        plan = {"dryRun": True, "distributionSet": one_set.id, "targets": targets}
        run.out.done(f"would assign {what}", plan)
        return Exit.OK
    if which.is_open:
        run.confirm(f"Assign {what}?", yes)
    results = assign(run.hawkbit, one_set, targets, members, how.offline)
    run.out.rows(results, columns.ASSIGNED)
    busy = [one.controller_id for one in results if one.is_busy]
    if busy:
        run.out.error(f"not recorded for {_counted(busy)}: cancel or finish the open update first")
    return Exit.FAILED if busy else Exit.OK


def _counted(targets):
    names = ", ".join(targets[:_NAMES_SHOWN]) + (", ..." if len(targets) > _NAMES_SHOWN else "")
    return f"{counted(len(targets))} ({names})"
