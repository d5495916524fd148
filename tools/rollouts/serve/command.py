"""`rollouts serve`: the command line of the local server."""

import logging
import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from .dialect import DIALECTS, HAWKBIT_1_0_4
from .settings import Settings, is_loopback
from .store import IN_MEMORY, StoreError

# The usage error of the command line, as of every other command.
EXIT_USAGE = 2
_DEFAULTS = Settings()


_WELCOME = """\
page      {url}/
requests  {url}/docs
Ctrl-C ends it; --quiet says less."""

DialectName = StrEnum("DialectName", {name: name for name in DIALECTS})


def main(arguments: list[str] | None = None) -> None:
    """Run the command with these arguments, or those of the process."""
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.command()(serve)
    app(arguments, prog_name="rollouts serve")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any free port.", min=0, max=65535)] = 8080,
    db: Annotated[str, typer.Option(help="SQLite file, or :memory:.")] = IN_MEMORY,
    dialect: Annotated[DialectName, typer.Option(help="Whose answers to give.")] = DialectName[
        HAWKBIT_1_0_4
    ],
    device_login: Annotated[
        bool,
        typer.Option(help="Start with target tokens and the gateway token switched on."),
    ] = True,
    polling_time: Annotated[
        str, typer.Option(help="How long devices sleep, as HH:mm:ss.")
    ] = _DEFAULTS.polling_time,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Misbehave towards devices, such as cut-at=4096#1 or status=503@feedback#1-2."
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No addresses and requests on a terminal.")
    ] = False,
) -> None:
    """Run a local hawkBit for demos and tests: DDI and the Management API.

    One line of JSON on stdout says when it is ready, and how to log in. On a terminal it
    also says where its page is, and each request.
    User, password and gateway token come from ROLLOUTS_USER, ROLLOUTS_PASSWORD
    (default admin, admin) and ROLLOUTS_GATEWAY_TOKEN (default: made once for a database).
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = _settings(dialect, device_login, polling_time)
    if not is_loopback(host) and settings.password == _DEFAULTS.password:
        _refuse(f"--host {host} can be reached from outside: set ROLLOUTS_PASSWORD first")
    # The libraries of the server take a while to load.
    from .faults import FaultError
    from .server import Server

    talks = sys.stderr.isatty() and not quiet
    try:
        server = Server(
            settings, host=host, port=port, db=db, faults=fault or (), log_requests=talks
        )
        if talks:
            typer.echo(_WELCOME.format(url=server.url), err=True)
        server.run()
    except FaultError as e:
        _refuse(f"--fault: {e}")
    except StoreError as e:
        _refuse(f"--db: {e}")
    except OSError as e:
        reason = e.strerror.partition(" (")[0]  # before the address
        _refuse(f"cannot listen on {host} port {port}: {reason}; --port 0 takes any free port")


def _settings(dialect: DialectName, device_login: bool, polling_time: str) -> Settings:
    from .polling import Polling

    names = ("user", "password", "gateway_token")
    environment = {name: os.environ.get(f"ROLLOUTS_{name.upper()}") for name in names}
    settings = Settings(
        dialect=dialect.value,
        device_login=device_login,
        polling_time=polling_time,
        **{name: value for name, value in environment.items() if value},
    )
    try:
        Polling(polling_time, settings)
    except ValueError as e:
        _refuse(f"--polling-time: {e}")
    return settings


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(EXIT_USAGE)
