"""A whole board in this CPython process: for tests, and for whoever has no unix port.

board = Board(new_flash("ota-4m"))
board.install(image)
board.put("/main.py", b"import machine; machine.reset()")
assert board.boot().how == "reset"
"""

import contextlib
import signal
import sys
import threading
import traceback
from collections import namedtuple
from pathlib import Path

from simboard import behavior, image, partitions
from simboard.chip import Chip, Retained
from simboard.clock import Clock, Time, VirtualClock
from simboard.errors import PowerOff
from simboard.files import Files, Os
from simboard.flash import SECTOR, File, Flash, Memory
from simboard.network import Network
from simboard.power import Supply, parse_cut
from simboard.sandbox import Gc, Sandbox
from simboard.state import EXIT_CODES, load_state, save_state

UNIX = Path(__file__).resolve().parent.parent
# What the firmware brings along: the modules of the chip, and the library.
FIRMWARE = (UNIX / "modules", UNIX.parent.parent / "lib")
_CPYTHON = UNIX / "cpython"  # what CPython lacks
# How long the firmware may compute without any step before a virtual clock moves on.
_HANG_CPU_S = 1.0
_REAL_STEP_S = 0.02

# How a boot ended: a word of Chip, or behavior.END; `sleep_ms` of a deep sleep.
Ended = namedtuple("Ended", ("how", "sleep_ms"))
GOES_ON = (Chip.RESET, Chip.SOFT_RESET, Chip.SLEEP, Chip.POWER_CUT)


def new_flash(layout="ota-8m", storage=None, strict=True):
    """Return an erased flash with a partition table.

    `layout`: a name in partitions.LAYOUTS, or (size, partitions) such as
    (0x70000, partitions.ota_layout(0x70000, 0x20000)). `storage`: a Memory by default.
    """
    size, table = partitions.LAYOUTS[layout] if isinstance(layout, str) else layout
    flash = Flash(storage or Memory(size), strict)
    flash.program(partitions.TABLE_ADDR, partitions.build(table))
    return flash


class Board:
    """A flash with a chip around it. The other arguments:

    firmware: folders of the modules that are frozen into it. modules: name -> object that
    its code can import. net: what stands for `hawkbit.net`, by default `net` of ../cpython.
    clock: a VirtualClock by default. The rest are options of Chip.
    """

    def __init__(
        self,
        flash,
        firmware=FIRMWARE,
        modules=None,
        net=None,
        clock=None,
        supply=None,
        retained=None,
        **chip_options,
    ):
        self.flash = flash
        self.supply = supply or Supply()
        self.clock = clock or VirtualClock()
        self.retained = retained or Retained()
        self.chip = None  # of the last boot
        self._firmware = (*firmware, _CPYTHON)
        self._modules = modules or {}
        self._net = net
        self._chip_options = chip_options

    # -- from outside, as esptool and mpremote do it --

    def partitions(self):
        table = bytearray(partitions.TABLE_SIZE)
        self.flash.read(partitions.TABLE_ADDR, table)
        return partitions.parse(table)

    def slots(self):
        """The OTA slots, or the factory partition of a board that has none."""
        table = self.partitions()
        return partitions.ota_slots(table) or partitions.find(table, partitions.TYPE_APP)

    def install(self, app, slot=0, check=True):
        """Flash an application image into a slot.

        Raises ValueError for what does not fit or, unless `check` is off, would not boot.
        """
        target = self.slots()[slot]
        if len(app) > target.size:
            text = f"{len(app)} bytes do not fit the {target.size} of {target.label}"
            raise ValueError(f"{text}: take a smaller build or a layout with larger slots")
        if check:
            self._check_image(app)
        for at in range(0, target.size, SECTOR):
            self.flash.erase_sector(target.addr + at)
        self.flash.program(target.addr, app)

    def _check_image(self, app):
        def read(addr, buf):
            buf[:] = app[addr : addr + len(buf)]

        chip_id = self._chip_options.get("chip_id", image.CHIP_ESP32)
        try:
            image.verify(read, 0, len(app), chip_id, will_load=True)
        except image.ImageError as e:
            hint = "an application image (.app-bin) is needed, not the combined .bin"
            raise ValueError(f"this image would not boot: {e}; {hint}") from None

    def put(self, path, data):
        """Write a file of the board; its folders are made, the filesystem too."""
        files = open_files(self.flash, self.partitions())
        folder = Os(files)
        parts = files.path(path).split("/")
        for depth in range(2, len(parts)):
            with contextlib.suppress(FileExistsError):
                folder.mkdir("/".join(parts[:depth]))
        with files.open(path, "wb") as file:
            file.write(data)

    def get(self, path):
        """Return the contents of a file of the board. Raises OSError."""
        with open_files(self.flash, self.partitions()).open(path, "rb") as file:
            return file.read()

    # -- power --

    def boot(self, limit_ms=None):
        """Power on, run until the chip stops; return Ended. `limit_ms`: of the board's time."""
        chip = Chip(self.flash, self.supply, self.retained, self.clock, **self._chip_options)
        self.chip = chip
        if limit_ms is not None:
            chip.limit(limit_ms)
        networks = []
        try:
            with Interrupts(chip):
                chip.power_on()
                sandbox = self._sandbox(chip, networks)
                behavior.run(chip, sandbox.execute, traceback.print_exception)
        except PowerOff:
            pass
        finally:
            for network in networks:
                network.close()
        self.retained = chip.retained if chip.stopped else Retained()
        return Ended(chip.stopped or behavior.END, chip.sleep_ms)

    def run(self, max_boots=20, limit_ms=None):
        """Boot again until the program ends; a sleep takes its time. Return all Ended."""
        ends = []
        while len(ends) < max_boots:
            ends.append(self.boot(limit_ms))
            if ends[-1].how not in GOES_ON:
                break
            self.clock.sleep_ms(ends[-1].sleep_ms or 0)
        return ends

    def _sandbox(self, chip, networks):
        files = open_files(chip, chip.partitions)
        modules = {"gc": Gc, "os": Os(files), "time": Time(chip), **self._modules}
        sandbox = Sandbox(files, self._firmware, modules)

        def network():
            networks.append(Network(self._net or sandbox.load("net"), chip))
            return networks[-1]

        sandbox.factories[behavior.NET] = network
        if behavior.name(chip) == behavior.CANNOT_IMPORT:
            sandbox.factories[behavior.UPDATER] = _cannot_import
        return sandbox


