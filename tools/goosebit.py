"""gooseBit 0.2.12, another DDI server: as it is on PyPI, in a venv of its own under build/."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import started

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / "build" / "goosebit-0.2.12"
PINS = ROOT / "tools" / "goosebit.txt"
_INSTALL_TIMEOUT_S = 300
_MIGRATE_TIMEOUT_S = 60

# Its own start listens on all addresses of the computer.
_RUN = """
import socket, sys, uvicorn
config = uvicorn.Config("goosebit:app", access_log=False)
uvicorn.Server(config).run([socket.socket(fileno=int(sys.argv[1]))])
"""


class Unavailable(Exception):
    """It cannot be had here; the text says why."""


def install() -> None:
    """Make its venv, unless that is done. Raises Unavailable."""
    ready = VENV / "ready"
    if ready.exists():
        return
    print(f"installing gooseBit into {VENV.relative_to(ROOT)} (once)", flush=True)
    _run([sys.executable, "-m", "venv", "--clear", VENV], _INSTALL_TIMEOUT_S)
    pip = [VENV / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--no-deps", "-r", PINS], _INSTALL_TIMEOUT_S)
    ready.touch()


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """gooseBit with an empty database in `folder`; gives its host and port. Raises Unavailable."""
    options = {"cwd": folder, "env": _environment(folder)}
    (folder / "pyproject.toml").write_text(_migrations())
    _run([VENV / "bin" / "aerich", "upgrade"], _MIGRATE_TIMEOUT_S, **options)
    listener = socket.create_server(("127.0.0.1", 0))
    command = [VENV / "bin" / "python", "-c", _RUN, str(listener.fileno())]
    options.update(pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
    with listener, started(command, **options):
        host, port = listener.getsockname()
        # From here on it is theirs alone: refused, not waiting, should they fail to start.
        listener.close()
        yield f"{host}:{port}"


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "GOOSEBIT_DB_URI": f"sqlite:///{folder / 'goosebit.db'}",
        "GOOSEBIT_ARTIFACTS_DIR": str(folder / "artifacts"),
    }


def _migrations() -> str:
    """Return the pyproject.toml that tells aerich where the tables of gooseBit are described."""
    [folder] = VENV.glob("lib/python*/site-packages/goosebit/db/migrations")
    return (
        "[tool.aerich]\n"
        'tortoise_orm = "goosebit.db.config.TORTOISE_CONF"\n'
        f'location = "{folder}"\n'
        'src_folder = "."\n'
    )


def _run(command: list, timeout_s: int, **options) -> None:
    name = Path(command[0]).name
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout_s, **options
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{name} took more than {timeout_s} s")
    if done.returncode:
        raise Unavailable(f"{name}: {(done.stderr or done.stdout).strip()}")
