"""make bench: the download loop of the library against a bare one, on MicroPython's unix port.

Both fetch the same bytes over loopback in one window, hash them and write them to the same
sink; the bare loop is readinto, sha256, write and nothing else. The library as .mpy; the
median of alternating pairs. Exits 1 under the bar. 1 MB is 2^20 bytes.
"""

import argparse
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import interpreters
from rich.console import Console
from rich.table import Table
from size import ROOT, compile_library

BAR = 0.9
PAIRS = 9
MB = 1 << 20
SIZE = 16 * MB
_TIMEOUT_S = 300


class Server:
    """Answers each connection's first request with `data`, as one whole window."""

    def __init__(self, data: bytes):
        self._data = data
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self._listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(self._head() + self._data)

    def _head(self) -> bytes:
        size = len(self._data)
        head = f"HTTP/1.1 206 \r\nContent-Length: {size}\r\n"
        return f"{head}Content-Range: bytes 0-{size - 1}/{size}\r\n\r\n".encode()


def measure(pairs: int) -> list[tuple[int, int]]:
    """Return microseconds (of the bare loop, of the library's) for each pair."""
    data = hashlib.shake_256(b"bench").digest(MB) * (SIZE // MB)
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as folder:
        mpy = Path(made)
        compile_library(ROOT / "lib" / "hawkbit", mpy / "hawkbit")
        compile_library(ROOT / "tests" / "bench" / "board", mpy)
        env = {
            **os.environ,
            "MICROPYPATH": str(mpy),
            "PORT": str(Server(data).port),
            "SIZE": str(SIZE),
            "SHA256": hashlib.sha256(data).hexdigest(),
            "PAIRS": str(pairs),
        }
        done = subprocess.run(
            [interpreters.unix_port(), "-c", "import loops"],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
        )
    if done.returncode:
        raise SystemExit(f"make bench: {done.stdout}{done.stderr}")
    return [tuple(map(int, line.split())) for line in done.stdout.splitlines()]


def table(results: list[tuple[int, int]]) -> Table:
    grid = Table("pair", "bare", "library", "speed", title="Download loop, MB/s")
    for column in grid.columns:
        column.justify = "right"
    for number, (bare_us, library_us) in enumerate(results, 1):
        speeds = [f"{SIZE / MB / us * 1e6:.0f}" for us in (bare_us, library_us)]
        grid.add_row(str(number), *speeds, f"{bare_us / library_us:.2f}")
    return grid


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    pairs = parser.parse_args().pairs
    if reason := interpreters.reason_absent("unix"):
        print(f"make bench: not measured: {reason}")
        return 0
    results = measure(pairs)
    Console().print(table(results))
    speed = statistics.median(bare_us / library_us for bare_us, library_us in results)
    print(f"median of {len(results)} pairs: {speed:.2f} of the bare loop's speed, bar {BAR}")
    return 0 if speed >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
