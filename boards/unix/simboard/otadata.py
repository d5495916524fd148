"""The two entries of otadata: which slot boots, and how far it is trusted.

Pure: entries in, entries out. Source: IDF esp_flash_partitions.h, bootloader_common_loader.c,
esp_ota_ops.c (esp_rewrite_ota_data).
"""

import binascii
import struct
from collections import namedtuple

NEW = 0
PENDING_VERIFY = 1
VALID = 2
INVALID = 3
ABORTED = 4
UNDEFINED = 0xFFFFFFFF
STATE_NAMES = {
    NEW: "new",
    PENDING_VERIFY: "pending_verify",
    VALID: "valid",
    INVALID: "invalid",
    ABORTED: "aborted",
    UNDEFINED: "undefined",
}

ENTRY_SIZE = 32
_ENTRY = "<L20sLL"
_BLANK_SEQ = 0xFFFFFFFF

# `label` is unused by IDF, but kept by it whenever it writes an entry anew.
Entry = namedtuple("Entry", ("seq", "label", "state", "crc"))
_BLANK_LABEL = b"\xff" * 20


def new_entry(seq, state, label=_BLANK_LABEL):
    return Entry(seq, label, state, _crc(seq))


def with_state(entry, state):
    return Entry(entry.seq, entry.label, state, entry.crc)


def parse(raw):
    return Entry(*struct.unpack(_ENTRY, raw))


def build(entry):
    return struct.pack(_ENTRY, *entry)


def is_blank(entry):
    """Never written, or torn in the middle of a write."""
    return entry.seq == _BLANK_SEQ or entry.crc != _crc(entry.seq)


def is_invalid(entry):
    """What the bootloader does not boot. A wrong crc is not looked at here, as in IDF."""
    return entry.seq == _BLANK_SEQ or entry.state in (INVALID, ABORTED)


def active(entries):
    """Return 0 or 1, the entry that counts, or None. Of two equal ones the first."""
    valid = [not is_invalid(entry) and not is_blank(entry) for entry in entries]
    if valid[0] and valid[1]:
        return 0 if entries[0].seq >= entries[1].seq else 1
    if valid[0] or valid[1]:
        return 0 if valid[0] else 1
    return None


def select(entries, slot, slot_count, state):
    """Return (index, entry) that has to be written for `slot` to boot next."""
    current = active(entries)
    if current is None:
        return 0, new_entry(slot + 1, state, entries[0].label)
    seq = (slot + 1) % slot_count
    while seq < entries[current].seq:
        seq += slot_count
    return 1 - current, new_entry(seq, state, entries[1 - current].label)


def _crc(seq):
    return binascii.crc32(struct.pack("<L", seq), 0xFFFFFFFF)
