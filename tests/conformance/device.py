"""A simulated board that does nothing unless the test says so.

    device.run()                  to the end of the next cycle, over any number of resets
    device.run(until="progress")  ... or until that happens: then the board waits right there
    device.run(advance_s=11)      goes on from there, with its clock moved on

What can happen: `boot`, `ready` (between two cycles), `accept` (a question), and the events of
hawkbit.updater: `state`, `progress`, `report`, `error`.
"""

import contextlib
import json
import socket
import threading
from pathlib import Path

from simboard import partitions
from simboard.flash import File
from simboard.host import GOES_ON, Board, new_flash
from simboard.process import ProcessBoard

BOARD = Path(__file__).parent / "board"
SLOT_SIZE = 0x10000
FLASH_SIZE = 0x70000
LAYOUT = (FLASH_SIZE, partitions.ota_layout(FLASH_SIZE, SLOT_SIZE))

# The board says nothing for so long: it hangs. How long a whole boot takes says nothing of it,
# since a test asks for much meanwhile, and computers are busy.
SILENCE_S = 300
_MAX_CYCLES = 10
_LAST_WORDS_S = 60


class DeviceError(Exception):
    """The board did not do what it was asked to; the log says what it did."""


class Device:
    """settings: the lines of its config.py. interpreter: see ProcessBoard."""

    def __init__(self, folder: Path, image: bytes, settings: dict, interpreter=None):
        self.log = []
        self.happened = []  # (what, info), oldest first
        self.accepts = "now"  # its answer when it is asked for consent
        self.wait_s = None  # until the next cycle, as the library wants it
        self.counts = {}  # since the last boot; see Wire in board/main.py
        self._lines = self._connection = None
        self._is_ready = False  # between two cycles
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(SILENCE_S)
        self._closing = False
        self._power = threading.Thread(target=self._boot_again, daemon=True)
        flash_file = folder / "flash.bin"
        settings = {**settings, "CONTROL_PORT": self._listener.getsockname()[1]}
        _make_flash(flash_file, image, settings)
        self._board = ProcessBoard(flash_file, interpreter, on_line=self.log.append)

    def power_on(self) -> None:
        """Boot to the moment before the first cycle."""
        self._power.start()
        self._go_on(None)

    def run(self, until: str | None = None, advance_s: int = 0, lose: str | None = None) -> None:
        """Let it go on; see above. lose: the answer to the next request with this in it."""
        self._answer(advance_s=advance_s, lose=lose)
        self._go_on(until)

    def reset(self) -> None:
        """Reset it where it waits, and boot to the moment before the next cycle."""
        self._hang_up()
        self._go_on(None)

    def settle(self) -> None:
        """Finish the cycle it is in; then run cycles until there is nothing to do any more."""
        if not self._is_ready:
            self.run()
        for _ in range(_MAX_CYCLES):
            events, requests = len(self.happened), self.counts["requests"]
            self.run()
            if (len(self.happened), self.counts["requests"]) == (events + 1, requests + 1):
                return
        raise DeviceError(f"not idle after {_MAX_CYCLES} cycles: {self.happened[-10:]}")

    def infos(self, kind: str) -> list:
        """Return what was told with each event of that kind."""
        return [info for what, info in self.happened if what == kind]

    @property
    def version(self) -> str:
        """Of the image that runs."""
        return self.infos("boot")[-1]["version"]

    @property
    def application(self) -> str | None:
        """What the application bundle in use says of itself."""
        return self.infos("boot")[-1]["application"]

    def end(self) -> None:
        """Pull the plug. The board resets when its connection ends, and is not booted again."""
        self._closing = True
        self._hang_up()
        self._listener.close()
        if self._power.is_alive():
            self._power.join(_LAST_WORDS_S)
        while self._power.is_alive():
            self._board.end()
            self._power.join(1)

    def _go_on(self, until):
        while True:
            kind, info, self.counts = self._receive()
            self.happened.append((kind, info))
            self._is_ready = kind == "ready"
            if self._is_ready:
                self.wait_s = info
            if self._is_ready or kind == until:
                return
            self._answer()

    def _receive(self):
        while True:
            try:
                line = self._lines.readline() if self._lines else None
                if line:
                    return json.loads(line)
                self._wait_for_boot()
            except OSError as e:
                log = "\n".join(self.log[-40:])
                raise DeviceError(f"nothing from the board ({e}); its log ends so:\n{log}") from e

    def _wait_for_boot(self):
        self._hang_up()
        self._connection, _ = self._listener.accept()
        self._connection.settimeout(SILENCE_S)
        self._lines = self._connection.makefile("r")

    def _answer(self, advance_s=0, lose=None):
        answer = {"value": self.accepts, "advance_s": advance_s, "lose": lose}
        self._connection.sendall(json.dumps(answer).encode() + b"\n")

    def _hang_up(self):
        if self._connection:
            self._lines.close()
            self._connection.close()
        self._lines = self._connection = None

    def _boot_again(self):
        while not self._closing:
            try:
                ended = self._board.boot()
            except (RuntimeError, TimeoutError) as e:
                self._stopped(str(e))
                return
            if ended.how not in GOES_ON:
                self._stopped(f"the board stopped: {ended.how}")
                return

    def _stopped(self, why):
        """Nothing will connect any more: wake whoever waits for it."""
        self.log.append(why)
        with contextlib.suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)


def _make_flash(flash_file, image, settings):
    with flash_file.open("w+b", buffering=0) as file:
        file.write(b"\xff" * FLASH_SIZE)
        board = Board(new_flash(LAYOUT, File(file)))
        board.install(image)
        for name in ("boot.py", "main.py"):
            board.put("/" + name, (BOARD / name).read_bytes())
        lines = [f"{key} = {value!r}\n" for key, value in settings.items()]
        board.put("/config.py", "".join(lines).encode())
