# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Sink: the next OTA slot (see download.py for what a sink is).

A half-written slot cannot boot: the first bytes of the image stay 0xFF until finish().
The running slot is never touched, and nothing is while the running image is on trial.
"""

import binascii

from esp32 import Partition
from micropython import const

from hawkbit import image, otadata, rollback
from hawkbit.errors import HawkbitError, UpdateError

_BLOCK = const(4096)
_ERASE = const(6)  # Partition.ioctl: erase one block
_STATES = const(("NEW", "PENDING_VERIFY", "VALID", "INVALID", "ABORTED"))


class FirmwareSlot:
    """The OTA slot after the running one, as found when the download begins."""

    is_slot = True

    def __init__(self):
        self._running = Partition(Partition.RUNNING)
        self._target = None
        self._head = bytearray(image.HEAD)

    def begin(self, artifact, have):
        """See download.py. UpdateError: no OTA slots, no otadata, image too large."""
        if otadata.partition(Partition) is None or len(otadata.slots(Partition)) < 2:
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
            image.check(block, image.chip_id(self._head))
            self._head[:] = block[: image.HEAD]
            for i in range(image.HEAD):
                block[i] = 0xFF
        self._target.ioctl(_ERASE, offset // _BLOCK)
        self._target.writeblocks(offset // _BLOCK, block, 0)

    def read(self, offset, buf):
        """See download.py; the withheld bytes are put back."""
        self._target.readblocks(offset // _BLOCK, buf)
        if offset == 0:
            buf[: image.HEAD] = self._head

    def finish(self):
        """See download.py. Programs the withheld bytes and erases the slot's old otadata
        entry: what is found there later, state and counted boots, comes from this update."""
        self._target.writeblocks(0, self._head, 0)
        entry = self._entry()
        if entry:
            entry.erase()

    def activate(self):
        """See download.py. Blocks while set_boot() verifies the image: up to a second."""
        running = otadata.running(Partition)
        if running:
            running.erase_other()
        try:
            self._target.set_boot()
        except OSError as e:
            raise UpdateError("the image does not verify, truncated or damaged: %s" % e)
        self._begin_trial()
        return True

    def _begin_trial(self):
        # UNDEFINED: this firmware was built without rollback. A cut may have come before.
        entry = self._entry()
        if entry and entry.state > otadata.ABORTED:
            entry.mark_new()

    def activated(self):
        """See download.py. What otadata says of the target tells whether it ever booted."""
        if self._target is None:
            raise UpdateError("the slot is not known any more")
        if self._target.info()[2] == self._running.info()[2]:
            self._begin_trial()
            return True
        entry = self._entry()
        if entry and entry.state in (otadata.PENDING_VERIFY, otadata.INVALID, otadata.ABORTED):
            raise UpdateError(
                "rolled back before it was confirmed: otadata says " + _STATES[entry.state]
            )
        return False

    def on_trial(self):
        """See download.py and rollback.py."""
        return rollback.on_trial()

    def confirm(self):
        """See download.py and rollback.py."""
        rollback.confirm()

    def revert(self):
        """See download.py and rollback.py. Does nothing to an image that was confirmed."""
        trial = rollback.on_trial()
        rollback.revert()
        return trial

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
        for slot in otadata.slots(Partition):
            if slot.info()[2] == int(address):
                self._target = slot

    def _entry(self):
        return otadata.entry(Partition, self._target.info()[2])
