"""`rollouts completion`: the script for a shell, to be put where that shell looks."""

import enum
from typing import Annotated

import typer
from typer import Argument
from typer.completion import get_completion_script

from rollouts.cli.output import Output

app = typer.Typer()


class Shell(enum.StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


_EXAMPLE = (
    "Example: rollouts completion bash > ~/.local/share/bash-completion/completions/rollouts"
)


@app.command("completion", epilog=_EXAMPLE)
def completion(shell: Annotated[Shell, Argument(help="For which shell.")]):
    """Print the completion script of a shell."""
    Output().raw(
        get_completion_script(
            prog_name="rollouts", complete_var="_ROLLOUTS_COMPLETE", shell=shell.value
        )
    )
