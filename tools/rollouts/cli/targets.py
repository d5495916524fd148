"""`rollouts targets`, and what a device said of itself."""

import dataclasses
from pathlib import Path

import typer

from rollouts.api import rsql
from rollouts.api.models import Target
from rollouts.cli import columns
from rollouts.cli.command import argument, command, group, option, text
from rollouts.cli.options import Consent, DryRun, Listing, Selection
from rollouts.cli.output import counted, named
from rollouts.cli.target_list import text_in
from rollouts.release import fleet, selection

app = group("Targets: the devices as the server knows them.", lists=True)
attributes = typer.Typer()


@dataclasses.dataclass
class TargetWithSets:
    target: Target
    assigned: str | None
    installed: str | None


_WITH_SETS = {
    **{title: lambda one, get=get: get(one.target) for title, get in columns.TARGETS.items()},
    **columns.table(ASSIGNED="assigned", INSTALLED="installed"),
}


@command(
    app, "list", "rollouts targets 'lab-*' --sets", "rollouts targets list --q updatestatus==error"
)
def list_targets(
    run,
    listing: Listing,
    names: argument(list[str] | None, "TARGET", "Controller ids or globs. Default: all.") = None,
    sets: option(bool, "Also assigned and installed set (slow).", "--sets") = False,
    tag: text("Only those that have it.") = None,
):
    """List targets with their status and last poll."""
    asked = listing.as_arguments(rsql.tagged(tag) if tag else None)
    found = _found(run.hawkbit, names, asked)
    if sets:
        run.out.rows([_with_sets(run.hawkbit, one) for one in found], _WITH_SETS)
    else:
        run.out.rows(found, columns.TARGETS)


def _found(hawkbit, names, asked):
    if not names:
        return hawkbit.targets.find(**asked)
    wanted = selection.resolve(hawkbit, *selection.split(names))
    if not asked:
        return wanted
    ids = {one.controller_id for one in wanted}
    return [one for one in hawkbit.targets.find(**asked) if one.controller_id in ids]


def _with_sets(hawkbit, target):
    assigned = hawkbit.targets.assigned_set(target.controller_id)
    installed = hawkbit.targets.installed_set(target.controller_id)
    return TargetWithSets(target, assigned and assigned.label, installed and installed.label)


@command(app, "delete", "rollouts targets delete 'old-*' --yes")
def delete(run, which: Selection, consent: Consent):
    """Delete targets with their whole history. A device that still polls comes back."""
    names = [target.controller_id for target in which.resolve(run.hawkbit)]
    what, question = f"delete {', '.join(names)}", f"Delete {named(names)}?"
    if consent.permits(run, what, question, targets=names):
        for name in names:
            run.hawkbit.targets.delete(name)
        run.out.done(f"deleted {counted(len(names))}", {"dryRun": False, "targets": names})


@command(
    app,
    "import",
    "rollouts targets import fleet.csv --dry-run",
    "rollouts targets import fleet.csv --update",
)
def import_targets(
    run,
    file: argument(Path, "FILE", "A CSV; - is stdin."),
    dry_run: DryRun,
    update: option(bool, "Change targets that exist already.", "--update") = False,
):
    """Make targets from a CSV file. With an error in any line, nothing is made.

    The first line names the columns: controllerId, and any of name, description, address,
    securityToken (else the server makes one) and tags (a;b). Tags that are not there are made.
    """
    name, text = text_in(file)
    rows = fleet.read(text, name)
    new, old = fleet.compare(run.hawkbit, rows, name, update)
    totals = {"made": len(new), "changed": len(old)}
    if dry_run.permits(run, f"make {counted(len(new))}, change {len(old)}", **totals):
        tell = lambda count: run.out.note(f"{count} of {counted(len(rows))}")  # noqa: E731
        fleet.store(run.hawkbit, new, old, name, tell)
        said = f"made {counted(len(new))}, changed {len(old)}"
        run.out.done(said, {"dryRun": False, **totals})


@command(attributes, "attributes", "rollouts attributes kitchen-1")
def show_attributes(run, target: argument(str, "TARGET", "A controller id.")):
    """Show the attributes that a device sent. `--filter attribute.NAME==VALUE` finds by them."""
    run.out.record(run.hawkbit.targets.attributes(target))
