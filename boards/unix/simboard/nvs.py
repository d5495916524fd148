"""Key-value storage in the `nvs` partition: as safe as the real one, in a format of its own.

Each value is one record, appended to the half of the partition in use. A full half is copied
to the other one, whose header is programmed last, so that a power cut leaves either all of
the old values or all of the new. A half holds all there is.

As in IDF's nvs_page.cpp a key may have a value of each type; the older one hides the newer.
"""

import binascii
import struct

from simboard import errors
from simboard.errors import esp_error
from simboard.flash import SECTOR

I32 = 1
BLOB = 2
_ERASED = 0
_HEADER = "<4sLL"  # magic, number of the half in time, crc
_HEADER_SIZE = 12
_RECORD = "<HHBBL"  # length of all, crc's complement of it, type, length of name, crc
_RECORD_SIZE = 10
_MAGIC = b"SNVS"
_KEY_MAX = 15
# Of the real one, which keeps one sector free: bytes of a blob in a sector; its entries.
_CHUNK_MAX = 4000
_SECTOR_ENTRIES = 126
_ENTRY_SIZE = 32


class Storage:
    """All namespaces of one chip: [(type, bytes), ...] under "namespace\\0key", oldest first."""

    def __init__(self, chip, partition):
        self._chip = chip
        self._partition = partition
        self._sectors = partition.size // SECTOR - 1
        self._half_size = partition.size // SECTOR // 2 * SECTOR
        self._values = {}
        self._number = 0
        self._half = 0
        self._used = self._half_size  # nothing valid yet: the first write starts a half
        self._load()

    def get(self, namespace, key, type_):
        found = self._values.get(_name(namespace, key))
        if not found or found[0][0] != type_:
            raise esp_error(errors.NVS_NOT_FOUND)
        return found[0][1]

    def set(self, namespace, key, type_, data):
        if len(data) > self._sectors * _CHUNK_MAX:
            raise esp_error(errors.NVS_VALUE_TOO_LONG)
        name = _name(namespace, key)
        if (type_, data) in self._values.get(name, [])[:1]:
            return
        if len(key) > _KEY_MAX:
            raise esp_error(errors.NVS_KEY_TOO_LONG)
        if self._entries() + _entries(type_, data) > self._sectors * _SECTOR_ENTRIES:
            raise esp_error(errors.NVS_NOT_ENOUGH_SPACE)
        self._append(name, type_, data)

    def erase(self, namespace, key):
        name = _name(namespace, key)
        if name not in self._values:
            raise esp_error(errors.NVS_NOT_FOUND)
        self._append(name, _ERASED, b"")

    def _entries(self):
        """Those that all values would take: an old one keeps its own until the new is there."""
        namespaces = {name.partition(b"\x00")[0] for name in self._values}
        values = [value for found in self._values.values() for value in found]
        return len(namespaces) + sum(_entries(*value) for value in values)

    def _append(self, name, type_, data):
        record = _record(name, type_, data)
        if self._used + len(record) <= self._half_size:
            self._chip.program(self._addr(self._half) + self._used, record)
            self._used += len(record)
            _apply(self._values, name, type_, data)
        else:
            self._start_half(name, type_, data)

    def _start_half(self, name, type_, data):
        """Write what the values are with this one to the other half."""
        values = {other: list(found) for other, found in self._values.items()}
        _apply(values, name, type_, data)
        body = b"".join(_record(other, *value) for other in values for value in values[other])
        if _HEADER_SIZE + len(body) > self._half_size:
            raise esp_error(errors.NVS_NOT_ENOUGH_SPACE)
        half, number = 1 - self._half, self._number + 1
        addr = self._addr(half)
        for at in range(addr, addr + self._half_size, SECTOR):
            self._chip.erase_sector(at)
        self._chip.program(addr + _HEADER_SIZE, body)
        self._chip.program(addr, _header(number))
        self._values, self._number, self._half = values, number, half
        self._used = _HEADER_SIZE + len(body)

    def _load(self):
        for half in (0, 1):
            raw = bytearray(self._half_size)
            self._chip.read(self._addr(half), raw)
            number = struct.unpack_from(_HEADER, raw, 0)[1]
            if bytes(raw[:_HEADER_SIZE]) == _header(number) and number > self._number:
                self._number, self._half = number, half
                self._parse(raw)

    def _parse(self, raw):
        self._values = {}
        at = _HEADER_SIZE
        while at + _RECORD_SIZE <= len(raw):
            size, check, type_, name_size, crc = struct.unpack_from(_RECORD, raw, at)
            if size == 0xFFFF:
                break
            if size ^ check != 0xFFFF or size < _RECORD_SIZE:
                # Torn in its first bytes: what follows can't be trusted to be erased.
                at = len(raw)
                break
            body = bytes(raw[at + _RECORD_SIZE : at + size])
            if binascii.crc32(body) == crc:
                _apply(self._values, body[:name_size], type_, body[name_size:])
            at += size
        self._used = at

    def _addr(self, half):
        return self._partition.addr + half * self._half_size


def _apply(values, name, type_, data):
    """Erasing takes the oldest value of a key; a new one replaces the oldest of its own type."""
    found = values.setdefault(name, [])
    if found and type_ in (_ERASED, found[0][0]):
        del found[0]
    if type_ != _ERASED:
        found.append((type_, data))
    if not found:
        del values[name]


def _entries(type_, data):
    """How many entries the real one takes: of a blob an index, and for each chunk one more."""
    if type_ == I32:
        return 1
    return 1 + -(-len(data) // _CHUNK_MAX) + -(-len(data) // _ENTRY_SIZE)


def _name(namespace, key):
    # Longer keys are looked for as well, by what would be stored of them.
    return (namespace + "\x00" + key[:_KEY_MAX]).encode()


def _record(name, type_, data):
    body = name + data
    size = _RECORD_SIZE + len(body)
    head = struct.pack(_RECORD, size, size ^ 0xFFFF, type_, len(name), binascii.crc32(body))
    return head + body


def _header(number):
    head = struct.pack("<4sL", _MAGIC, number)
    return head + struct.pack("<L", binascii.crc32(head))
