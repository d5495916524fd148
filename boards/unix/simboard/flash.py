"""NOR flash: erasing sets whole sectors to 0xFF, programming only clears bits.

No power supply and no partitions: `chip` adds the first, `partitions` the second.
"""

from simboard.errors import MisuseError

SECTOR = 4096
_ERASED = b"\xff" * SECTOR


class Memory:
    """Flash contents in RAM: for tests that boot a thousand times."""

    def __init__(self, size):
        self.size = size
        self.data = bytearray(size)
        for addr in range(0, size, SECTOR):
            self.data[addr : addr + SECTOR] = _ERASED

    def read(self, addr, buf):
        buf[:] = self.data[addr : addr + len(buf)]

    def write(self, addr, data):
        self.data[addr : addr + len(data)] = data


class File:
    """Flash contents in an open, unbuffered file (mode "r+b"), which a killed process leaves."""

    def __init__(self, file):
        self._file = file
        self.size = file.seek(0, 2)

    def read(self, addr, buf):
        self._file.seek(addr)
        if self._file.readinto(buf) != len(buf):
            raise MisuseError("the flash file ends before 0x%x" % (addr + len(buf)))

    def write(self, addr, data):
        self._file.seek(addr)
        self._file.write(data)


class Flash:
    """Erase, program and read `storage` by NOR's rules; addresses and sizes in bytes.

    Programming a 1 over a 0 leaves the 0, as real flash does, without telling anybody.
    So `strict` (the default) raises MisuseError; else `violations` counts.
    """

    def __init__(self, storage, strict=True):
        self.size = storage.size
        self.strict = strict
        self.violations = 0
        self.erases = {}  # sector address -> how often
        self.programs = 0
        self.storage = storage

    def read(self, addr, buf):
        self._check_bounds(addr, len(buf))
        self.storage.read(addr, buf)

    def erase_sector(self, addr, half=False):
        """Erase the sector at `addr`; `half`: the power went while its first half was done."""
        self._check_bounds(addr, SECTOR)
        if addr % SECTOR:
            raise ValueError("0x%x is not the start of a sector" % addr)
        self.storage.write(addr, _ERASED[: SECTOR // 2] if half else _ERASED)
        self.erases[addr] = self.erases.get(addr, 0) + 1

    def program(self, addr, data):
        """Clear bits so that `data` lies at `addr`, as far as erased bits are there."""
        self._check_bounds(addr, len(data))
        old = bytearray(len(data))
        self.storage.read(addr, old)
        new = data if _is_erased(old) else _and(old, data)
        if new != data:
            self.violations += 1
            if self.strict:
                where = "0x%x+%d" % (addr, len(data))
                raise MisuseError("programming 1 over 0 in %s: erase it first" % where)
        self.storage.write(addr, new)
        self.programs += 1

    def _check_bounds(self, addr, size):
        if addr < 0 or addr + size > self.size:
            raise ValueError("0x%x+%d is outside the flash of %d bytes" % (addr, size, self.size))


def _is_erased(data):
    return data == (_ERASED if len(data) == SECTOR else b"\xff" * len(data))


def _and(a, b):
    # As two long integers: a loop over bytes would be a hundred times slower.
    both = int.from_bytes(a, "little") & int.from_bytes(b, "little")
    return both.to_bytes(len(a), "little")
