"""`rollouts` in this process, as `invoke(["targets", "list"], env=...)`."""

import functools

import typer.testing
from rollouts.cli.root import make_app

# The tree of all commands takes longer to build than most of them to run, and never changes.
typer.testing._get_command = functools.cache(typer.testing._get_command)
APP = make_app()


def invoke(words, **options):
    """Run one command; return typer's result. options: input, env."""
    return typer.testing.CliRunner().invoke(APP, [str(word) for word in words], **options)
