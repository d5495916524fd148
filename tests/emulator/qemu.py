"""A chip in QEMU. Its flash is a file; ending the process is cutting its power."""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from emulator.serial_log import SerialLog

# The access point of the emulated radio, which takes no password, and where the guest finds
# this computer's loopback.
SSID = "PICSimLabWifi"
HOST = "192.168.4.2"
_NETWORK = "192.168.4.0/24"
_START_S = 60
_FUSES_SIZE = 336
_MAC_AT = 0x18
# The level of the strapping pins at which a chip's ROM waits for esptool.
_DOWNLOAD_MODE = {"esp32": 0x0F, "esp32s3": 0x07, "esp32c3": 0x02}
_ONE_CORE = {"esp32c3"}
# What -nic calls the radio; the device behind it is esp32_wifi for both.
_RADIOS = {"esp32": "esp32_wifi", "esp32c3": "esp32c3_wifi"}
# lcgamboa's QEMU has the C3's radio in a machine of its own.
_MACHINES = {"esp32c3": ("esp32c3-picsimlab", "esp32c3")}


class EmulatorError(Exception):
    """QEMU itself failed; the text has what it said."""


class Machine(NamedTuple):
    """A chip that a QEMU has. `name` is that of -machine, `chip` is in those of its devices."""

    program: Path
    name: str
    chip: str

    def has_wifi(self) -> bool:
        """Has this QEMU the emulated radio? Espressif's own has none."""
        known = _asked(self.program, "-machine", "none", "-device", "esp32_wifi,help")
        return self.chip in _RADIOS and bool(known)

    def command(self, flash_file, port, control, wifi=True, download_mode=False) -> list[str]:
        """Return how QEMU is started."""
        argv = [str(self.program), "-machine", self.name, "-display", "none", "-monitor", "none"]
        argv += ["-drive", f"file={flash_file},if=mtd,format=raw"]
        argv += ["-serial", f"tcp:127.0.0.1:{port},server=on,wait=on,nodelay=on"]
        argv += ["-qmp", f"unix:{control},server=on,wait=off"]
        if download_mode:
            straps = _DOWNLOAD_MODE[self.chip]
            pins = f"driver={self.chip}.gpio,property=strap_mode,value={straps:#x}"
            return [*argv, "-global", pins, "-nic", "none"]
        argv += self._clock()
        if not wifi:
            return [*argv, "-nic", "none"]
        if self.chip == "esp32c3":
            argv += _fuses(flash_file.with_suffix(".efuse"))
        return [*argv, "-nic", f"user,model={_RADIOS[self.chip]},net={_NETWORK}"]

    def _clock(self) -> list[str]:
        """Return what keeps the guest's interrupt watchdog from striking on a busy host.

        With one core time passes by its instructions. With two it is the host's time, and the
        watchdogs of the timer groups are off. With them goes the task watchdog, which is
        machine.WDT, but for an emulator that knows the variable of environment().
        """
        if self.chip in _ONE_CORE:
            return ["-icount", "shift=3,align=off,sleep=on"]
        off = f"driver=timer.{self.chip}.timg,property=wdt_disable,value=true"
        return ["-global", off, "-accel", "tcg,thread=multi"]


def _fuses(path: Path) -> list[str]:
    """Return the options for a C3's fuses in that file, without which its radio does not start.

    They hold a MAC address, backwards, and revision 0.3, which MicroPython asks for.
    """
    fuses = bytearray(_FUSES_SIZE)
    struct.pack_into("<6s6xI", fuses, _MAC_AT, bytes.fromhex("c30000000002"), 3 << 18)
    path.write_bytes(fuses)
    drive = f"file={path},if=none,format=raw,id=efuse"
    return ["-drive", drive, "-global", "driver=nvram.esp32c3.efuse,property=drive,value=efuse"]


