# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Sink: the next OTA slot (see download.py for what a sink is, trial.py for its trial).

A half-written slot cannot boot: the first bytes of the image stay 0xFF until finish().
The running slot is never touched, and nothing is while the running image is on trial.
A first block that is no application for this chip is refused before anything is erased; only
what 288 bytes can tell: `Partition.set_boot()` verifies the rest.
Source: ESP-IDF esp_app_format.h, esp_app_desc.h.
"""

import binascii
import struct

from esp32 import Partition
from micropython import const

from hawkbit import rollback
from hawkbit.errors import HawkbitError, UpdateError

_BLOCK = const(4096)
_ERASE = const(6)  # Partition.ioctl: erase one block
_STATES = const(("NEW", "PENDING_VERIFY", "VALID", "INVALID", "ABORTED"))

# An image cannot boot while its first HEAD bytes are 0xFF: they are programmed last.
HEAD = const(16)
# esp_image_header_t (24), the first segment's header (8), esp_app_desc_t (256).
MIN_SIZE = const(24 + 8 + 256)

_MAGIC = const(0xE9)
_MAX_SEGMENTS = const(16)
_CHIP_ID = const(12)
_APP_DESC = const(32)
_APP_DESC_MAGIC = b"\x32\x54\xcd\xab"


class FirmwareSlot:
    """The OTA slot after the running one, as found when the download begins."""

    is_slot = True

    def __init__(self):
        self.trial = self
        self._running = Partition(Partition.RUNNING)
        self._target = None
        self._head = bytearray(HEAD)

    def begin(self, artifact, have):
        """See download.py. UpdateError: no OTA slots, no otadata, image too large."""
        if rollback.otadata() is None or len(rollback.slots()) < 2:
            raise UpdateError("this board has no OTA slots: flash an OTA partition table once")
        if rollback.on_trial():
            raise HawkbitError("the running image is not confirmed yet")
        target = self._running.get_next_update()
        _, _, address, size, label, _ = target.info()
        if artifact.size > size:
            raise UpdateError(
                "%s: %d bytes do not fit the %d of %s"
                % (artifact.filename, artifact.size, size, label)
            )
        if self._target is None or self._target.info()[2] != address:
            have = 0  # the part on flash lies in another slot
        self._target = target
        return have // _BLOCK * _BLOCK

    def write(self, offset, block):
        """See download.py. Erases block by block; block 0 is checked first."""
        if offset == 0:
            self._running.readblocks(0, self._head)
            check_image(block, chip_id(self._head))
            self._head[:] = block[:HEAD]
            for i in range(HEAD):
                block[i] = 0xFF
        self._target.ioctl(_ERASE, offset // _BLOCK)
        self._target.writeblocks(offset // _BLOCK, block, 0)

    def read(self, offset, buf):
        """See download.py; the withheld bytes are put back."""
        self._target.readblocks(offset // _BLOCK, buf)
        if offset == 0:
            buf[:HEAD] = self._head

    def read_base(self, offset, buf):
        """See download.py. OSError outside of the running slot."""
        self._running.readblocks(offset // _BLOCK, buf, offset % _BLOCK)

    def finish(self):
        """See download.py. Programs the withheld bytes and erases the slot's old otadata
        entry: what is found there later, state and counted boots, comes from this update."""
        self._target.writeblocks(0, self._head, 0)
        entry = self._entry()
        if entry:
            entry.erase()

    def activate(self):
        """See download.py. Blocks while set_boot() verifies the image: up to a second."""
        if self._target is None:
            raise UpdateError("the slot is not known any more")
        running = rollback.running()
        if running:
            # The sector that set_boot() writes next would keep boots counted there, also of an
            # entry that a power cut tore.
            running.partition.ioctl(_ERASE, 1 - running.sector)
        try:
            self._target.set_boot()
        except OSError as e:
            raise UpdateError("the image does not verify, truncated or damaged: %s" % e)
        self._begin_trial()
        return True

    def _begin_trial(self):
        # No state: this firmware was built without rollback. NEW then needs no erase.
        entry = self._entry()
        if entry and entry.state > rollback.ABORTED:
            entry.partition.writeblocks(entry.sector, bytes(4), rollback.STATE_OFFSET)

    def activated(self, kept):
        """See trial.py. What otadata says of the slot tells whether it ever booted."""
        self.restore(kept)
        if self._target is None:
            raise UpdateError("the slot is not known any more")
        if self._target.info()[2] == self._running.info()[2]:
            self._begin_trial()
            return True
        entry = self._entry()
        states = (rollback.PENDING_VERIFY, rollback.INVALID, rollback.ABORTED)
        if entry and entry.state in states:
            raise UpdateError(
                "rolled back before it was confirmed: otadata says " + _STATES[entry.state]
            )
        return False

    def on_trial(self):
        """See trial.py and rollback.py."""
        return rollback.on_trial()

    def confirm(self):
        """See trial.py and rollback.py."""
        rollback.confirm()

    def revert(self):
        """See trial.py and rollback.py."""
        return rollback.revert()

    def abort(self):
        """See download.py. What was written stays: it cannot boot."""
        self._target = None

    def keep(self):
        """See download.py: the slot's address and the withheld bytes."""
        return "%d:%s" % (self._target.info()[2], binascii.hexlify(self._head).decode())

    def restore(self, kept):
        """See download.py. An address that is no slot any more is forgotten."""
        address, head = kept.split(":")
        self._head[:] = binascii.unhexlify(head)
        for slot in rollback.slots():
            if slot.info()[2] == int(address):
                self._target = slot

    def _entry(self):
        return rollback.entry(self._target.info()[2])


def chip_id(head):
    """Return the chip id (0 ESP32, 2 S2, 5 C3, 9 S3, ...) in the first HEAD bytes of an image."""
    return struct.unpack_from("<H", head, _CHIP_ID)[0]


def check_image(block, chip):
    """Raise UpdateError, naming the mistake, unless `block` starts an application for `chip`.

    block: the first MIN_SIZE bytes or more. chip: what chip_id() says of the running image.
    """
    if len(block) < MIN_SIZE:
        raise UpdateError("truncated: an image has at least %d bytes" % MIN_SIZE)
    if block[0] != _MAGIC or not 0 < block[1] <= _MAX_SEGMENTS:
        raise UpdateError("not an ESP32 application image (.app-bin)")
    if chip_id(block) != chip:
        raise UpdateError(
            "image for another chip: id %d, this board is id %d" % (chip_id(block), chip)
        )
    if bytes(block[_APP_DESC : _APP_DESC + 4]) != _APP_DESC_MAGIC:
        # The combined file starts with the bootloader, a valid image without esp_app_desc_t:
        # set_boot() takes it and the bootloader then refuses it.
        raise UpdateError(
            "no application: probably the combined firmware.bin; upload the .app-bin instead"
        )
