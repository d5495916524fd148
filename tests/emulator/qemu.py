"""An ESP32 in QEMU. Its flash is a file; ending the process is cutting its power."""

import contextlib
import json
import os
import socket
import subprocess
import threading
from pathlib import Path

from emulator.serial_log import SerialLog

# The access point of the emulated radio, which takes no password, and where the guest finds
# this computer's loopback.
SSID = "PICSimLabWifi"
HOST = "192.168.4.2"
_NETWORK = "192.168.4.0/24"
_DOWNLOAD_MODE = "driver=esp32.gpio,property=strap_mode,value=0x0f"
_START_S = 60


class EmulatorError(Exception):
    """QEMU itself failed; the text has what it said."""


def has_wifi(qemu: Path) -> bool:
    """Does this QEMU have the emulated radio? Espressif's own has not."""
    asked = [str(qemu), "-machine", "none", "-device", "esp32_wifi,help"]
    return subprocess.run(asked, capture_output=True, timeout=_START_S).returncode == 0


def command(qemu, flash_file, port, control, wifi=True, download_mode=False) -> list[str]:
    """Return how QEMU is started.

    The watchdogs of the timer groups are off: on a busy host the guest's interrupt watchdog
    would strike. With them goes the task watchdog, which is machine.WDT, but for an emulator
    that knows the variable of environment().
    """
    argv = [str(qemu), "-machine", "esp32", "-display", "none", "-monitor", "none"]
    argv += ["-drive", f"file={flash_file},if=mtd,format=raw"]
    argv += ["-serial", f"tcp:127.0.0.1:{port},server=on,wait=on,nodelay=on"]
    argv += ["-qmp", f"unix:{control},server=on,wait=off"]
    if download_mode:
        return [*argv, "-global", _DOWNLOAD_MODE, "-nic", "none"]
    argv += ["-global", "driver=timer.esp32.timg,property=wdt_disable,value=true"]
    argv += ["-accel", "tcg,thread=multi"]
    return [*argv, "-nic", f"user,model=esp32_wifi,net={_NETWORK}" if wifi else "none"]


def environment() -> dict[str, str]:
    return {**os.environ, "ESP32_TASK_WDT": "1"}


class Emulator:
    """One chip with its flash in `flash_file`, off at first. `log` has all its boots, as has
    the file with the suffix .log beside it."""

    def __init__(self, qemu: Path, flash_file: Path, wifi: bool = True):
        self.flash_file = flash_file
        self.log = SerialLog()
        self._qemu = qemu
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
        argv = command(
            self._qemu, self.flash_file, self._port, self._control, self._wifi, download_mode
        )
        with self._errors.open("ab") as errors:
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
        self._line = _connected(self._port, self._process, self._errors)
        threading.Thread(target=self._read, args=[self._line], daemon=True).start()

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
        if self._line:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
            self._line = None

    def cut_power(self) -> None:
        """End the process at once, wherever it is: the flash file is what a board would have."""
        self.leave()
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _read(self, line):
        heard = self.flash_file.with_suffix(".log").open("ab", buffering=0)
        with heard, contextlib.suppress(OSError):
            while data := line.recv(4096):
                heard.write(data)
                self.log.add(data)


def _connected(port, process, errors) -> socket.socket:
    """Return a connection to that port, which the process takes a moment to open."""
    for _ in range(_START_S * 20):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            raise EmulatorError(f"QEMU ended: {errors.read_text().strip() or 'without a word'}")
    raise EmulatorError(f"QEMU did not open its serial port in {_START_S} s")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]
