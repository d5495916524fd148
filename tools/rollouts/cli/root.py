"""The tree of commands."""

from typing import Annotated

import typer

from rollouts import __version__
from rollouts.cli import (
    actions,
    assign,
    completion,
    publish,
    set_metadata,
    sets,
    setup,
    targets,
    watch,
)
from rollouts.cli.exits import Exit
from rollouts.cli.output import Output

_HELP = r"""Publish, assign and watch firmware updates on Eclipse hawkBit.

The server comes from ROLLOUTS_URL, ROLLOUTS_USER, ROLLOUTS_PASSWORD (and ROLLOUTS_TENANT where
the login is TENANT\USER), or from a profile file of mode 600. Exit codes: 0 done, 1 an action
failed or was canceled, 2 usage, 3 refused or nothing matched, 4 server or login, 5 timeout.
"""


def make_app():
    # Completion is answered by the root alone.
    app = _group(_HELP, add_completion=True)
    app.callback()(_root)
    for module in (setup, publish, assign, watch, actions, targets):
        module.add_to(app)
    ds = _group("Distribution sets: a verb for each endpoint of the Management API.")
    sets.add_to(ds)
    meta = _group("Metadata of a distribution set.")
    set_metadata.add_to(meta)
    ds.add_typer(meta, name="meta")
    app.add_typer(ds, name="ds")
    _add_serve(app)
    completion.add_to(app)
    return app


def _group(text, add_completion=False):
    return typer.Typer(
        help=text,
        no_args_is_help=True,
        add_completion=add_completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _show_version(wanted: bool):
    if wanted:
        Output().raw(f"rollouts {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
):
    pass


def _add_serve(app):
    @app.command(
        "serve",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    def serve(context: typer.Context):
        """Run a local hawkBit for demos and tests."""
        # Imported late: its libraries take a second, and may not be installed.
        try:
            from rollouts.serve.command import serve as local_server

            server_app = typer.Typer(add_completion=False, rich_markup_mode=None)
            server_app.command()(local_server)
            server_app(context.args, prog_name="rollouts serve")
        except ModuleNotFoundError as error:
            if error.name.startswith("rollouts"):
                raise
            Output().error(f"{error.name} is missing: pip install 'rollouts[serve]'")
            raise typer.Exit(Exit.USAGE) from error
