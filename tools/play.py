"""make play: a server, three simulated boards that update themselves, and releases for them.

    python tools/play.py [--port 8080] [--bytes-per-s 80000]

The page and the command line do the rest. Ctrl-C ends it all; nothing is kept.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import appimage
from demo import BOARD, SIZE, Operator, flash_board
from serving import serve, started

BOARDS = ("attic-1", "cellar-1", "kitchen-1")
# Version -> what the simulated board does with it.
RELEASES = {"1.0.0": "ok", "2.0.0": "ok", "3.0.0": "self-test-fails"}

_READY = """\
server  {url}, user {user}, password {password}
boards  {boards}: simulated ESP32s that run blinky:1.0.0
sets    blinky:2.0.0, and blinky:3.0.0, which fails its self-test: then a board goes back
Open {url} in a browser and drag a set onto a board. Ctrl-C here ends it all."""


def play(folder: Path, port: int, bytes_per_s: int) -> None:
    """Run it until a signal ends it."""
    options = ("--port", str(port), "--polling-time", "00:00:03")
    with ExitStack() as stack:
        server = stack.enter_context(serve(*options, "--fault", f"slow={bytes_per_s}"))
        operator = Operator(server)
        for version, behaviour in RELEASES.items():
            image = folder / f"blinky-{version}.app-bin"
            image.write_bytes(appimage.make(behaviour, version, SIZE))
            operator.run("publish", image, "--name", "blinky", "--version", version, shown=False)
        for name in BOARDS:
            flash = folder / f"{name}.bin"
            flash_board(flash, folder / "blinky-1.0.0.app-bin", server, name)
            run = [sys.executable, BOARD, "run", flash]
            stack.enter_context(started(run, stdout=subprocess.DEVNULL))
        for name in BOARDS:
            operator.wait_for_device(name)
        operator.run("assign", "blinky:1.0.0", *BOARDS, "--offline", shown=False)
        print(_READY.format(boards=", ".join(BOARDS), **server), flush=True)
        signal.pause()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080, help="0 takes any free port")
    parser.add_argument(
        "--bytes-per-s", type=int, default=80_000, help="of a download, so that it can be seen"
    )
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as folder:
        play(Path(folder), args.port, args.bytes_per_s)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
