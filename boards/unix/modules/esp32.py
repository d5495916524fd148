"""The module `esp32` of the simulated board: Partition and NVS with the errors of the real ones.

Source: MP ports/esp32/esp32_partition.c, esp32_nvs.c; IDF esp_ota_ops.c.
"""

import struct

from simboard import bootloader, errors, image, nvs, otadata, partitions
from simboard.chip import current
from simboard.errors import esp_error
from simboard.flash import SECTOR

_ENOENT = 2
_NVS_SIZE_MAX = 4000  # one page of NVS less its headers


class Partition:
    """One partition of the table, as MicroPython shows it. Only blocks of 4096 bytes."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = partitions.TYPE_APP
    TYPE_DATA = partitions.TYPE_DATA

    def __init__(self, id, block_size=4096):
        if block_size != SECTOR:
            raise ValueError("the simulated board has block_size 4096 only")
        self._chip = current()
        self._entry = _lookup(self._chip, id)
        if self._entry is None:
            raise OSError(_ENOENT)

    @staticmethod
    def find(type=TYPE_APP, subtype=0xFF, label=None, block_size=4096):
        wanted = None if subtype == 0xFF else subtype
        found = partitions.find(current().partitions, type, wanted, label)
        return [_partition(entry) for entry in found]

    def info(self):
        p = self._entry
        return (p.type, p.subtype, p.addr, p.size, p.label, False)

    def readblocks(self, block, buf, offset=0):
        start = block * SECTOR + offset
        self._check(start, len(buf))
        self._chip.read(self._entry.addr + start, buf)

    def writeblocks(self, block, buf, offset=None):
        start = block * SECTOR + (offset or 0)
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
            self._erase(arg * SECTOR, SECTOR)
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
    if not isinstance(ident, str):
        raise ValueError
    found = partitions.find(chip.partitions, partitions.TYPE_APP, label=ident)
    found += partitions.find(chip.partitions, partitions.TYPE_DATA, label=ident)
    return found[0] if found else None


class NVS:
    """One namespace. As with the real one, set_ is on flash at once and commit() adds nothing."""

    def __init__(self, namespace):
        if not namespace or len(namespace) > 15:
            raise esp_error(errors.NVS_INVALID_NAME)
        self._storage = current().nvs()
        self._namespace = namespace

    def set_i32(self, key, value):
        self._storage.set(self._namespace, key, nvs.I32, struct.pack("<l", value))

    def get_i32(self, key):
        raw = self._storage.get(self._namespace, key, nvs.I32)
        return struct.unpack("<l", raw)[0]

    def set_blob(self, key, value):
        data = bytes(value)
        if len(data) > _NVS_SIZE_MAX:
            raise esp_error(errors.NVS_VALUE_TOO_LONG)
        self._storage.set(self._namespace, key, nvs.BLOB, data)

    def get_blob(self, key, buf):
        data = self._storage.get(self._namespace, key, nvs.BLOB)
        if len(data) > len(buf):
            raise esp_error(errors.NVS_INVALID_LENGTH)
        buf[: len(data)] = data
        return len(data)

    def erase_key(self, key):
        self._storage.erase(self._namespace, key)

    def commit(self):
        current().check_power()