def boot_process(options):
    """Boot once as `options` say (see process.py) and exit; the same as unixport.boot()."""
    state_file = options["flash"] + ".state"

    def open_state(mode):
        return open(state_file, mode)

    retained, counts = load_state(open_state)
    with open(options["flash"], "r+b", buffering=0) as file:
        board = Board(
            Flash(File(file), options["strict"]),
            options["firmware"],
            clock=VirtualClock() if options["virtual_clock"] else Clock(),
            supply=Supply([parse_cut(cut) for cut in options["cuts"]], counts),
            retained=retained,
            has_rollback=options["rollback"],
            app_has_rollback=options["app_rollback"],
            micropython=tuple(options["micropython"]),
        )
        ended = board.boot()
        save_state(open_state, board.chip)
    sys.exit(EXIT_CODES[ended.how])


def open_files(device, table):
    """Return the mounted Files of partition `vfs`; formatted first when it is blank.

    As _boot.py and inisetup.py do it: a filesystem whose first block is blank may be one
    that a power cut hit while it moved from there to its second.
    """
    found = partitions.find(table, partitions.TYPE_DATA, label="vfs")
    if not found:
        raise ValueError("the partition table has no `vfs` for the filesystem")
    files = Files(device, found[0])
    try:
        files.mount()
    except OSError:
        first = bytearray(SECTOR)
        device.read(found[0].addr, first)
        if first != b"\xff" * SECTOR:
            raise
        files.format()
        files.mount()
    return files


def _cannot_import():
    raise ImportError("this image cannot import " + behavior.UPDATER)


class Interrupts:
    """Lets timers fire while the firmware loops without calling anything.

    A real clock is looked at every 20 ms once a timer is armed. A virtual one moves on to
    the next timer when the firmware computed for a second without any step; with none, it
    hangs. Needs Unix signals and the main thread; elsewhere timers fire between steps only.
    """

    def __init__(self, chip):
        self._chip = chip
        self._steps = chip.steps
        is_possible = hasattr(signal, "setitimer")
        self._works = is_possible and threading.current_thread() is threading.main_thread()
        if chip.clock.is_virtual:
            self._signal = (signal.SIGVTALRM, signal.ITIMER_VIRTUAL) if is_possible else None
        else:
            self._signal = (signal.SIGALRM, signal.ITIMER_REAL) if is_possible else None

    def __enter__(self):
        if self._works:
            self._previous = signal.signal(self._signal[0], self._handle)
            if self._chip.clock.is_virtual:
                signal.setitimer(self._signal[1], _HANG_CPU_S, _HANG_CPU_S)
            else:
                self._chip.timers.on_arm = self._watch_real_clock

    def __exit__(self, *exc):
        if self._works:
            signal.setitimer(self._signal[1], 0)
            signal.signal(self._signal[0], self._previous)

    def _watch_real_clock(self):
        signal.setitimer(self._signal[1], _REAL_STEP_S, _REAL_STEP_S)

    def _handle(self, number, frame):
        chip = self._chip
        if chip.stopped:
            raise PowerOff(chip.stopped)  # the firmware caught the first one and goes on
        if chip.clock.is_virtual:
            self._move_on()
        else:
            chip.run_timers()

    def _move_on(self):
        chip = self._chip
        if chip.steps == self._steps:
            if chip.timers.next_ms() is None:
                chip.log("hangs: an endless loop, and no timer that would end it")
                chip.stop(chip.HUNG)
            chip.clock.sleep_ms(chip.timers.next_ms())
            chip.run_timers()
        self._steps = chip.steps
