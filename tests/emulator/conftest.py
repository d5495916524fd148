"""make emulator QEMU=/path/to/qemu-system-xtensa [FIRMWARE=firmware.bin] [KILLS=200] [SEED=1]

QEMU may name several, with a colon between them; a test runs in the first that has the chip of
its firmware.
"""

import functools
import hashlib
import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import flash
import pytest
from emulator import authority, board_files, flash_file, releases
from emulator.office import POLLING_TIME, Office
from emulator.qemu import Emulator, Machine, find_machine, free_port
from rollouts.testing import local_server
from tls_proxy import TLSProxy

ROOT = Path(__file__).parents[2]
TLS = namedtuple("TLS", ("config", "authority"))
SHARED = ROOT.parent / "shared" / "firmware"
_TRIES = 5
OFFICIAL = {
    "esp32": "ESP32_GENERIC-v1.23.0.bin",
    "esp32s2": "ESP32_GENERIC_S2-v1.23.0.bin",
    "esp32s3": "ESP32_GENERIC_S3-FLASH_4M-v1.23.0.bin",
    "esp32c3": "ESP32_GENERIC_C3-v1.23.0.bin",
}


def _named(variable: str) -> list[Path]:
    """Return the files that the variable names, with colons between them; none is no error."""
    paths = [Path(name) for name in os.environ.get(variable, "").split(os.pathsep) if name]
    for path in paths:
        if not path.is_file():
            pytest.fail(f"{variable}={path}: there is no such file")
    return [path.resolve() for path in paths]


def programs() -> list[Path]:
    named = _named("QEMU")
    if not named:
        pytest.skip("no emulator: make emulator QEMU=/path/to/qemu-system-xtensa")
    return named


def chip_of(firmware: Path) -> str:
    """Return the chip of a combined image as esptool spells it, "esp32s3"."""
    return flash.read_firmware(firmware).chip.CHIP_NAME.lower().replace("-", "")


def firmware_for(chip: str) -> Path:
    """Return MicroPython's combined .bin for that chip, or skip with a sentence."""
    named = _named("FIRMWARE")
    path = SHARED / OFFICIAL[chip]
    if named and chip_of(named[0]) == chip:
        return named[0]
    if not path.is_file():
        pytest.skip(f"no firmware for {chip}: make emulator FIRMWARE=/path/to/one.bin")
    return path


@functools.cache
def machine_for(firmware: Path) -> Machine:
    """Return the emulator of that firmware's chip, or skip with a sentence."""
    machine = find_machine(programs(), chip_of(firmware))
    if machine is None:
        names = " and ".join(program.name for program in programs())
        pytest.skip(f"no {chip_of(firmware)} in {names}")
    return machine


@pytest.fixture(scope="session")
def firmware() -> Path:
    """MicroPython's combined .bin: what all scenarios run."""
    programs()
    named = _named("FIRMWARE")
    return named[0] if named else firmware_for("esp32")


@pytest.fixture(scope="session")
def machine(firmware) -> Machine:
    return machine_for(firmware)


@pytest.fixture(scope="session")
def app(firmware, tmp_path_factory) -> Path:
    """The application of that firmware, which is what an update over the air takes."""
    path = tmp_path_factory.mktemp("app") / "firmware.app-bin"
    path.write_bytes(flash.read_firmware(firmware).app)
    return path


@pytest.fixture(scope="session")
def next_app(app) -> Path:
    """The release after that."""
    path = app.with_name("next.app-bin")
    path.write_bytes(releases.next_firmware(app.read_bytes()))
    return path


@pytest.fixture(scope="session")
def wifi(machine) -> None:
    """For scenarios that need a network."""
    if not machine.has_wifi():
        pytest.skip(f"{machine.name} has no Wi-Fi here, without which a board reaches no server")


@pytest.fixture(scope="session")
def make_board_flash():
    """Return a function that does `make flash` and `make install`: (firmware, mib) -> file.

    What `make flash` wrote is kept in build/emulator: it takes minutes on a busy host.
    """
    made = {}

    def make(firmware: Path, mib: int = 8) -> Path:
        if (firmware, mib) not in made:
            made[firmware, mib] = _flashed(machine_for(firmware), firmware, mib)
            flash_file.install(made[firmware, mib])
        return made[firmware, mib]

    return make


def _flashed(machine, firmware, mib):
    sources = [firmware, ROOT / "tools" / "flash.py", *sorted((ROOT / "boards").glob("*.csv"))]
    key = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    path = ROOT / "build" / "emulator" / f"{mib}MiB-{key}.bin"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Another process of pytest-xdist may be at it as well.
        unfinished = flash_file.blank(path.with_suffix(f".{os.getpid()}"), mib)
        chip = Emulator(machine, unfinished, wifi=False)
        try:
            run_tool(chip, "flash.py", "--firmware", str(firmware), download_mode=True)
            chip.power_on().expect(r"^>>> ")  # the first boot makes the filesystem
        finally:
            chip.cut_power()
        unfinished.rename(path)
    return path


