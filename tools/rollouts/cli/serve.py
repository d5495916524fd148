"""`rollouts serve`: hands over to the local server, which needs libraries of its own."""

import typer

from rollouts.cli.exits import Exit
from rollouts.cli.output import Output

app = typer.Typer()


@app.command(
    "serve",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
)
def serve(context: typer.Context):
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
