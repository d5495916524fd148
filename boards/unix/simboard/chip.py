"""One ESP32 from power-on to the moment it stops: flash behind a power supply, time, timers.

After stop() the chip is dead for good: flash and network change nothing any more and raise
OSError, whatever `finally` blocks still try. The next boot is a new Chip on the same Flash.
"""

from simboard import bootloader, nvs, partitions
from simboard.clock import Clock
from simboard.errors import NVS_PART_NOT_FOUND, PowerOff, esp_error
from simboard.flash import SECTOR
from simboard.image import CHIP_ESP32, describe
from simboard.power import AFTER, BEFORE, FLASH, MIDDLE, REQUEST, STREAM, Supply
from simboard.timers import Timers

MICROPYTHON = (1, 23)  # the version that is simulated by default
_EIO = 5
_STREAM_STEP = 4096
_current = []


def current():
    """The chip that has power: what `esp32` and `machine` act on."""
    if not _current:
        raise RuntimeError("no simulated board has power: make a Chip and call its power_on()")
    return _current[0]


class Retained:
    """RTC memory: survives a reset and a sleep, not a power cut."""

    def __init__(self, cause=1, slot_addr=None, memory=b""):
        self.cause = cause  # what machine.reset_cause() says
        self.slot_addr = slot_addr
        self.memory = memory


