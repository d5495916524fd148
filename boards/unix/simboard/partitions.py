"""The partition table: its binary form, the official layouts, and looking things up in it.

Source: IDF esp_flash_partitions.h; MP ports/esp32/partitions-*.csv.
"""

import hashlib
import struct
from collections import namedtuple

TABLE_ADDR = 0x8000
TABLE_SIZE = 0xC00

TYPE_APP = 0
TYPE_DATA = 1
APP_FACTORY = 0x00
APP_OTA_0 = 0x10
DATA_OTA = 0x00
DATA_PHY = 0x01
DATA_NVS = 0x02
DATA_FAT = 0x81  # what MicroPython's csv files say of `vfs`, LittleFS or not

_ENTRY = "<HBBLL16sL"
_ENTRY_MAGIC = 0x50AA
_MD5_MAGIC = b"\xeb\xeb" + b"\xff" * 14

Partition = namedtuple("Partition", ("type", "subtype", "addr", "size", "label"))


def ota_layout(flash_size, slot_size):
    """Two OTA slots of `slot_size` (a multiple of 64 KiB), no factory; the rest is `vfs`."""
    vfs = 0x10000 + 2 * slot_size
    return (
        Partition(TYPE_DATA, DATA_NVS, 0x9000, 0x4000, "nvs"),
        Partition(TYPE_DATA, DATA_OTA, 0xD000, 0x2000, "otadata"),
        Partition(TYPE_DATA, DATA_PHY, 0xF000, 0x1000, "phy_init"),
        Partition(TYPE_APP, APP_OTA_0, 0x10000, slot_size, "ota_0"),
        Partition(TYPE_APP, APP_OTA_0 + 1, 0x10000 + slot_size, slot_size, "ota_1"),
        Partition(TYPE_DATA, DATA_FAT, vfs, flash_size - vfs, "vfs"),
    )


def factory_layout(flash_size):
    """One factory slot, no otadata: a board that cannot be updated over the air."""
    return (
        Partition(TYPE_DATA, DATA_NVS, 0x9000, 0x6000, "nvs"),
        Partition(TYPE_DATA, DATA_PHY, 0xF000, 0x1000, "phy_init"),
        Partition(TYPE_APP, APP_FACTORY, 0x10000, 0x1F0000, "factory"),
        Partition(TYPE_DATA, DATA_FAT, 0x200000, flash_size - 0x200000, "vfs"),
    )


MIB = 1024 * 1024
# name -> (flash size, partitions)
LAYOUTS = {
    "ota-8m": (8 * MIB, ota_layout(8 * MIB, 0x270000)),
    "ota-4m": (4 * MIB, ota_layout(4 * MIB, 0x180000)),
    "no-ota": (4 * MIB, factory_layout(4 * MIB)),
}


def build(partitions):
    """Return the table as it lies at TABLE_ADDR, with its MD5 entry."""
    raw = b"".join(
        struct.pack(_ENTRY, _ENTRY_MAGIC, p.type, p.subtype, p.addr, p.size, p.label.encode(), 0)
        for p in partitions
    )
    raw += _MD5_MAGIC + hashlib.md5(raw).digest()
    return raw + b"\xff" * (TABLE_SIZE - len(raw))


def parse(raw):
    """Return the partitions of a binary table; None: it is not one, or its MD5 is wrong."""
    found = []
    for at in range(0, len(raw), 32):
        if raw[at : at + 16] == _MD5_MAGIC:
            right = hashlib.md5(raw[:at]).digest() == raw[at + 16 : at + 32]
            return tuple(found) if right else None
        magic, type_, subtype, addr, size, label, _ = struct.unpack_from(_ENTRY, raw, at)
        if magic != _ENTRY_MAGIC:
            break
        found.append(Partition(type_, subtype, addr, size, label.rstrip(b"\x00").decode()))
    return tuple(found) or None


def find(partitions, type_, subtype=None, label=None):
    """All partitions of that kind, in the order of the table; None is any."""
    return [
        p
        for p in partitions
        if type_ in (None, p.type) and subtype in (None, p.subtype) and label in (None, p.label)
    ]


def find_one(partitions, type_, subtype):
    """The first partition of that kind, or None."""
    found = find(partitions, type_, subtype)
    return found[0] if found else None


def ota_slots(partitions):
    """The slots ota_0, ota_1 ... without a gap, as IDF counts them."""
    slots = []
    while len(slots) < 16:
        slot = find_one(partitions, TYPE_APP, APP_OTA_0 + len(slots))
        if slot is None:
            break
        slots.append(slot)
    return slots
