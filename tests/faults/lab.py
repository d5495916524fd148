"""A simulated board that updates itself from `rollouts serve`, which has a fault.

The board runs the boot.py and main.py of boards/unix over real sockets. In this process its
clock is virtual: sleeping takes no time, and where nothing comes from a server that was struck
with silence, for 20 ms, a whole wait of the library is over: a second.
"""

import importlib.util
import re
from functools import cache
from typing import NamedTuple

import appimage
from serve_asks import TOKEN, Operator
from simboard import partitions
from simboard.clock import VirtualClock
from simboard.flash import File, Flash, Memory
from simboard.host import UNIX, Board, new_flash
from simboard.process import ProcessBoard

DEVICE = "dev-1"
IMAGE_SIZE = 48 * 1024
WINDOW_BYTES = 16 * 1024  # three of them
OLD, NEW = "1.0.0", "2.0.0"
_LAYOUT = (0x50000, partitions.ota_layout(0x50000, 0x10000))
# So long a boot lasts that no reset ends: enough for all retries.
LIMIT_S = 3600
# A server is only slow, however slow this computer is, unless one of these has struck.
SILENT = ("stall", "drip", "slow")
SILENCE_MS = 20
TOO_LONG_MS = 60_000

_CONFIG = """
from hawkbit.updater import Updater

Updater.window_bytes = {window_bytes}
Updater.checkpoint_bytes = 8192
URL = {url!r}
TENANT = "DEFAULT"
CONTROLLER_ID = {device!r}
TARGET_TOKEN = {token!r}
GATEWAY_TOKEN = None
TRUSTED_KEYS = None
POLL_S = 300
CONFIRM_S = 1800
GUARD_S = 1920
WATCHDOG_S = 20
"""


class View(NamedTuple):
    """What the server believes: the action, its target, whether the new set is installed."""

    action: str
    target: str
    is_installed: bool


SUCCESS = View("finished", "in_sync", True)
FAILURE = View("error", "error", False)


class _Clock(VirtualClock):
    """on_sleep: called with every sleep of the board; real time passes there."""

    on_sleep = None

    def sleep_ms(self, ms):
        super().sleep_ms(ms)
        if self.on_sleep:
            self.on_sleep()


class _Net:
    """CPython's net: `sent` has every request that left, as text."""

    def __init__(self, clock, faults):
        self._clock = clock
        self._faults = faults
        self._net = _cpython_net()
        self.sent = []
        self.connections = 0

    def dial(self, *args):
        self.connections += 1
        return _Stream(self._net.dial(*args), self, self._clock)

    def patience_ms(self):
        """How long to wait for a byte before the board's time goes on."""
        is_silent = any(line.startswith(SILENT) for line in self._faults.struck)
        return SILENCE_MS if is_silent else TOO_LONG_MS


class _Stream:
    def __init__(self, stream, net, clock):
        self._stream = stream
        self._net = net
        self._clock = clock
        self.close = stream.close

    def write(self, data):
        self._net.sent.append(bytes(data).decode())
        self._stream.write(data)

    def readinto(self, buf):
        return self._stream.readinto(buf)

    def poll(self, ms):
        waited_ms = 0
        while not self._stream.poll(SILENCE_MS):
            waited_ms += SILENCE_MS
            if waited_ms >= self._net.patience_ms():
                self._clock.sleep_ms(ms)
                return False
        return True


@cache
def _cpython_net():
    path = UNIX / "cpython" / "net.py"
    spec = importlib.util.spec_from_file_location("cpython_net", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def image(version):
    return appimage.make("ok", version, IMAGE_SIZE)


@cache
def _flashed():
    board = Board(new_flash(_LAYOUT))
    board.install(image(OLD))
    for name in ("boot.py", "main.py"):
        board.put("/" + name, (UNIX / name).read_bytes())
    return bytes(board.flash.storage.data)


class Lab:
    """A server with one registered target. Subclasses give it a board with version 1.0.0."""

    def __init__(self, server, operator: Operator):
        self.server = server
        self.operator = operator
        self.action = None
        operator.device(DEVICE)

    def config(self) -> bytes:
        """The config.py of the board."""
        given = {"url": self.server.url, "device": DEVICE, "token": TOKEN}
        return _CONFIG.format(window_bytes=WINDOW_BYTES, **given).encode()

    def assign(self) -> None:
        """Assign version 2.0.0."""
        module = self.operator.module(fw_bin=image(NEW))
        self.action = self.operator.assign(DEVICE, self.operator.set_of(module))

    def run(self) -> View:
        """Switch the board on; return what the server believes at the end."""
        raise NotImplementedError

    def update(self, fault: str | None = None) -> View:
        """Assign version 2.0.0, and run the board against a server with this fault."""
        if fault:
            self.server.faults.add(fault)
        self.assign()
        return self.run()

    def view(self) -> View:
        installed = self.operator.read(f"/targets/{DEVICE}/installedDS")
        return View(
            self.operator.action(self.action)["status"],
            self.operator.target()["updateStatus"],
            installed is not None,
        )

    def finals(self) -> list[str]:
        """The final reports that the server has stored, as "kind: message; message"."""
        path = f"/targets/{DEVICE}/actions/{self.action}/status?sort=id:ASC&limit=500"
        return [
            f"{entry['type']}: {'; '.join(entry['messages'])}"
            for entry in self.operator.read(path)["content"]
            if entry["type"] in ("finished", "error")
        ]


class BoardLab(Lab):
    """With a board in this process. net, clock: the board's."""

    def __init__(self, server, operator):
        super().__init__(server, operator)
        memory = Memory(_LAYOUT[0])
        memory.data[:] = _flashed()
        self.clock = _Clock()
        self.net = _Net(self.clock, server.faults)
        self.board = Board(Flash(memory), net=self.net, clock=self.clock)
        self.board.put("/config.py", self.config())

    def run(self, limit_s=LIMIT_S) -> View:
        self.board.run(limit_ms=limit_s * 1000)
        return self.view()

    def run_idle(self, limit_s) -> None:
        """Switch the board on for so long, with nothing assigned."""
        assert [end.how for end in self.board.run(limit_ms=limit_s * 1000)] == ["time-up"]

    def runs(self) -> str:
        """The version of the image that runs."""
        return self.board.chip.app().version

    def downloads(self) -> list[str]:
        """The board's requests for the file."""
        return [request for request in self.net.sent if "/artifacts/" in request]


class _Reported(Exception):
    """The board has delivered its final report."""


class ProcessLab(Lab):
    """With a board on MicroPython's unix port, in real time."""

    def __init__(self, server, operator, flash_file, interpreter):
        super().__init__(server, operator)
        flash_file.write_bytes(_flashed())
        with flash_file.open("r+b", buffering=0) as file:
            Board(Flash(File(file))).put("/config.py", self.config())
        self.log = []
        self._board = ProcessBoard(flash_file, interpreter, on_line=self._on_line)

    def _on_line(self, line):
        self.log.append(line)
        if line.endswith("state: idle"):
            raise _Reported

    def run(self) -> View:
        """Until the final report is delivered."""
        try:
            self._board.run(timeout_s=60)
        except _Reported:
            return self.view()
        raise AssertionError("the board ended without a report:\n" + "\n".join(self.log))


def errors(output: str) -> list[str]:
    """The error lines among what the board printed."""
    return re.findall(r"^hawkbit: error: (.*)$", output, re.M)
