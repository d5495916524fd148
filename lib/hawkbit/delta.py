# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Deltas: a new image made of the running one and a few kilobytes. Format: docs/delta.md.

Optional: without this module, or without `deflate` in the firmware, the full image is fetched.
A delta adds no trust: what it makes must have the hash of the full image.
"""

import io

import deflate
from micropython import const

from hawkbit.errors import UpdateError

_BLOCK = const(4096)
_CHUNK = const(128)
_WINDOW_BITS = const(10)


class Patch:
    """Makes the blocks of one frame after the other; needs a buffer of 4 KiB and the window.

    read_base(offset, buf): fill `buf` from the running image.
    """

    def __init__(self, read_base):
        self._read_base = read_base
        # Inflated from here and not from the network: a DeflateIO asks its stream for each byte.
        self._payload = io.BytesIO()
        self._payload.write(bytes(_BLOCK))  # all that it ever takes, now
        self._chunk = memoryview(bytearray(_CHUNK))
        self._program = None
        self._at = self._have = self._size = self._source = 0

    def load(self, payload, first):
        """Take the payload of a frame whose first block is `first`."""
        self._payload.seek(0)
        self._payload.write(payload)
        self._payload.seek(0)
        self._program = deflate.DeflateIO(self._payload, deflate.RAW, _WINDOW_BITS)
        self._at = self._have = 0
        self._size = len(payload)
        self._source = first * _BLOCK

    def make(self, block):
        """Make the next block of the frame: 4096 bytes, or the rest of the image.

        Raises UpdateError.
        """
        try:
            self._fill(block)
            self._add(block)
        except (OSError, EOFError, ValueError, IndexError, MemoryError) as e:
            raise UpdateError("delta: a block cannot be made: %r" % e)

    def _fill(self, block):
        at = 0
        while at < len(block):
            number = self._number()
            view = block[at : at + (number >> 1)]
            at += number >> 1
            if number & 1:
                self._literal(view)
                continue
            move = self._number()
            self._source += -(move + 1 >> 1) if move & 1 else move >> 1
            if self._source < 0:
                raise ValueError("before the base")
            self._read_base(self._source, view)
            self._source += number >> 1
        if at > len(block):
            raise ValueError("too long")

    def _add(self, block):
        # Additions modulo 256, each behind a gap.
        position = -1
        for _ in range(self._number()):
            position += self._byte() + 1
            block[position] = block[position] + self._byte() & 0xFF

    def _literal(self, view):
        n = min(len(view), self._have - self._at)
        view[:n] = self._chunk[self._at : self._at + n]
        self._at += n
        if n < len(view) and self._inflate(view[n:]) < len(view) - n:
            raise ValueError("cut off")

    def _number(self):
        # 7 bits a byte, the lowest first; at most 4 bytes.
        number = 0
        for shift in (0, 7, 14, 21):
            byte = self._byte()
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise ValueError("no number")

    def _byte(self):
        if self._at == self._have:
            self._at = 0
            self._have = self._inflate(self._chunk)
            if self._have == 0:
                raise ValueError("cut off")
        self._at += 1
        return self._chunk[self._at - 1]

    def _inflate(self, view):
        n = self._program.readinto(view)
        if self._payload.tell() > self._size:
            raise ValueError("no end")  # it read what an earlier frame left behind
        return n
