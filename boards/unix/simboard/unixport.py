"""A board as one process of MicroPython's unix port: one boot, then the exit code says how.

The flash's LittleFS is mounted at "/", so that plain open("/x") reaches it; the computer's
files are below "/rom", where a board has what its firmware brings along.
"""

import os
import sys
import time

import vfs

from simboard import behavior
from simboard.chip import Chip
from simboard.clock import Clock, Time, VirtualClock
from simboard.errors import PowerOff
from simboard.flash import SECTOR, File, Flash
from simboard.network import Network
from simboard.power import Supply, parse_cut
from simboard.state import EXIT_CODES, load_state, save_state

_EIO = 5
_ROM = "/rom"
_STEP_MS = 20


def boot(options):
    """Boot once as `options` say (see process.py) and exit; does not return."""
    host = vfs.VfsPosix()
    state_file = options["flash"] + ".state"

    def open_state(mode):
        return host.open(state_file, mode)

    sys.path[:0] = options["firmware"]
    chip = _chip(options, open_state)
    try:
        if not chip.clock.is_virtual:
            chip.timers.on_arm = lambda: _watch(chip, open_state)
        chip.power_on()
        _become_board(chip, options["firmware"])
        behavior.run(chip, _execute, sys.print_exception)
    except PowerOff:
        pass
    _Blocks.is_over = True
    save_state(open_state, chip)
    sys.exit(EXIT_CODES[chip.stopped or behavior.END])


def _chip(options, open_state):
    retained, counts = load_state(open_state)
    flash = Flash(File(open(options["flash"], "r+b")), options["strict"])  # noqa: SIM115
    return Chip(
        flash,
        Supply([parse_cut(cut) for cut in options["cuts"]], counts),
        retained,
        VirtualClock() if options["virtual_clock"] else Clock(),
        has_rollback=options["rollback"],
        app_has_rollback=options["app_rollback"],
        micropython=tuple(options["micropython"]),
    )


def _become_board(chip, firmware):
    """From here on this process sees what a board sees."""
    import esp32

    if chip.clock.is_virtual:
        sys.modules["time"] = Time(chip)
    _mount(_Blocks(chip, esp32.Partition("vfs")))
    sys.path[:] = ["", ".frozen"] + [_ROM + folder for folder in firmware] + ["/lib"]
    _connect(chip)


class _Blocks:
    """The filesystem's way to its partition: on a dead chip every call unwinds at once."""

    is_over = False  # the program has ended

    def __init__(self, chip, partition):
        self._chip = chip
        self._partition = partition

    def readblocks(self, *args):
        return self._call(self._partition.readblocks, *args)

    def writeblocks(self, *args):
        return self._call(self._partition.writeblocks, *args)

    def ioctl(self, op, arg):
        return self._call(self._partition.ioctl, op, arg)

    def _call(self, function, *args):
        if _Blocks.is_over:
            # The interpreter closes what was left open, where nothing catches an exception.
            return -_EIO
        if self._chip.stopped:
            raise PowerOff(self._chip.stopped)
        return function(*args)


def _mount(blocks):
    try:
        filesystem = vfs.VfsLfs2(blocks)
    except OSError:
        # As inisetup.py. A filesystem that a power cut hit may have a blank first block, too.
        first = bytearray(SECTOR)
        blocks.readblocks(0, first)
        if first != b"\xff" * SECTOR:
            raise
        vfs.VfsLfs2.mkfs(blocks)
        filesystem = vfs.VfsLfs2(blocks)
    vfs.umount("/")
    vfs.mount(filesystem, "/")
    vfs.mount(vfs.VfsPosix(), _ROM)
    os.chdir("/")


def _connect(chip):
    """Put the power supply between the library and its network, if the library is there."""
    try:
        net = __import__(behavior.NET, None, None, ("dial",))
    except ImportError:
        return
    network = Network(net, chip)
    sys.modules[behavior.NET] = network
    package, name = behavior.NET.split(".")
    setattr(sys.modules[package], name, network)
    if behavior.name(chip) == behavior.CANNOT_IMPORT:
        sys.modules[behavior.UPDATER] = None


def _execute(path, source):
    if source is None:
        try:
            with open(path) as file:
                source = file.read()
        except OSError:
            return
    exec(compile(source, path, "exec"), {"__name__": "__main__"})


def _watch(chip, open_state):
    """Fire timers while the firmware loops: from a second thread, between two bytecodes."""
    import _thread

    import micropython

    def fire(_):
        try:
            chip.run_timers()
        except PowerOff:
            # An exception can't leave a scheduled function, so this process is killed;
            # who started it reads the rest in the state file.
            save_state(open_state, chip)
            os.system("kill -KILL $PPID")

    def watch():
        while True:
            time.sleep_ms(_STEP_MS)
            try:
                micropython.schedule(fire, None)
            except RuntimeError:
                pass  # the queue is full: the firmware is in C, next time then

    _thread.start_new_thread(watch, ())