def find_machine(programs: Iterable[Path], chip: str) -> Machine | None:
    """Return that chip ("esp32s3") of the first of the programs that has it."""
    for program in programs:
        there = re.findall(r"^([\w-]+) ", _asked(program, "-machine", "help"), re.MULTILINE)
        for name in _MACHINES.get(chip, (chip,)):
            if name in there:
                return Machine(program, name, chip)
    return None


def _asked(program, *options) -> str:
    """Return what it answers; nothing, if it does not know what it is asked for."""
    argv = [str(program), *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=_START_S).stdout


def environment() -> dict[str, str]:
    return {**os.environ, "ESP32_TASK_WDT": "1"}


class Emulator:
    """One chip with its flash in `flash_file`, off at first. `log` has all its boots, as has
    the file with the suffix .log beside it."""

    def __init__(self, machine: Machine, flash_file: Path, wifi: bool = True):
        self.flash_file = flash_file
        self.log = SerialLog()
        self._machine = machine
        self._wifi = wifi
        self._control = flash_file.with_suffix(".qmp")
        self._errors = flash_file.with_suffix(".err")
        self._process = None
        self._port = None
        self._line = None

    @property
    def is_on(self) -> bool:
        return self._process is not None

    @property
    def port(self) -> str:
        """Where the serial line is, as pyserial calls it."""
        return f"socket://127.0.0.1:{self._port}"

    def start(self, download_mode: bool = False) -> str:
        """Start QEMU, which waits for a client on its serial line; return where that is."""
        self._control.unlink(missing_ok=True)
        self._port = free_port()
        argv = self._machine.command(
            self.flash_file, self._port, self._control, self._wifi, download_mode
        )
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(
                argv,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
            )
        return self.port

    def power_on(self) -> SerialLog:
        """Start it, and go on in `log` with what it says."""
        self.start()
        self.listen()
        return self.log

    def listen(self) -> None:
        """Be the client of its serial line, which has to have one."""
        self._line = self._connected()
        self.log.begin()
        reader = threading.Thread(target=self._read, args=[self._line, self._process], daemon=True)
        reader.start()

    def reset(self) -> None:
        """Press the chip's reset button."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(str(self._control))
            with control.makefile("rw") as lines:
                lines.readline()  # its greeting
                for name in "qmp_capabilities", "system_reset":
                    print(json.dumps({"execute": name}), file=lines, flush=True)
                    answer = json.loads(lines.readline())
                    while "event" in answer:
                        answer = json.loads(lines.readline())
                    if "return" not in answer:
                        raise EmulatorError(f"{name}: {answer}")

    def leave(self) -> None:
        """Leave the serial line to another client."""
        line, self._line = self._line, None
        if line:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def check(self) -> None:
        """Raises EmulatorError when it has ended by itself, with its status and last words."""
        status = self._process and self._process.poll()
        if status is not None:
            raise EmulatorError(self._how_it_ended(status))

    def cut_power(self) -> None:
        """End the process at once, wherever it is: the flash file is what a board would have."""
        self.leave()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _read(self, line, process):
        heard = self.flash_file.with_suffix(".log").open("ab", buffering=0)
        with heard, contextlib.suppress(OSError):
            while data := line.recv(4096):
                heard.write(data)
                self.log.add(data)
        if self._line is line:  # nobody has left it
            self.log.end(EmulatorError(self._how_it_ended(process.wait())))

    def _connected(self) -> socket.socket:
        """Return a connection to its port, which it takes a moment to open."""
        for _ in range(_START_S * 20):
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self._port))
            self.check()
            time.sleep(0.05)
        raise EmulatorError(f"QEMU did not open its serial port in {_START_S} s")

    def _how_it_ended(self, status):
        how = f"status {status}" if status >= 0 else signal.Signals(-status).name
        words = self._errors.read_text(errors="replace").strip() or "nothing"
        return f"QEMU ended by itself with {how}, and said: {words}\n{self.log.last_words()}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]
