"""make ram: the smallest heap in which the library updates a board, and what its import costs.

A whole update on MicroPython's unix port (64 bit): import, poll, download, reset, second
boot, confirmation, report; library and stubs as .mpy, a local server, `gc.threshold(2048)`.
MICROPYTHON=path measures a build of one's own, and the library frozen into it if it has one.
Exits 1 over a budget. `k` and KB are 1024 bytes.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import appimage
import certificates
import interpreters
from rich.console import Console
from rich.table import Table
from rollouts.api.client import Hawkbit
from rollouts.api.models import NewTarget, TargetAssignment
from rollouts.release import bases
from rollouts.release.publish import Release, publish
from rollouts.testing import LocalServer, local_server
from size import APART, KB, ROOT, compile_library
from tls_proxy import TLSProxy

UPDATE_BUDGET = 110 * KB
ROLLBACK_BUDGET = 5 * KB
BY_DELTA_BUDGET = 126 * KB
DELTA_32_BIT_BUDGET = 12 * KB
AT_REST_32_BIT_BUDGET = 34 * KB
EVERYTHING_32_BIT_BUDGET = 60 * KB

VERSION_32_BIT = "1.27.0"
# What boot.py and main.py import: all that a poll needs.
AT_REST = ("rollback", "board")

REAL_IMAGE = ROOT.parent / "shared" / "firmware" / "ESP32_GENERIC-v1.23.0.app-bin"
REAL_SIZE = 1672800
LARGE_SIZE = 16 << 20

_RESET_STATUS = 3  # tests/ram/machine.py
_STEP = KB
_SMALLEST, _LARGEST = 8 * KB, 1024 * KB
_TIMEOUT_S = 120
_SECTOR = 4096
_OTADATA = 0xD000
_OTA_0 = 0x10000


# Two successive ones of a real product.
RELEASES = [REAL_IMAGE.parent / "releases" / f"{name}.app-bin" for name in ("12", "13")]


def releases() -> list[bytes]:
    """Return an image and the next: of a real product, else two that are made."""
    if all(path.exists() for path in RELEASES):
        return [path.read_bytes() for path in RELEASES]
    return [appimage.make(version=v, size=REAL_SIZE, product="ram") for v in ("1", "2")]


class Failed(Exception):
    """An attempt with plenty of heap failed: RAM is not what is missing."""


def smallest(works: Callable[[int], str | None]) -> int:
    """Return the smallest heap in bytes, a multiple of 1 KB, for which `works` has no complaint.

    One of two attempts is enough: how the network cuts an answer into pieces is chance.
    Raises Failed when even the largest does not do.
    """
    if complaint := works(_LARGEST):
        raise Failed(complaint)
    low, high = _SMALLEST, _LARGEST
    while high - low > _STEP:
        middle = (low + high) // 2 // _STEP * _STEP
        if works(middle) and works(middle):
            low = middle
        else:
            high = middle
    return high


class Attempts:
    """Updates of one artifact, each by a new board in a heap of a given size.

    base: the image that a board runs before; then there is a delta from it.
    """

    def __init__(
        self, mpy: Path, server: LocalServer, image: bytes, name: str, base: bytes | None = None
    ):
        self._mpy = mpy
        self._server = server
        self._hawkbit = Hawkbit(server.url, server.user, server.password)
        self._image = image
        self._base = base
        self._number = 0
        self._name = name
        self._set_id = self._publish()

    def _publish(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "app.bin")
            path.write_bytes(self._image)
            sha256 = hashlib.sha256(self._image).hexdigest()
            release = Release(
                name=self._name, version="1", file=path, filename=path.name, sha256=sha256
            )
            if self._base:
                deltas = bases.make(release, [bases.Base("base", self._base)], folder, print)
                release = replace(release, deltas=deltas)
            return publish(self._hawkbit, release)[0].set.id

    def complaint(self, heap: int, url: str, ca: Path | None = None) -> str | None:
        """Update a board in `heap` bytes; return what went wrong, or None."""
        self._number += 1
        board = f"{self._name}-{self._number:03}"
        self._hawkbit.targets.create([NewTarget(controller_id=board)])
        self._hawkbit.sets.assign(self._set_id, [TargetAssignment(id=board, type="forced")])
        env = {"URL": url, "CONTROLLER_ID": board, "GATEWAY_TOKEN": self._server.gateway_token}
        with tempfile.TemporaryDirectory() as folder:
            if ca:
                env["CA_DER"] = shutil.copyfile(ca, Path(folder, ca.name)).name
            make_flash(Path(folder, "flash.bin"), self._base or self._image[:_SECTOR])
            for expected in (_RESET_STATUS, 0):
                done = run_unix("import update", self._mpy, folder, heap, env)
                if done.returncode != expected:
                    return f"status {done.returncode}:\n{done.stdout}{done.stderr}"
        [action] = self._hawkbit.targets.actions(board)
        if action.status != "finished":
            return f"the server says {action.status}"
        told = str(self._hawkbit.targets.action_history(board, action.id))
        return "by the full image" if self._base and "downloading app.bin" in told else None


def make_flash(path: Path, image: bytes) -> None:
    """Write a flash as tests/ram/esp32.py reads it: an image in ota_0, blank otadata."""
    with path.open("wb") as flash:
        flash.seek(_OTADATA)
        flash.write(b"\xff" * 2 * _SECTOR)
        flash.seek(_OTA_0)
        flash.write(image)


def run_unix(
    program, mpy, folder, heap, env=None, timeout_s=_TIMEOUT_S
) -> subprocess.CompletedProcess:
    """Run `program` on the unix port, in an empty folder: the current one is on its path.

    Its paths and its environment are as long on each machine: a few bytes move the result.
    """
    Path(folder, "mpy").unlink(missing_ok=True)
    Path(folder, "mpy").symlink_to(mpy)
    command = [interpreters.unix_port(), "-X", f"heapsize={heap}", "-c", program]
    path = ".frozen:mpy" if os.environ.get("MICROPYTHON") else "mpy"
    env = {"MICROPYPATH": path, **(env or {})}
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=timeout_s
    )


def import_complaint(mpy: Path, heap: int) -> str | None:
    """Import all that an update needs, in `heap` bytes; return what went wrong, or None."""
    with tempfile.TemporaryDirectory() as folder:
        make_flash(Path(folder, "flash.bin"), appimage.make(size=_SECTOR))
        done = run_unix("import update", mpy, folder, heap, {"URL": ""})
    return done.stderr or done.stdout if done.returncode else None


def import_cost(mpy: Path, module: str) -> int:
    """Return what stays on the heap of the unix port after `module` is imported.

    esp32 and machine are there before and do not count.
    """
    program = (
        "import esp32, machine, gc; gc.collect(); before = gc.mem_alloc()\n"
        f"import {module}\ngc.collect(); print(gc.mem_alloc() - before)"
    )
    with tempfile.TemporaryDirectory() as folder:
        make_flash(Path(folder, "flash.bin"), appimage.make(size=_SECTOR))
        return int(run_unix(program, mpy, folder, _LARGEST).stdout)


def import_cost_32_bit(mpy: Path, modules: list[str]) -> int:
    """Return what stays on the heap of a 32-bit build after `modules` are imported."""
    return cost_32_bit(mpy, [], ["import " + ", ".join(f"hawkbit.{name}" for name in modules)])


def delta_cost_32_bit(mpy: Path) -> int:
    """Return what a delta takes beside the download: its module, its buffers, and a frame."""
    deflater = zlib.compressobj(9, wbits=-10)
    # A literal of 4096 bytes, and no additions: see docs/delta.md.
    payload = deflater.compress(b"\x81\x40" + bytes(_SECTOR) + b"\0") + deflater.flush()
    before = [
        "import binascii, io, struct, hawkbit.download",
        f"view = memoryview(bytearray({_SECTOR})); payload = {payload!r}",
        f"block = memoryview(bytearray({_SECTOR}))",
    ]
    return cost_32_bit(
        mpy,
        before,
        [
            "import hawkbit.delta",
            "patch = hawkbit.delta.Patch(None, view)",
            "patch.load(payload, 0)\npatch.make(block)",
        ],
    )


def cost_32_bit(mpy: Path, before: list[str], counted: list[str]) -> int:
    """Return what stays on the heap of a 32-bit build after the programs `counted`.

    Raises interpreters.Unavailable. The modules that this build lacks are empty stubs.
    """
    stubs = "for name in ('socket', 'tls'): open(name + '.py', 'w').close()"
    programs = [
        f"{stubs}\nopen('flash.bin', 'w').close()",
        "import sys; sys.path.append('/mpy'); import esp32, machine, socket, tls, select, gc",
        "esp32.NVS = object",
        *before,
        # Between two programs: what a collection finds is free only after the one that asked.
        *("gc.collect()" for _ in range(2)),
        "before = gc.mem_alloc()",
        *counted,
        *("gc.collect()" for _ in range(2)),
        "print(gc.mem_alloc() - before)",
    ]
    command = interpreters.node_build(VERSION_32_BIT, {mpy: "/mpy"}, programs)
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return int(done.stdout)


@dataclass
class Figure:
    """One measured figure in bytes; a budget of None only informs; a reason says why not."""

    what: str
    size: int | None
    budget: int | None = None
    reason: str = ""

    def is_over(self) -> bool:
        return None not in (self.size, self.budget) and self.size > self.budget


def updates(mpy: Path, folder: Path) -> Iterator[Figure]:
    """Yield the smallest heaps of whole updates: HTTP, TLS, and a large artifact."""
    image = REAL_IMAGE.read_bytes() if REAL_IMAGE.exists() else appimage.make(size=REAL_SIZE)
    kind = "real" if REAL_IMAGE.exists() else "made"
    certificates.make(folder)
    with local_server() as server:
        proxy = TLSProxy(urlsplit(server.url).port, folder / "good.pem")
        attempts = Attempts(mpy, server, image, kind)
        heap_http = smallest(lambda heap: attempts.complaint(heap, server.url))
        yield Figure(f"whole update, {len(image)} bytes ({kind}), HTTP", heap_http, UPDATE_BUDGET)
        yield Figure("  of which import", smallest(lambda heap: import_complaint(mpy, heap)))
        tls_url = f"https://localhost:{proxy.port}"
        heap = smallest(lambda heap: attempts.complaint(heap, tls_url, folder / "ca.der"))
        yield Figure("the same, TLS", heap)
        base, image = releases()
        by_delta = Attempts(mpy, server, image, "delta", base)
        heap_delta = smallest(lambda heap: by_delta.complaint(heap, server.url))
        yield Figure("whole update by a delta, HTTP", heap_delta, BY_DELTA_BUDGET)
        large = Attempts(mpy, server, appimage.make(size=LARGE_SIZE), "large")
        heap = smallest(lambda heap: large.complaint(heap, server.url))
        yield Figure(f"whole update, {LARGE_SIZE} bytes, HTTP", heap, UPDATE_BUDGET)
        proxy.close()


def imports(mpy: Path, modules: list[str]) -> Iterator[Figure]:
    """Yield what imports leave on the heap. Everything: what counts in `make size`."""
    cost = import_cost(mpy, "hawkbit.rollback")
    yield Figure("import hawkbit.rollback", cost, ROLLBACK_BUDGET)
    core = [name for name in modules if name not in APART]
    apart = ", ".join(name for name in modules if name in APART)
    imported = partial(import_cost_32_bit, mpy)
    at_rest = "32 bit: at rest, everything a poll needs"
    for what, measured, budget in (
        ("32 bit: import everything", partial(imported, core), EVERYTHING_32_BIT_BUDGET),
        (f"  and {apart}", partial(imported, modules), None),
        (at_rest, partial(imported, AT_REST), AT_REST_32_BIT_BUDGET),
        ("32 bit: a delta at work", partial(delta_cost_32_bit, mpy), DELTA_32_BIT_BUDGET),
    ):
        try:
            yield Figure(what, measured(), budget)
        except interpreters.Unavailable as e:
            yield Figure(what, None, budget, str(e))


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as keys:
        mpy = Path(made)
        sizes = compile_library(ROOT / "lib" / "hawkbit", mpy / "hawkbit")
        compile_library(ROOT / "tests" / "ram", mpy)
        modules = [name for name in sizes if name != "__init__"]
        return [*updates(mpy, Path(keys)), *imports(mpy, modules)]


def table(figures: list[Figure]) -> Table:
    grid = Table("what", "bytes", "KB", "budget", title="RAM of lib/hawkbit")
    for column in grid.columns[1:]:
        column.justify = "right"
    for figure in figures:
        size = figure.reason if figure.size is None else str(figure.size)
        kilobytes = "" if figure.size is None else f"{figure.size / KB:.1f}"
        budget = "" if figure.budget is None else str(figure.budget)
        grid.add_row(figure.what, size, kilobytes, budget)
    return grid


def main() -> int:
    argparse.ArgumentParser(prog="make ram", description=__doc__).parse_args()
    if reason := interpreters.reason_absent("unix"):
        print(f"make ram: not measured: {reason}")
        return 0
    figures = measure()
    Console().print(table(figures))
    over = [figure for figure in figures if figure.is_over()]
    for figure in over:
        print(f"{figure.what.strip()}: {figure.size - figure.budget} bytes over the budget")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
