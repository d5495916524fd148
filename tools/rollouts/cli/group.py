"""Groups of commands; some are also the command that lists: `rollouts targets 'lab-*'`."""

import typer
from typer.core import TyperGroup


class Listing(TyperGroup):
    """Without the name of a command it is `list`."""

    def parse_args(self, ctx, args):
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def group(text, cls=None, add_completion=False):
    return typer.Typer(
        help=text,
        cls=cls,
        no_args_is_help=cls is None,
        add_completion=add_completion,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
