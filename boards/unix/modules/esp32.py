"""The module `esp32` of the simulated board: Partition and NVS with the errors of the real ones.

Source: MP ports/esp32/esp32_partition.c, esp32_nvs.c; IDF esp_ota_ops.c; what they answered
on ESP32_GENERIC v1.23.0, which tests/device/test_esp32.py asks here and on a chip.
"""

import struct

from simboard import bootloader, errors, image, nvs, otadata, partitions
from simboard.chip import current
from simboard.errors import esp_error
from simboard.flash import SECTOR

_ENOENT = 2
_TYPE_ANY = 0xFF
_NAMESPACE_MAX = 15
_U32 = 0xFFFFFFFF  # offsets are unsigned in C: -1 lies far beyond the end


class Partition:
    """One partition of the table, as MicroPython shows it. Only blocks of 4096 bytes."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = partitions.TYPE_APP
    TYPE_DATA = partitions.TYPE_DATA

    def __init__(self, id, *block_size):
        if block_size not in ((), (SECTOR,)):
            raise ValueError("the simulated board has block_size 4096 only")
        self._chip = current()
        self._entry = _lookup(self._chip, id)
        if self._entry is None:
            raise OSError(_ENOENT)

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None, block_size=4096):
        kind = None if type == _TYPE_ANY else type
        wanted = None if subtype == 0xFF else subtype
        found = partitions.find(current().partitions, kind, wanted, label)
        return [_partition(entry) for entry in found]

    def info(self):
        p = self._entry
        return (p.type, p.subtype, p.addr, p.size, p.label, False)

    def readblocks(self, block, buf, offset=0):
        start = block * SECTOR + offset & _U32
        self._check(start, len(buf))
        if not len(buf):
            raise esp_error(errors.INVALID_ARG)  # an empty bytearray has no address
        self._chip.read(self._entry.addr + start, buf)

    def writeblocks(self, block, buf, offset=None):
        start = block * SECTOR + (offset or 0) & _U32
        if offset is None:
            self._erase(start, len(buf))
        self._check(start, len(buf))
        self._chip.guard(self._entry.addr + start, len(buf))
        self._chip.program(self._entry.addr + start, buf)

    def ioctl(self, op, arg):
        if op == 4:
            return self._entry.size // SECTOR
        if op == 5:
            return SECTOR
        if op == 6:
            self._erase(arg * SECTOR & _U32, SECTOR)
        return 0 if op in (1, 2, 3, 6) else None

    def set_boot(self):
        chip, entry = self._chip, self._entry
        try:
            image.verify(chip.read, entry.addr, entry.size, chip.chip_id)
        except image.ImageError as e:
            chip.log("esp_image: " + e.args[0])
            raise esp_error(errors.OTA_VALIDATE_FAILED)
        entries = bootloader.read_entries(chip)
        slots = partitions.ota_slots(chip.partitions)
        if entries is None or not slots:
            raise esp_error(errors.NOT_FOUND)
        if entry.subtype == partitions.APP_FACTORY:
            return bootloader.erase_entries(chip)
        state = otadata.NEW if chip.app_has_rollback else otadata.UNDEFINED
        slot = slots.index(entry)
        return bootloader.write_entry(chip, *otadata.select(entries, slot, len(slots), state))

    def get_next_update(self):
        slots = partitions.ota_slots(self._chip.partitions)
        if not slots:
            raise OSError(_ENOENT)
        own = slots.index(self._entry) if self._entry in slots else -1
        return _partition(slots[(own + 1) % len(slots)])

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        chip = current()
        entries = bootloader.read_entries(chip)
        if entries is None:
            raise esp_error(errors.NOT_FOUND)
        active = otadata.active(entries)
        if active is None or not partitions.ota_slots(chip.partitions):
            raise esp_error(errors.FAIL)
        if entries[active].state != otadata.VALID:
            valid = otadata.with_state(entries[active], otadata.VALID)
            bootloader.write_entry(chip, active, valid)

    def _erase(self, start, size):
        if start > self._entry.size or start % SECTOR:
            raise esp_error(errors.INVALID_ARG)
        if size % SECTOR:
            raise esp_error(errors.INVALID_SIZE)
        self._check(start, size)
        self._chip.guard(self._entry.addr + start, size)
        for at in range(start, start + size, SECTOR):
            self._chip.erase_sector(self._entry.addr + at)

    def _check(self, start, size):
        if start > self._entry.size:
            raise esp_error(errors.INVALID_ARG)
        if start + size > self._entry.size:
            raise esp_error(errors.INVALID_SIZE)

    def __repr__(self):
        text = "<Partition type=%u, subtype=%u, address=%u, size=%u, label=%s, encrypted=%u>"
        return text % self.info()


def _partition(entry):
    # By address: two labels may be equal.
    partition = Partition(Partition.RUNNING)
    partition._entry = entry
    return partition


def _lookup(chip, ident):
    if ident == Partition.RUNNING:
        return chip.running
    if ident == Partition.BOOT:
        return bootloader.boot_partition(chip)
    if isinstance(ident, int):
        raise ValueError
    if not isinstance(ident, str):
        raise TypeError("can't convert to str implicitly")
    found = partitions.find(chip.partitions, partitions.TYPE_APP, label=ident)
    found += partitions.find(chip.partitions, partitions.TYPE_DATA, label=ident)
    return found[0] if found else None


class NVS:
    """One namespace. As with the real one, set_ is on flash at once and commit() adds nothing."""

    def __init__(self, namespace):
        self._storage = current().nvs()
        self._namespace = namespace[:_NAMESPACE_MAX]

    def set_i32(self, key, value):
        if not isinstance(value, int):
            raise TypeError("can't convert to int")
        if not -(1 << 31) <= value < 1 << 31:
            raise OverflowError("overflow converting long int to machine word")
        self._storage.set(self._namespace, key, nvs.I32, struct.pack("<l", value))

    def get_i32(self, key):
        raw = self._storage.get(self._namespace, key, nvs.I32)
        return struct.unpack("<l", raw)[0]

    def set_blob(self, key, value):
        data = value.encode() if isinstance(value, str) else bytes(memoryview(value))
        self._storage.set(self._namespace, key, nvs.BLOB, data)

    def get_blob(self, key, buf):
        """Return the length; an empty bytearray, which has no address, asks for that alone."""
        data = self._storage.get(self._namespace, key, nvs.BLOB)
        if isinstance(buf, bytearray) and not len(buf):
            return len(data)
        if len(data) > len(buf):
            raise esp_error(errors.NVS_INVALID_LENGTH)
        buf[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        self._storage.erase(self._namespace, key)

    def commit(self):
        current().check_power()

    def __repr__(self):
        return "<NVS namespace>"
