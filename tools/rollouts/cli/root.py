"""The tree of commands."""

from typing import Annotated

import typer
from typer import Option

from rollouts import __version__
from rollouts.cli import (
    actions,
    assign,
    completion,
    filters,
    modules,
    publish,
    rollout,
    rollout_watch,
    serve,
    set_metadata,
    sets,
    setup,
    signing,
    tags,
    targets,
    watch,
)
from rollouts.cli.group import group
from rollouts.cli.output import Output

_HELP = r"""Publish, assign and watch firmware updates on Eclipse hawkBit.

The server comes from ROLLOUTS_URL, ROLLOUTS_USER, ROLLOUTS_PASSWORD (and ROLLOUTS_TENANT where
the login is TENANT\USER), or from a profile file of mode 600. Exit codes: 0 done, 1 an action
failed or was canceled, 2 usage, 3 refused or nothing matched, 4 server or login, 5 timeout.
"""


def make_app():
    # Completion is answered by the root alone.
    app = group(_HELP, add_completion=True)
    app.callback()(_root)
    # A typer without a name adds its commands to the one it is added to.
    for module in (setup, publish, signing, assign, watch, actions):
        app.add_typer(module.app)
    app.add_typer(targets.attributes)
    app.add_typer(targets.app, name="targets")
    app.add_typer(actions.fleet, name="actions")
    for module in (modules, filters, tags):
        app.add_typer(module.app, name=module.__name__.rpartition(".")[2])
    ds = group("Distribution sets: a verb for each endpoint of the Management API.")
    ds.add_typer(sets.app)
    meta = group("Metadata of a distribution set.")
    meta.add_typer(set_metadata.app)
    ds.add_typer(meta, name="meta")
    app.add_typer(ds, name="ds")
    staged = group("Staged rollouts: a set to a fleet, group by group.")
    for module in (rollout, rollout_watch):
        staged.add_typer(module.app)
    app.add_typer(staged, name="rollout")
    app.add_typer(serve.app)
    app.add_typer(completion.app)
    return app


def _show_version(wanted: bool):
    if wanted:
        Output().raw(f"rollouts {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
):
    pass
