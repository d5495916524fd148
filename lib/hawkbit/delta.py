# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Deltas: a new image made of the running one and a few kilobytes. Format: docs/delta.md.

Optional: without this module, or without `deflate` in the firmware, the full image is fetched.
A delta adds no trust: what it makes must have the hash of the full image.
"""

import binascii
import io
import struct

import deflate
from micropython import const

from hawkbit.client import BLOCK_SIZE
from hawkbit.download import Download
from hawkbit.errors import HTTPError, UpdateError

_HEADER = const(76)
_FRAME = const(5)
_STORED = const(0x8000)
_CHUNK = const(128)
_WINDOW_BITS = const(10)
_MIN_WINDOW = const(8192)  # of the download: the header and any frame fit into it


class DeltaDownload(Download):
    """Fetches the file `delta`, and makes `artifact` of it and of what runs now.

    frame: where in the file the frame begins that made the last block. With `offset` it is the
    place to go on from, after a reset too. UpdateError: the full image has to be taken.
    """

    def __init__(self, client, artifact, sink, delta, frame):
        super().__init__(client, artifact, sink, delta)
        self.frame = frame
        self._read_base = sink.read_base
        self._patch = Patch(sink.read_base, client.view)

    def begin(self, have, etag, block_done):
        """See download.py."""
        yield from super().begin(have, etag, block_done)
        self._resumed = False  # the second chance is the full image
        if self.offset == 0:
            self.frame = 0

    def window(self, size, block_done):
        """See download.py. What the server does not give is not asked for again."""
        try:
            yield from super().window(max(size, _MIN_WINDOW), block_done)
        except HTTPError as e:
            if e.is_transient():
                raise
            raise UpdateError("delta: %s" % e)

    def _position(self):
        return self.frame

    def _blocks(self, response, end, block_done):
        if self.frame == 0:
            self._check_header(response, end)
            self.frame = _HEADER
        while self.offset < self.artifact.size:
            following, first, count, stored = self._receive(response, end)
            if following > end:
                break  # the rest of it comes with the next window
            for number in range(first, first + count):
                if self._make(number * BLOCK_SIZE, stored):
                    block_done()
                    yield
            self.frame = following
        if end == self.file.size and self.offset < self.artifact.size:
            raise UpdateError("delta: cut off")

    def _check_header(self, response, end):
        # All that can be wrong with it is known before anything is erased.
        if end < _HEADER:
            raise UpdateError("delta: cut off")
        view = self._client.view[:_HEADER]
        self._read(response, view)
        magic, size, digest, base_end, proof = struct.unpack("<4sI32sI32s", view)
        digest = binascii.hexlify(digest).decode()
        if magic != b"HKD1" or (size, digest) != (self.artifact.size, self.artifact.digest):
            raise UpdateError("delta: not of this image")
        if base_end:
            base = view[:32]
            try:
                self._read_base(base_end - 32, base)
            except OSError as e:
                raise UpdateError("delta: the base cannot be read: %s" % e)
            if bytes(base) != proof:
                raise UpdateError("delta: of another base")

    def _receive(self, response, end):
        # Read the next frame, as far as this window goes. Returns where it ends, its first
        # block, how many blocks, and the size of the one that is stored in it, or 0.
        view = self._client.view
        start = self.frame + _FRAME
        if start >= end:
            self._read(response, view[: end - self.frame])
            return start + 1, 0, 0, 0
        self._read(response, view[:_FRAME])
        first, length, count = struct.unpack_from("<HHB", view)
        size = length & ~_STORED
        if not 0 < size <= BLOCK_SIZE or first * BLOCK_SIZE > self.offset:
            raise UpdateError("delta: bad frame at %d" % self.frame)
        payload = view[: min(size, end - start)]
        self._read(response, payload)
        if length & _STORED:
            return start + size, first, count, size
        if start + size <= end:
            self._patch.load(payload, first)
        return start + size, first, count, 0

    def _make(self, offset, stored):
        # Make and store the block at `offset`; returns False when it is stored already.
        # stored: the length of the block when it lies in the buffer as it is, or 0.
        if offset >= self.artifact.size:
            raise UpdateError("delta: longer than the image")
        block = self._block(offset)
        if not stored:
            self._patch.make(block)
        elif stored != len(block):
            raise UpdateError("delta: a stored block of %d bytes" % stored)
        if offset < self.offset:
            return False
        self._store(block)
        return True


class Patch:
    """Makes the blocks of one frame after the other; needs a buffer of 4 KiB and the window.

    read_base(offset, buf): fill `buf` from the running image. view: any 4096 bytes.
    """

    def __init__(self, read_base, view):
        self._read_base = read_base
        # Inflated from here and not from the network: a DeflateIO asks its stream for each byte.
        self._payload = io.BytesIO()
        self._payload.write(view)  # all that it ever takes, now
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
        self._source = first * BLOCK_SIZE

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