def run_tool(chip, name, *arguments, download_mode=False, when=r"^>>> "):
    """Run one of tools/ on the chip as `make` does, once it says `when`: again, when the
    emulated UART, which has no flow control, has lost a byte on a busy host."""
    for _ in range(_TRIES):
        port = chip.start(download_mode)
        if not download_mode:
            chip.listen()
            chip.log.expect(when)
            chip.leave()  # a serial line has one client
        argv = [sys.executable, str(ROOT / "tools" / name), "--port", port, *arguments]
        run = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if run.returncode:
            chip.check()
        chip.cut_power()
        if not run.returncode:
            return
    pytest.fail(f"{name} failed {_TRIES} times; the last time it said:\n{run.stdout}")


@pytest.fixture
def make_board(make_board_flash, firmware, tmp_path):
    """Return a function that gives a board of its own: make_board(mib=8) -> Emulator, off.

    flash: a file to begin with, instead of a board that is new.
    """
    boards = []

    def make(firmware=firmware, mib=8, wifi=True, flash=None) -> Emulator:
        path = tmp_path / f"flash-{len(boards)}.bin"
        shutil.copy(flash or make_board_flash(firmware, mib), path)
        boards.append(Emulator(machine_for(firmware), path, wifi))
        return boards[-1]

    yield make
    for board in boards:
        board.cut_power()


@pytest.fixture(scope="session")
def port() -> int:
    """Of all servers: a record of an update belongs to an address."""
    return free_port()


@pytest.fixture
def office(tmp_path, port):
    """A local server with nothing in it, and who uses it."""
    with local_server(polling_time=POLLING_TIME, any_name=True, port=port) as server:
        yield Office(server, tmp_path)


@pytest.fixture
def ready(wifi, make_board, office, app):
    """Return a function that makes a board ready for an update to version 2.0.0.

    ready(before="") -> (board, id of the action); `before`: lines before main.py, which polls
    at once unless `main` is given; `publish`, `assign`: options of those commands.
    """

    def make(before="", main=None, image=app, config=None, publish=(), assign=(), **options):
        board = make_board(**options)
        config = config or board_files.config_py(office.setup())
        main = main or board_files.main_py(board_files.POLLS_AT_ONCE + before)
        flash_file.put(board.flash_file, "/config.py", config)
        flash_file.put(board.flash_file, "/main.py", main)
        flash_file.compact(board.flash_file, "/main.py")
        office.publish(image, "2.0.0", *publish)
        return board, office.assign("2.0.0", *assign)

    return make


@pytest.fixture(scope="session")
def staged_flash(tmp_path_factory) -> Path:
    """Where the flash of a board is kept whose first update is downloaded, and no more."""
    return tmp_path_factory.mktemp("staged") / "flash.bin"


@pytest.fixture
def staged(ready, office, staged_flash):
    """Return a function as `ready`, of a board that has downloaded the update already.

    That is done once: every new server has the same address, and calls its first action 1.
    """

    def make(*args, **options):
        if not staged_flash.exists():
            board, _ = ready()
            board.power_on().expect(r"^hawkbit: state: staged$")
            board.cut_power()
            shutil.copy(board.flash_file, staged_flash)
            office.server.reset()
        return ready(*args, flash=staged_flash, **options)

    return make


@pytest.fixture(scope="session")
def watchdog(machine, make_board_flash, firmware, tmp_path_factory) -> None:
    """For scenarios that need the chip's task watchdog, which not every emulator has."""
    path = tmp_path_factory.mktemp("watchdog") / "flash.bin"
    shutil.copy(make_board_flash(firmware, 8), path)
    flash_file.put(path, "/main.py", board_files.WATCHDOG_TRIAL)
    chip = Emulator(machine, path, wifi=False)
    try:
        found = chip.power_on().expect(r"^(no watchdog)$|^rst:0x(?!1 )")
    finally:
        chip.cut_power()
    if found[1]:
        pytest.skip(f"the task watchdog of {machine.name} does not strike, which ends this image")


@pytest.fixture
def tls(office, tmp_path):
    """Return a function that puts TLS before the server: tls("rsa") -> TLS.

    wants_client: does it ask for a certificate of the board's?
    """
    proxies = []

    def make(kind, wants_client=False):
        made = authority.make(tmp_path, kind)
        root = tmp_path / "root.pem"
        root.write_bytes(made.root)
        port = int(office.server.url.rpartition(":")[2])
        proxies.append(TLSProxy(port, made.server, clients=root if wants_client else None))
        setup = office.setup("https", proxies[-1].port)
        return TLS(board_files.config_py(setup, CA_FILE="ca.pem", REWRITE_LINKS=True), made)

    yield make
    for proxy in proxies:
        proxy.close()
