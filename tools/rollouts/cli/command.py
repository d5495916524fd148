"""How a command is made from a function: common options, errors, exit code.

A command is `def verb(run, ARGUMENTS, OPTIONS)`; it asks `run.hawkbit` and prints through
`run.out`. A parameter that is a dataclass stands for one option per field, so that commands
share groups of options.
"""

import dataclasses
import functools
import inspect
import os
import sys
import time
import traceback
from typing import Annotated

import typer
from typer import Argument, Option
from typer.core import TyperGroup

from rollouts.api import Hawkbit
from rollouts.api.errors import RefusedError, RolloutsError
from rollouts.api.login import Login
from rollouts.cli import settings
from rollouts.cli.exits import Exit, UsageError, exit_of, text_of
from rollouts.cli.output import Output

_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def option(kind, help=None, *names, **more):
    """The type of a parameter or field that is an option. `more`: as typer.Option has it."""
    return Annotated[kind, Option(*names, help=help, **more)]


# An option that takes a text or is absent.
text = functools.partial(option, str | None)


def argument(kind, metavar, help=None):
    return Annotated[kind, Argument(metavar=metavar, help=help)]


@dataclasses.dataclass
class Common:
    """The options of every command that talks to a server."""

    as_json: option(bool, "Results as JSON.", "--json") = False
    profile: text("A section of the profile file.", metavar="NAME") = None
    ca: text("PEM file with a root to trust as well.", metavar="FILE") = None
    verbose: option(bool, "Show every request, and answers of errors.", "--verbose", "-v") = False


class Run:
    """One run of one command. `hawkbit` is made when it is first asked for."""

    def __init__(self, common):
        self._common = common
        self._hawkbit = None
        self._has_waited = False
        self.out = Output(common.as_json)
        self.settings = None

    @property
    def hawkbit(self):
        if self._hawkbit is None:
            self._hawkbit = self._connect()
        return self._hawkbit

    def _connect(self):
        self.settings = settings.load(self._common.profile, self._common.ca)
        one = self.settings
        if one.password != one.user:
            # Where both are the same word, it is no secret.
            self.out.hide(one.password)
        self.out.hide(*Login(one.user, one.password, one.tenant).secrets)
        if one.warning():
            self.out.note(one.warning())
        hooks = {"on_exchange": self._show if self._common.verbose else None, "sleep": self._pause}
        try:
            return Hawkbit(one.url, one.user, one.password, one.tenant, one.ca, **hooks)
        except RefusedError as error:
            raise UsageError(str(error)) from error

    def _show(self, method, where, outcome, seconds):
        self.out.note(f"{method} {where} -> {outcome} in {seconds * 1000:.0f} ms")

    def _pause(self, seconds):
        """Wait before a request is sent again, and say so where it can be noticed."""
        if seconds >= 1:
            self.out.note(f"the server cannot answer now, it is asked again in {seconds:.0f} s")
        elif not self._has_waited:
            self.out.note(f"nobody answers at {self.settings.url} yet, waiting for some seconds")
        self._has_waited = True
        time.sleep(seconds)

    def confirm(self, question):
        """Return when a person agrees. Raises UsageError."""
        if not sys.stdin.isatty():
            raise UsageError(f"{question} Nobody can be asked here: add --yes")
        self.out.note(f"{question} [y/N]")
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise UsageError("not confirmed, nothing was done")

    def close(self):
        if self._hawkbit:
            self._hawkbit.close()
        self.out.flush()


def command(app, name, *examples, help=None):
    """Decorate a function as command `name` of `app`; `examples`: command lines.

    `help`: instead of the function's docstring.
    """
    # \b keeps click from filling the lines.
    epilog = "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in examples)])

    def register(function):
        app.command(name, help=help, epilog=epilog)(_adapted(function))
        return function

    return register


def _adapted(function):
    """Return what typer is to see of `function`: every option by itself, and no `run`."""
    _, *own = inspect.signature(function, eval_str=True).parameters.values()
    own.append(inspect.Parameter("common", _BY_NAME, annotation=Common))
    shown = [one for parameter in own for one in _options(parameter)]

    def call(**values):
        arguments = {parameter.name: _collected(parameter, values) for parameter in own}
        raise typer.Exit(_guarded(function, **arguments))

    call.__signature__ = inspect.Signature(shown)
    call.__annotations__ = {one.name: one.annotation for one in shown}
    call.__doc__ = function.__doc__
    return call


def _options(parameter):
    """Return the parameters that stand for this one: a dataclass has one per field."""
    if not dataclasses.is_dataclass(parameter.annotation):
        return [parameter.replace(kind=_BY_NAME)]
    return [
        inspect.Parameter(field.name, _BY_NAME, default=field.default, annotation=field.type)
        for field in dataclasses.fields(parameter.annotation)
    ]


def _collected(parameter, values):
    """Return the value of a parameter from those of its _options()."""
    if not dataclasses.is_dataclass(parameter.annotation):
        return values[parameter.name]
    return parameter.annotation(**{one.name: values[one.name] for one in _options(parameter)})


def _guarded(function, common, **arguments):
    """Return the exit code of one run; whatever happens, no secret and no traceback of ours."""
    run = Run(common)
    try:
        code = function(run, **arguments)
        run.close()
        return Exit.OK if code is None else code
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.BROKEN_PIPE
    except RolloutsError as error:
        run.out.error(text_of(error, common.verbose))
        return exit_of(error)
    except OSError as error:
        run.out.error(f"{error.filename or 'file'}: {error.strerror or error}")
        return Exit.REFUSED
    except KeyboardInterrupt:
        run.out.error("interrupted; what was asked of the server goes on there")
        return Exit.INTERRUPTED
    except Exception:
        run.out.error("this is a mistake in rollouts, please report it:")
        run.out.note(traceback.format_exc())
        return Exit.INTERNAL


class _ListingGroup(TyperGroup):
    """Without the name of a command it is `list`: `rollouts targets 'lab-*'`."""

    def parse_args(self, ctx, args):
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def group(help, lists=False, **options):
    """A group of commands. `lists`: the name of its command `list` may be left out."""
    return typer.Typer(
        help=help,
        cls=_ListingGroup if lists else None,
        no_args_is_help=not lists,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **options,
    )
