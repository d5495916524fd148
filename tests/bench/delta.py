"""make bench-delta: what deltas save, on the releases in ../shared or else on made ones.

The size of a delta for each step; then whole updates on MicroPython's unix port by the full
image and by a delta, in turn: bytes of HTTP in both directions, and time. Exits 1 over a bar.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import interpreters
from bench import ram
from rich.console import Console
from rich.table import Table
from rollouts.release import delta
from rollouts.testing import local_server
from size import ROOT, compile_library
from tls_proxy import TLSProxy

STEPS = (("09", "12", 0.4), ("12", "13", 0.9), ("13", "14", 1.6))  # and the bar, in percent
WIRE_BAR = 20_000
LINKS = ("20 kbit/s", 20e3), ("250 kbit/s", 250e3), ("2 Mbit/s", 2e6)
HEAP = 1 << 20


def sizes(console: Console) -> bool:
    """Print the size of each step of the real releases; return whether all are below their bar."""
    if not all(path.exists() for path in ram.RELEASES):
        console.print("sizes: not measured: no releases in ../shared")
        return True
    grid = Table("step", "image", "delta", "of the image", "bar", title="deltas")
    good = True
    for old, new, bar in STEPS:
        base, image = (ram.RELEASES[0].with_name(f"{n}.app-bin").read_bytes() for n in (old, new))
        size = len(delta.encode(image, base))
        percent = 100 * size / len(image)
        good &= percent <= bar
        grid.add_row(f"{old} to {new}", f"{len(image)}", f"{size}", f"{percent:.2f} %", f"{bar} %")
    console.print(grid)
    return good


def updates(pairs: int) -> tuple[list, list]:
    """Return [(bytes, seconds)] of updates by the full image and of those by a delta."""
    base, image = ram.releases()
    results = [], []
    with tempfile.TemporaryDirectory() as folder, local_server() as server:
        mpy = Path(folder)
        compile_library(ROOT / "lib" / "hawkbit", mpy / "hawkbit")
        compile_library(ROOT / "tests" / "ram", mpy)
        proxy = TLSProxy(urlsplit(server.url).port, None)
        url = f"http://127.0.0.1:{proxy.port}"
        ways = [ram.Attempts(mpy, server, image, f"way{i}", b) for i, b in enumerate((None, base))]
        for _ in range(pairs):
            for way, result in zip(ways, results, strict=True):
                before, start_s = proxy.passed, time.perf_counter()
                if complaint := way.complaint(HEAP, url):
                    raise SystemExit(f"make bench-delta: {complaint}")
                result.append((proxy.passed - before, time.perf_counter() - start_s))
        proxy.close()
    return results


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-delta", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    console = Console()
    good = sizes(console)
    if reason := interpreters.reason_absent("unix"):
        console.print(f"updates: not measured: {reason}")
        return 0 if good else 1
    grid = Table("whole update", "bytes of HTTP", "unix port", *(name for name, _ in LINKS))
    medians = []
    for name, result in zip(("full image", "delta"), updates(pairs), strict=True):
        wire, seconds = (statistics.median(column) for column in zip(*result, strict=True))
        medians.append((wire, seconds))
        times = [f"{wire * 8 / speed:.1f} s" for _, speed in LINKS]
        grid.add_row(name, f"{wire:.0f}", f"{seconds:.2f} s", *times)
    console.print(grid)
    (_, full_s), (wire, delta_s) = medians
    print(f"by delta {wire:.0f} bytes (at most {WIRE_BAR}), {delta_s / full_s:.2f} of the time")
    return 0 if good and wire <= WIRE_BAR and delta_s <= full_s else 1


if __name__ == "__main__":
    sys.exit(main())
