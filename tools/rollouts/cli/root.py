"""The tree of commands, and those that ask no server: `serve`, `completion`, `--version`."""

from typing import Literal

import typer
from typer.completion import get_completion_script

from rollouts import __version__
from rollouts.cli import (
    actions,
    filters,
    modules,
    publish,
    rollout,
    sets,
    setup,
    signing,
    tags,
    targets,
    watch,
)
from rollouts.cli.command import argument, group, option
from rollouts.cli.exits import Exit
from rollouts.cli.output import Output

_HELP = r"""Publish, assign and watch firmware updates on Eclipse hawkBit.

The server comes from ROLLOUTS_URL, ROLLOUTS_USER, ROLLOUTS_PASSWORD (and ROLLOUTS_TENANT where
the login is TENANT\USER), or from a profile file of mode 600. Exit codes: 0 done, 1 an action
failed or was canceled, 2 usage, 3 refused or nothing matched, 4 server or login, 5 timeout.
"""
_COMPLETION_EXAMPLE = (
    "Example: rollouts completion bash > ~/.local/share/bash-completion/completions/rollouts"
)
own = typer.Typer()


def make_app():
    # Completion is answered by the root alone.
    app = group(_HELP, add_completion=True)
    app.callback()(_root)
    # A typer without a name adds its commands to the one it is added to.
    for one in (setup.app, publish.app, signing.app, actions.app, watch.app, targets.attributes):
        app.add_typer(one)
    app.add_typer(targets.app, name="targets")
    app.add_typer(actions.fleet, name="actions")
    app.add_typer(modules.app, name="modules")
    app.add_typer(filters.app, name="filters")
    app.add_typer(tags.app, name="tags")
    app.add_typer(sets.app, name="ds")
    app.add_typer(rollout.app, name="rollout")
    app.add_typer(own)
    return app


@own.command(
    "serve",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def _serve(context: typer.Context):
    """Run a local hawkBit for demos and tests."""
    # Imported late: its libraries take a second, and may not be installed.
    try:
        from rollouts.serve.command import main as local_server

        local_server(context.args)
    except ModuleNotFoundError as error:
        if error.name.startswith("rollouts"):
            raise
        Output().error(f"{error.name} is missing: pip install 'hawkbit-rollouts[serve]'")
        raise typer.Exit(Exit.USAGE) from error


@own.command("completion", epilog=_COMPLETION_EXAMPLE)
def _completion(shell: argument(Literal["bash", "zsh", "fish"], None, "For which shell.")):
    """Print the completion script of a shell."""
    names = {"prog_name": "rollouts", "complete_var": "_ROLLOUTS_COMPLETE"}
    Output().raw(get_completion_script(**names, shell=shell))


def _show_version(wanted: bool):
    if wanted:
        Output().raw(f"rollouts {__version__}")
        raise typer.Exit


def _root(
    version: option(
        bool, "Show the version.", "--version", callback=_show_version, is_eager=True
    ) = False,
):
    pass
