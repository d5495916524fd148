"""A small simulated board for tests of what touches otadata and slots: 64 KiB a slot.

    board = Board()
    board.boot()  # from here on `esp32` and `machine` are its

Not on the npm builds: they lack md5, which a partition table needs.
"""

import hashlib
import struct

from runner import Skip, raises

if not hasattr(hashlib, "md5"):
    raise Skip("this MicroPython has no hashlib.md5, which the simulated board needs")

from simboard import bootloader, otadata, partitions
from simboard.chip import Chip
from simboard.clock import VirtualClock
from simboard.errors import PowerOff
from simboard.flash import SECTOR, Flash, Memory
from simboard.power import Supply

SLOT = 0x10000
SIZE = 0x40000
OTA_0 = 0x10000
OTA_1 = OTA_0 + SLOT


def app_image(version="1.0", payload=9000, chip_id=0, desc=0xABCD5432):
    """Return an application image that the bootloader takes, with its hash."""
    payload = bytes(payload // 4 * 4)
    data = struct.pack("<LL8x32s32s", desc, 0, version.encode(), b"ok") + bytes(176) + payload
    head = struct.pack("<BBBBL", 0xE9, 1, 2, 0x20, 0x40080000)
    head += struct.pack("<BBBBHBHHLB", 0xEE, 0, 0, 0, chip_id, 0, 0, 0xFFFF, 0, 1)
    image = head + struct.pack("<LL", 0x3F400020, len(data)) + data
    checksum = 0xEF
    for byte in data:
        checksum ^= byte
    image += bytes(15 - len(image) % 16) + bytes([checksum])
    return image + hashlib.sha256(image).digest()


class Sparse:
    """Flash contents that take the RAM of the sectors written alone."""

    def __init__(self, size):
        self.size = size
        self._sectors = {}  # address -> contents

    def read(self, addr, buf):
        for at in range(len(buf)):
            sector = self._sectors.get((addr + at) // SECTOR)
            buf[at] = sector[(addr + at) % SECTOR] if sector else 0xFF

    def write(self, addr, data):
        for at, byte in enumerate(data, addr):
            if at // SECTOR not in self._sectors:
                self._sectors[at // SECTOR] = bytearray(b"\xff" * SECTOR)
            self._sectors[at // SECTOR][at % SECTOR] = byte


SLOT_8M = partitions.LAYOUTS["ota-8m"][1][3].size


def booted_8m():
    """Switch on a board with the official table of 8 MiB whose flash takes 1 over 0 silently."""
    size, layout = partitions.LAYOUTS["ota-8m"]
    memory = Sparse(size)
    memory.write(partitions.TABLE_ADDR, partitions.build(layout))
    memory.write(OTA_0, app_image())
    chip = Chip(Flash(memory, strict=False), clock=VirtualClock(), log=lambda text: None)
    chip.power_on()


class Board:
    """One flash over any number of boots, with version 1.0 in ota_0."""

    def __init__(self, layout=None, cuts=(), **chip):
        layout = layout or partitions.ota_layout(SIZE, SLOT)
        self.memory = Memory(SIZE)
        self.flash = Flash(self.memory)
        self.memory.write(partitions.TABLE_ADDR, partitions.build(layout))
        self.memory.write(OTA_0, app_image())
        self.supply = Supply(cuts)
        self.clock = VirtualClock()
        self._chip = chip
        self.chip = None

    def boot(self):
        """Reset or switch on: the bootloader, then fresh modules."""
        from hawkbit import guard

        guard.limit_s = None  # as in a fresh module
        retained = self.chip.retained if self.chip else None
        self.chip = Chip(
            self.flash, self.supply, retained, self.clock, lambda text: None, **self._chip
        )
        self.chip.power_on()
        return self.chip.running.label

    def stops(self, call, *args):
        """Call what must stop the board; return how it stopped."""
        raises(PowerOff, call, *args)
        return self.chip.stopped

    def states(self):
        """Return the states of both otadata entries by name, None for a blank one."""
        return [
            None if otadata.is_blank(entry) else otadata.STATE_NAMES[entry.state]
            for entry in bootloader.read_entries(self.chip)
        ]

    def slot(self, address, size):
        """Return what lies at the start of a slot."""
        return bytes(self.memory.data[address : address + size])
