"""`rollouts targets`."""

import dataclasses
from typing import Annotated

import typer

from rollouts.api.models import Target
from rollouts.cli import columns
from rollouts.cli.command import command
from rollouts.cli.options import Listing
from rollouts.release import selection

app = typer.Typer()


@dataclasses.dataclass
class TargetWithSets:
    target: Target
    assigned: str | None
    installed: str | None


_WITH_SETS = {
    **{title: lambda one, get=get: get(one.target) for title, get in columns.TARGETS.items()},
    "ASSIGNED": lambda one: one.assigned,
    "INSTALLED": lambda one: one.installed,
}


@command(
    app,
    "targets",
    example=[
        "rollouts targets 'lab-*' --sets",
        "rollouts targets --q updatestatus==error",
    ],
)
def targets(
    run,
    listing: Listing,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="TARGET", help="Controller ids or globs. Default: all."),
    ] = None,
    sets: Annotated[
        bool, typer.Option("--sets", help="Also assigned and installed set (slow).")
    ] = False,
):
    """List targets with their status and last poll."""
    found = _found(run.hawkbit, names, listing)
    if sets:
        run.out.rows([_with_sets(run.hawkbit, one) for one in found], _WITH_SETS)
    else:
        run.out.rows(found, columns.TARGETS)


def _found(hawkbit, names, listing):
    if not names:
        return hawkbit.targets.find(**listing.as_arguments())
    globs = [name for name in names if selection.is_glob(name)]
    plain = [name for name in names if name not in globs]
    wanted = selection.resolve(hawkbit, plain, globs)
    if not listing.as_arguments():
        return wanted
    ids = {one.controller_id for one in wanted}
    return [
        one for one in hawkbit.targets.find(**listing.as_arguments()) if one.controller_id in ids
    ]


def _with_sets(hawkbit, target):
    assigned = hawkbit.targets.assigned_set(target.controller_id)
    installed = hawkbit.targets.installed_set(target.controller_id)
    return TargetWithSets(target, assigned and assigned.label, installed and installed.label)
