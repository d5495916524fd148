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

HEADER = const(76)
FRAME = const(5)

_BLOCK = const(4096)
_MAX_PROGRAM = const(4096 + 64)
_WINDOW_BITS = const(10)


class Patch:
    """Makes the blocks of one frame after the other, in two buffers of 4 KiB.

    read_base(offset, buf): fill `buf` from the running image. Both methods raise UpdateError.
    """

    def __init__(self, read_base):
        self._read_base = read_base
        self._payload = io.BytesIO()
        self._payload.write(bytes(_BLOCK))  # all that it ever takes, now
        self._program = memoryview(bytearray(_MAX_PROGRAM))
        self._length = self._at = self._source = 0

    def load(self, payload, first):
        """Inflate the payload of a frame whose first block is `first`."""
        stream = self._payload
        stream.seek(0)
        stream.write(payload)
        stream.seek(0)
        try:
            # Not read from the network: a DeflateIO asks its stream for each byte.
            inflated = deflate.DeflateIO(stream, deflate.RAW, _WINDOW_BITS)
            self._length = inflated.readinto(self._program)
            if stream.tell() != len(payload):
                raise ValueError("its end")
        except (OSError, EOFError, ValueError, MemoryError) as e:
            raise UpdateError("delta: a frame does not inflate: %r" % e)
        self._at = 0
        self._source = first * _BLOCK

    def make(self, block):
        """Make the next block of the frame: 4096 bytes, or the rest of the image."""
        try:
            self._fill(block)
            self._add(block)
        except (OSError, ValueError, IndexError) as e:
            raise UpdateError("delta: a block cannot be made: %r" % e)

    def _fill(self, block):
        at = 0
        while at < len(block):
            number = self._number()
            view = block[at : at + (number >> 1)]
            at += number >> 1
            if number & 1:
                start = self._at
                self._at += number >> 1
                view[:] = self._program[start : self._at]
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
        program = self._program
        count = self._number()
        gap = self._at
        self._at += 2 * count
        if self._at > self._length:
            raise ValueError("too short")
        position = -1
        for i in range(gap, gap + count):
            position += program[i] + 1
            block[position] = block[position] + program[i + count] & 0xFF

    def _number(self):
        # 7 bits a byte, the lowest first; at most 4 bytes.
        number = 0
        for shift in (0, 7, 14, 21):
            byte = self._program[self._at]
            self._at += 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
        raise ValueError("no number")
