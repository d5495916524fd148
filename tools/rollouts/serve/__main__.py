"""python -m rollouts.serve: the command by itself."""

import typer

from .command import serve

typer.run(serve)
