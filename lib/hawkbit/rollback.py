# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The boot half of a trial: guard the first boot of a new image, keep it, or go back.

boot.py calls guard() first, so that an image that hangs, raises or cannot even import the
updater goes back: any reset before confirm() does that, and the bootloader sees to it. What
blocks in C is stopped by the hardware watchdog only. At the end: the two otadata entries.
trial.py judges the image. Imports nothing else at a boot that is not on trial.
"""

import binascii
import struct

from esp32 import Partition
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
STATE_OFFSET = const(24)
_ERASE = const(6)  # Partition.ioctl: erase one block
_OTA_0 = const(0x10)  # subtype of the first of at most 16 slots

TIMEOUT_S = const(3600 + 120)  # longer than Updater.confirm_timeout_s
MAX_TRIES = const(2)  # boots on trial, where power cuts ended those before

_watchdog = None


def guard(timeout_s=TIMEOUT_S, watchdog_s=None, timer_id=None):
    """Guard this boot if the running image is on trial; return whether it is.

    Then the board resets after timeout_s unless confirm() comes first. watchdog_s: arm the
    hardware watchdog too; whoever runs must call feed(), as Updater does, from then on.
    timer_id: None takes what is least in the way, the first that there is of -2 (a timer of our
    own since MicroPython 1.29, timer 2 before 1.25), 3, and 1, the last on chips with two. Not
    -1: before 1.25 that is a timer beyond the two of a C3, and panics.
    """
    try:
        entry = running()
        if entry and not _may_run(entry):
            go_back()
        trial = is_trial(entry)
    except Exception as e:  # MemoryError, the flash: what cannot be asked is guarded
        from hawkbit import log

        log.line(log.ERROR, "rollback: %r", e)
        trial = True
    if trial:
        arm(timeout_s, watchdog_s, timer_id)
    return trial


def _may_run(entry):
    # A bootloader with rollback never shows NEW to a running image. One without does, and there
    # the second boot of an unconfirmed image goes back from here, unless a power cut caused it.
    if entry.state == NEW:
        boots = entry.count_boot()
        return boots == 1 or (boots <= MAX_TRIES and power_was_cut())
    # INVALID was given up: running again after a soft reset, which asks no bootloader.
    return entry.state != INVALID or not _is_soft_reset()


def arm(timeout_s, watchdog_s, timer_id):
    """Start the guard (guard.py), for guard() here and for that of bundle.py."""
    global _watchdog
    from hawkbit import guard

    _watchdog = guard.arm(timeout_s, watchdog_s, timer_id)


def feed():
    """Feed the watchdog that guard() armed, if it did."""
    if _watchdog:
        _watchdog.feed()


def power_was_cut():
    """Did this boot follow a power cut, rather than a reset, a panic or a watchdog?

    A brown-out and the EN pin count as power cuts. Source: MicroPython's reset_cause(), which
    tells apart what esp_reset_reason() does, on all chips since 1.23.
    """
    from machine import PWRON_RESET, reset_cause

    return reset_cause() == PWRON_RESET


def _is_soft_reset():
    from machine import SOFT_RESET, reset_cause

    return reset_cause() == SOFT_RESET


def on_trial():
    """Is the running image not confirmed yet? Then nothing may be erased, and no deep sleep."""
    return is_trial(running())


def is_trial(entry):
    """Is that the Entry of a running image on trial? None: a factory image, no otadata."""
    return entry is not None and entry.state in (PENDING_VERIFY, NEW)


def confirm():
    """Keep the running image, and disarm the guard. May be called at every boot."""
    if on_trial():
        Partition.mark_app_valid_cancel_rollback()
        from hawkbit import guard

        guard.disarm()


def revert():
    """Give the running image up: the next boot takes the one before. True: so a reset is due.

    Does nothing to an image that was confirmed. INVALID is what
    esp_ota_mark_app_invalid_rollback() writes, and stays as the trace of it.
    """
    entry = running()
    if is_trial(entry):
        entry.rewrite(INVALID)
        return True
    return False


def go_back():
    """Revert and reset at once, whatever fails on the way."""
    from machine import reset

    try:
        revert()
    finally:
        reset()


# --- otadata: which slot boots, and in which state
#
# MicroPython does not expose the state of an image, so the entries are read and patched here.
# Each lies at the start of a 4 KiB sector: seq, label, state, crc of seq.
# Source: ESP-IDF esp_flash_partitions.h, bootloader_common_loader.c.


class Entry:
    """The entry of one slot: its `state` and `seq`, in `sector` 0 or 1 of `partition`."""

    def __init__(self, partition, sector, seq, state):
        self.partition = partition
        self.sector = sector
        self.seq = seq
        self.state = state

    def erase(self):
        """Forget the entry; the bootloader then goes by the other one."""
        self.partition.ioctl(_ERASE, self.sector)

    def rewrite(self, state):
        """Set any state. A power cut in between leaves no entry, as in ESP-IDF."""
        raw = bytearray(_SIZE)
        self.partition.readblocks(self.sector, raw)
        struct.pack_into("<L", raw, STATE_OFFSET, state)
        self.erase()
        self.partition.writeblocks(self.sector, raw, 0)

    def count_boot(self):
        """Count one boot in the unused label, a byte programmed to 0 each; return how many.

        The erase of the next update resets it. Only for bootloaders without rollback.
        """
        label = bytearray(_LABEL_SIZE)
        self.partition.readblocks(self.sector, label, _LABEL)
        boots = 0
        while boots < _LABEL_SIZE and not label[boots]:
            boots += 1
        if boots < _LABEL_SIZE:
            self.partition.writeblocks(self.sector, b"\0", _LABEL + boots)
        return boots + 1


def slots():
    """Return the OTA slots in order, as esp32.Partition objects."""
    found = [p for p in Partition.find(Partition.TYPE_APP) if _OTA_0 <= p.info()[1] < _OTA_0 + 16]
    return sorted(found, key=lambda p: p.info()[1])


def otadata():
    """Return the otadata partition, or None: data, subtype 0."""
    found = Partition.find(Partition.TYPE_DATA, 0)
    return found[0] if found else None


def entry(address):
    """Return the newest Entry of the slot at `address`, or None."""
    partition = otadata()
    addresses = [p.info()[2] for p in slots()]
    newest = None
    for sector in (0, 1) if partition and address in addresses else ():
        raw = bytearray(_SIZE)
        partition.readblocks(sector, raw)
        seq, _, state, crc = struct.unpack(_FORMAT, raw)
        if seq == UNDEFINED or crc != binascii.crc32(raw[:4], UNDEFINED):
            continue
        is_its = addresses[(seq - 1) % len(addresses)] == address
        if is_its and (newest is None or seq > newest.seq):
            newest = Entry(partition, sector, seq, state)
    return newest


def running():
    """Return the Entry of the running slot, or None (factory image, no otadata)."""
    return entry(Partition(Partition.RUNNING).info()[2])
