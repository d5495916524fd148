# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The two otadata entries: which slot boots, and in which state.

MicroPython does not expose the state of an image, so the entries are read and patched here.
Each lies at the start of a 4 KiB sector: seq, label, state, crc of seq.
Source: ESP-IDF esp_flash_partitions.h, bootloader_common_loader.c.
"""

import binascii
import struct

from micropython import const

# esp_ota_img_states_t
NEW = const(0)
PENDING_VERIFY = const(1)
VALID = const(2)
INVALID = const(3)
ABORTED = const(4)
UNDEFINED = const(0xFFFFFFFF)

_FORMAT = "<L20sLL"
_SIZE = const(32)
_LABEL = const(4)
_LABEL_SIZE = const(20)
_STATE = const(24)
_ERASE = const(6)  # Partition.ioctl: erase one block
_OTA_0 = const(0x10)  # subtype of the first of at most 16 slots


class Entry:
    """The entry of one slot: `sector` 0 or 1, `state`, `seq`; patches itself on flash."""

    def __init__(self, partition, sector, seq, state):
        self._partition = partition
        self.sector = sector
        self.seq = seq
        self.state = state

    def erase(self):
        """Forget the entry; the bootloader then goes by the other one."""
        self._partition.ioctl(_ERASE, self.sector)

    def erase_other(self):
        """Erase the sector that set_boot() writes next: it would keep boots counted there,
        also of an entry that a power cut tore."""
        self._partition.ioctl(_ERASE, 1 - self.sector)

    def rewrite(self, state):
        """Set any state. A power cut in between leaves no entry, as in ESP-IDF."""
        raw = bytearray(_SIZE)
        self._partition.readblocks(self.sector, raw)
        struct.pack_into("<L", raw, _STATE, state)
        self.erase()
        self._partition.writeblocks(self.sector, raw, 0)

    def mark_new(self):
        """UNDEFINED to NEW, which needs no erase: from now on the image is on trial."""
        self._partition.writeblocks(self.sector, bytes(4), _STATE)

    def count_boot(self):
        """Count one boot in the unused label, a byte programmed to 0 each; return how many.

        The erase of the next update resets it. Only for bootloaders without rollback.
        """
        label = bytearray(_LABEL_SIZE)
        self._partition.readblocks(self.sector, label, _LABEL)
        boots = 0
        while boots < _LABEL_SIZE and not label[boots]:
            boots += 1
        if boots < _LABEL_SIZE:
            self._partition.writeblocks(self.sector, b"\0", _LABEL + boots)
        return boots + 1


def slots(partition_class):
    """Return the OTA slots in order, as esp32.Partition objects."""
    found = [
        p
        for p in partition_class.find(partition_class.TYPE_APP)
        if _OTA_0 <= p.info()[1] < _OTA_0 + 16
    ]
    return sorted(found, key=lambda p: p.info()[1])


def partition(partition_class):
    """Return the otadata partition, or None: data, subtype 0."""
    found = partition_class.find(partition_class.TYPE_DATA, 0)
    return found[0] if found else None


def entry(partition_class, address):
    """Return the newest Entry of the slot at `address`, or None."""
    otadata = partition(partition_class)
    addresses = [p.info()[2] for p in slots(partition_class)]
    newest = None
    for sector in (0, 1) if otadata and address in addresses else ():
        raw = bytearray(_SIZE)
        otadata.readblocks(sector, raw)
        seq, _, state, crc = struct.unpack(_FORMAT, raw)
        if seq == UNDEFINED or crc != binascii.crc32(raw[:4], UNDEFINED):
            continue
        is_slot = addresses[(seq - 1) % len(addresses)] == address
        if is_slot and (newest is None or seq > newest.seq):
            newest = Entry(otadata, sector, seq, state)
    return newest


def running(partition_class):
    """Return the Entry of the running slot, or None (factory image, no otadata)."""
    return entry(partition_class, partition_class(partition_class.RUNNING).info()[2])
