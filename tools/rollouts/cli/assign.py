"""`rollouts assign`."""

import typer

from rollouts.cli import columns
from rollouts.cli.command import command
from rollouts.cli.exits import Exit
from rollouts.cli.options import Consent, How, Selection, Set
from rollouts.cli.output import named
from rollouts.release.assign import assign
from rollouts.release.selection import find_set

app = typer.Typer()


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