class Chip:
    """`has_rollback`: the bootloader's CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE;
    `app_has_rollback`: the same of the application, which decides what set_boot() writes.
    `micropython`: whose `machine.Timer` it has; the rest is the same from 1.23 on.
    `ticks_at_boot`: what ticks_ms() begins with, to have it wrap soon.
    """

    # How it stopped.
    RESET = "reset"
    SOFT_RESET = "soft-reset"
    SLEEP = "sleep"
    POWER_CUT = "power-cut"
    HUNG = "hung"  # an endless loop, and no timer that would end it
    TIME_UP = "time-up"  # the time that the test gave it is over

    # machine.reset_cause(). MP ports/esp32/modmachine.c
    PWRON_CAUSE = 1
    HARD_CAUSE = 2
    WDT_CAUSE = 3
    DEEPSLEEP_CAUSE = 4
    SOFT_CAUSE = 5

    unique_id = b"\x24\x0a\xc4\x00\x00\x01"

    def __init__(
        self,
        flash,
        supply=None,
        retained=None,
        clock=None,
        log=print,
        chip_id=CHIP_ESP32,
        has_rollback=True,
        app_has_rollback=True,
        micropython=MICROPYTHON,
        ticks_at_boot=0,
    ):
        self.flash = flash
        self.supply = supply or Supply()
        self.retained = retained or Retained()
        self.clock = clock or Clock()
        self.timers = Timers(self.clock)
        self.log = log
        self.chip_id = chip_id
        self.has_rollback = has_rollback
        self.app_has_rollback = app_has_rollback
        self.micropython = micropython
        self._ticks_base = ticks_at_boot - self.clock.now_ms()
        self.stopped = None  # one of the words above
        self.sleep_ms = None
        self.running = None  # the partition whose application runs
        self.partitions = None
        self.steps = 0  # stands still while the firmware loops without doing anything
        self._received = 0
        self._nvs = None

    # -- life --

    def power_on(self):
        """Run the bootloader; from here on `esp32` and `machine` are this chip's."""
        _current[:] = [self]
        table = bytearray(partitions.TABLE_SIZE)
        self.read(partitions.TABLE_ADDR, table)
        self.partitions = partitions.parse(table)
        self.running = bootloader.boot(self)
        self.retained.slot_addr = self.running.addr
        app = self.app()
        version = " version " + app.version if app and app.version else ""
        self.log("boot: %s at 0x%x%s" % (self.running.label, self.running.addr, version))

    def stop(self, how, cause=HARD_CAUSE, sleep_ms=None):
        """Stop now, for the first reason only, and unwind with PowerOff."""
        if self.stopped is None:
            self.stopped = how
            self.sleep_ms = sleep_ms
            if how in (self.RESET, self.SOFT_RESET, self.SLEEP):
                self.retained.cause = cause
            else:
                self.retained = Retained()
        raise PowerOff(self.stopped)

    def abort(self, why):
        """A panic: the chip prints why and resets."""
        self.log("abort: " + why)
        self.stop(self.RESET)

    def check_power(self):
        if self.stopped is not None:
            raise OSError(_EIO, "the board has no power")

    @property
    def fast_boot_addr(self):
        """Where to go on without the bootloader's checks, or None: after a sleep, a soft reset."""
        if self.retained.cause in (self.DEEPSLEEP_CAUSE, self.SOFT_CAUSE):
            return self.retained.slot_addr
        return None

    # -- flash: each call of these is one operation at which the power can go --

    def read(self, addr, buf):
        self.check_power()
        self.flash.read(addr, buf)

    def erase_sector(self, addr):
        self._operate(
            FLASH,
            lambda: self.flash.erase_sector(addr),
            lambda: self.flash.erase_sector(addr, half=True),
        )

    def program(self, addr, data):
        self._operate(
            FLASH,
            lambda: self.flash.program(addr, data),
            lambda: self.flash.program(addr, data[: len(data) // 2]),
        )

    def guard(self, addr, size):
        """Abort on what an application must not write: itself, bootloader, partition table.

        IDF spi_flash: CONFIG_SPI_FLASH_DANGEROUS_WRITE_ABORTS.
        """
        running = self.running
        if addr < partitions.TABLE_ADDR + SECTOR:
            self.abort("write to bootloader or partition table at 0x%x" % addr)
        if addr < running.addr + running.size and addr + size > running.addr:
            self.abort("write to the running slot at 0x%x" % addr)

    # -- network: called by whoever carries the bytes --

    def send(self, whole, half=None):
        """Send one request by calling `whole`; cut in the middle: by calling `half`."""
        return self._operate(REQUEST, whole, half)

    def receive(self, count):
        """Say that `count` bytes have come in: each 4 KiB of them are one event."""
        self.check_power()
        self._received += count
        while self._received >= _STREAM_STEP:
            self._received -= _STREAM_STEP
            self._operate(STREAM, lambda: None)

    def _operate(self, kind, whole, half=None):
        self.check_power()
        self.run_timers()
        moment = self.supply.count(kind)
        if moment == MIDDLE and half:
            half()
        if moment in (BEFORE, MIDDLE):
            self.stop(self.POWER_CUT)
        result = whole()
        if moment == AFTER:
            self.stop(self.POWER_CUT)
        return result

    # -- time --

    def ticks_ms(self):
        return self.clock.now_ms() + self._ticks_base

    def wait_ms(self, ms):
        """Let `ms` pass; timers fire at their time."""
        self.check_power()
        end_ms = self.clock.now_ms() + ms
        while True:
            self.run_timers()
            left_ms = end_ms - self.clock.now_ms()
            if left_ms <= 0:
                return
            due_ms = self.timers.next_ms()
            self.clock.sleep_ms(left_ms if due_ms is None else min(left_ms, due_ms))

    def limit(self, ms):
        """Stop with TIME_UP after `ms`."""
        self.timers.arm("limit", ms, lambda: self.stop(self.TIME_UP), is_periodic=True)

    def wait_for_timers(self):
        """What a board does at its prompt: nothing, until no timer is left but that of limit()."""
        while self.timers.has_any_but("limit"):
            self.wait_ms(self.timers.next_ms())

    def run_timers(self):
        self.steps += 1
        if self.stopped is None:
            self.timers.run()

    # -- what it is --

    def app(self):
        """The running image's AppDescription, or None."""
        return describe(self.flash.read, self.running.addr)

    def partition_at(self, addr):
        return [p for p in self.partitions if p.addr == addr][0]

    def nvs(self):
        """The chip's one nvs.Storage."""
        if self._nvs is None:
            where = partitions.find_one(self.partitions, partitions.TYPE_DATA, partitions.DATA_NVS)
            if where is None:
                raise esp_error(NVS_PART_NOT_FOUND)
            self._nvs = nvs.Storage(self, where)
        return self._nvs
