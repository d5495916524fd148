"""Key-value storage in the `nvs` partition: as safe as the real one, in a format of its own.

Each value is one record, appended to the sector in use; the last record of a key counts.
A full sector is copied to the next one, whose header is programmed last, so that a power cut
leaves either all of the old values or all of the new. One sector holds all there is.
"""

import binascii
import struct

from simboard import errors
from simboard.errors import esp_error
from simboard.flash import SECTOR

I32 = 1
BLOB = 2
_ERASED = 0
_HEADER = "<4sLL"  # magic, number of the sector in time, crc
_HEADER_SIZE = 12
_RECORD = "<HHBBL"  # length of all, crc's complement of it, type, length of name, crc
_RECORD_SIZE = 10
_MAGIC = b"SNVS"
_NAME_MAX = 15


class Storage:
    """All namespaces of one chip. Values are (type, bytes) under "namespace\\0key"."""

    def __init__(self, chip, partition):
        self._chip = chip
        self._partition = partition
        self._values = {}
        self._number = 0
        self._sector = 0
        self._used = SECTOR  # nothing valid yet: the first write starts a sector
        self._load()

    def get(self, namespace, key, type_):
        name = _name(namespace, key)
        if name not in self._values:
            raise esp_error(errors.NVS_NOT_FOUND)
        if self._values[name][0] != type_:
            raise esp_error(errors.NVS_TYPE_MISMATCH)
        return self._values[name][1]

    def set(self, namespace, key, type_, data):
        name = _name(namespace, key)
        if self._values.get(name) != (type_, data):
            self._append(name, type_, data)
            self._values[name] = (type_, data)

    def erase(self, namespace, key):
        name = _name(namespace, key)
        if name not in self._values:
            raise esp_error(errors.NVS_NOT_FOUND)
        self._append(name, _ERASED, b"")
        del self._values[name]

    def _append(self, name, type_, data):
        record = _record(name, type_, data)
        if self._used + len(record) <= SECTOR:
            self._chip.program(self._addr(self._sector) + self._used, record)
            self._used += len(record)
        else:
            self._start_sector(name, record)

    def _start_sector(self, name, record):
        """Write all values, `record` instead of the old value of `name`, to the next sector."""
        body = record + b"".join(
            _record(other, type_, data)
            for other, (type_, data) in self._values.items()
            if other != name
        )
        if _HEADER_SIZE + len(body) > SECTOR:
            raise esp_error(errors.NVS_NOT_ENOUGH_SPACE)
        sector = (self._sector + 1) % (self._partition.size // SECTOR)
        addr = self._addr(sector)
        self._chip.erase_sector(addr)
        self._chip.program(addr + _HEADER_SIZE, body)
        number = self._number + 1
        self._chip.program(addr, _header(number))
        self._number, self._sector, self._used = number, sector, _HEADER_SIZE + len(body)

    def _load(self):
        for sector in range(self._partition.size // SECTOR):
            raw = bytearray(SECTOR)
            self._chip.read(self._addr(sector), raw)
            number = struct.unpack_from(_HEADER, raw, 0)[1]
            if bytes(raw[:_HEADER_SIZE]) == _header(number) and number > self._number:
                self._number, self._sector = number, sector
                self._parse(raw)

    def _parse(self, raw):
        self._values = {}
        at = _HEADER_SIZE
        while at + _RECORD_SIZE <= SECTOR:
            size, check, type_, name_size, crc = struct.unpack_from(_RECORD, raw, at)
            if size == 0xFFFF:
                break
            if size ^ check != 0xFFFF or size < _RECORD_SIZE:
                # Torn in its first bytes: what follows can't be trusted to be erased.
                at = SECTOR
                break
            body = bytes(raw[at + _RECORD_SIZE : at + size])
            if binascii.crc32(body) == crc:
                self._apply(body[:name_size], type_, body[name_size:])
            at += size
        self._used = at

    def _apply(self, name, type_, data):
        if type_ == _ERASED:
            self._values.pop(name, None)
        else:
            self._values[name] = (type_, data)

    def _addr(self, sector):
        return self._partition.addr + sector * SECTOR


def _name(namespace, key):
    if not key:
        raise esp_error(errors.NVS_INVALID_NAME)
    if len(key) > _NAME_MAX:
        raise esp_error(errors.NVS_KEY_TOO_LONG)
    return (namespace + "\x00" + key).encode()


def _record(name, type_, data):
    body = name + data
    size = _RECORD_SIZE + len(body)
    head = struct.pack(_RECORD, size, size ^ 0xFFFF, type_, len(name), binascii.crc32(body))
    return head + body


def _header(number):
    head = struct.pack("<4sL", _MAGIC, number)
    return head + struct.pack("<L", binascii.crc32(head))
