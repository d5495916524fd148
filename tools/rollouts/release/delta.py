"""Make a delta: an application image in terms of the one that a device runs now.

The format is docs/delta.md. bsdiff4 finds what the two have in common; every delta is
decoded and compared before it leaves this module.
"""

import hashlib
import io
import re
import struct
import zlib
from dataclasses import dataclass

from rollouts.api.errors import RefusedError

BLOCK = 4096
HEADER = struct.Struct("<4sI32sI32s")
FRAME = struct.Struct("<HHB")
STORED = 0x8000
NO_BASE = "0" * 16

_MAGIC = b"HKD1"
_MAX_COUNT = 255
_RAW_1_KIB = -10  # zlib's window bits: raw deflate, a window that a board has room for
_ELF_SHA256 = slice(176, 184)
_NAME = re.compile(r"(.+)\.from-([0-9a-f]{16})\.delta")


@dataclass(frozen=True)
class Piece:
    """`size` bytes of the image: `data`, or those of the base from `source` on."""

    size: int
    source: int
    data: bytes | None = None

    def part(self, begin, size):
        data = self.data and self.data[begin : begin + size]
        return Piece(size, self.source + begin, data)


def base_id(base: bytes | None) -> str:
    """Return the 16 hex digits that name a base: of its app_elf_sha256, or zeros for none.

    Raises RefusedError for an image that a device cannot tell from others.
    """
    if base is None:
        return NO_BASE
    found = base[_ELF_SHA256].hex()
    if found == NO_BASE:
        raise RefusedError("the base has no app_elf_sha256, by which a device would know it")
    return found


def name_of(filename: str, base: bytes | None) -> str:
    """Return what the delta is called that makes the image `filename`."""
    return f"{filename.rpartition('.')[0] or filename}.from-{base_id(base)}.delta"


def is_name(filename: str) -> bool:
    """Is it what name_of() returns?"""
    return _NAME.fullmatch(filename) is not None


def encode(image: bytes, base: bytes | None = None) -> bytes:
    """Return the delta that makes `image` of `base`, which ends with its appended sha256.

    Without a base it is the image compressed. Raises RuntimeError when it does not decode.
    """
    digest = hashlib.sha256(image).digest()
    proof = bytes(32) if base is None else base[-32:]
    head = HEADER.pack(_MAGIC, len(image), digest, len(base or b""), proof)
    made = head + b"".join(_frames(image, _blocks(image, base)))
    if decode(made, base) != image:
        raise RuntimeError("the delta does not make the image: please report it")
    return made


def _blocks(image, base):
    """Return (pieces, additions) of each block of the image; additions: as long as the block."""
    additions = bytearray(len(image))
    pieces: list[list] = [[] for _ in range(0, len(image), BLOCK)]
    at = 0
    for piece in _pieces(image, base, additions):
        done = 0
        while done < piece.size:
            size = min(piece.size - done, BLOCK - at % BLOCK)
            pieces[at // BLOCK].append(piece.part(done, size))
            at += size
            done += size
    return [(some, additions[i * BLOCK : (i + 1) * BLOCK]) for i, some in enumerate(pieces)]


def _pieces(image, base, additions):
    """Yield the Pieces that make up the image, and fill in what is to be added to the copies."""
    if base is None:
        yield Piece(len(image), 0, image)
        return
    # Imported late: only a delta with a base needs it.
    from bsdiff4 import core

    control, differences, extra = (io.BytesIO(part) for part in core.diff(base, image))
    at = source = 0
    while numbers := control.read(24):
        copied, literal, move = (core.decode_int64(numbers[i : i + 8]) for i in (0, 8, 16))
        additions[at : at + copied] = differences.read(copied)
        yield Piece(copied, source)
        yield Piece(literal, 0, extra.read(literal))
        at += copied + literal
        source += copied + move


def _frames(image, blocks):
    """Yield frames, each of as many blocks as fit into it."""
    done = 0
    while done < len(blocks):
        count, payload = _payload(blocks[done : done + _MAX_COUNT], done * BLOCK)
        if count:
            yield FRAME.pack(done, len(payload), count) + payload
        else:
            count, stored = 1, image[done * BLOCK : (done + 1) * BLOCK]
            yield FRAME.pack(done, STORED | len(stored), 1) + stored
        done += count


def _payload(blocks, source):
    """Return (count, payload) of the first `count` of the blocks; 0 when not even one fits."""
    packer = zlib.compressobj(9, zlib.DEFLATED, _RAW_1_KIB, 9)
    packed = best = b""
    for count, (pieces, additions) in enumerate(blocks):
        code, source = _code(pieces, additions, source)
        packed += packer.compress(code)
        payload = packed + packer.copy().flush()
        if len(payload) >= BLOCK:
            return count, best
        best = payload
    return len(blocks), best


def _code(pieces, additions, source):
    """Return the program of one block, and where the source is behind it."""
    code = bytearray()
    for piece in pieces:
        if piece.data is None:
            move = piece.source - source
            code += _number(piece.size << 1) + _number(move << 1 if move >= 0 else ~(move << 1))
            source = piece.source + piece.size
        else:
            code += _number(piece.size << 1 | 1) + piece.data
    pairs = _sparse(additions)
    return bytes(code + _number(len(pairs) // 2) + pairs), source


def _sparse(additions):
    """Return each addition that changes something, behind the gap before it."""
    pairs = bytearray()
    last = -1
    for position, change in enumerate(additions):
        if not change:
            continue
        while position - last > 256:  # a gap is a byte: an addition of 0 in between
            pairs += bytes((255, 0))
            last += 256
        pairs += bytes((position - last - 1, change))
        last = position
    return pairs


def _number(value):
    code = bytearray()
    while value > 0x7F:
        code.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(code) + bytes([value])


def decode(delta: bytes, base: bytes | None = None) -> bytes:
    """Return the image that a delta makes. Raises ValueError, also for what is no delta.

    For what encode() made, not for what strangers made: see lib/hawkbit/delta.py.
    """
    magic, size, digest, end, proof = HEADER.unpack_from(delta)
    if (magic, end) != (_MAGIC, len(base or b"")) or proof != (base or bytes(32))[-32:]:
        raise ValueError("no delta, or one for another base")
    image = bytearray()
    frames = io.BytesIO(delta[HEADER.size :])
    while head := frames.read(FRAME.size):
        first, length, count = FRAME.unpack(head)
        payload = frames.read(length & ~STORED)
        if first * BLOCK != len(image):
            raise ValueError(f"a frame of block {first} at {len(image)}")
        if length & STORED:
            image += payload
            continue
        program, source = io.BytesIO(zlib.decompress(payload, _RAW_1_KIB)), len(image)
        for _ in range(count):
            block, source = _made(program, min(BLOCK, size - len(image)), base, source)
            image += block
    if hashlib.sha256(image).digest() != digest:
        raise ValueError("it makes another image")
    return bytes(image)


def _made(program, size, base, source):
    """Return the block of `size` bytes that comes next, and the source behind it."""
    block = bytearray()
    while len(block) < size:
        number = _read(program)
        if number & 1:
            block += program.read(number >> 1)
            continue
        move = _read(program)
        source += ~(move >> 1) if move & 1 else move >> 1
        block += base[source : source + (number >> 1)]
        source += number >> 1
    pairs = iter(program.read(2 * _read(program)))
    position = -1
    for gap, change in zip(pairs, pairs, strict=True):
        position += gap + 1
        block[position] = (block[position] + change) % 256
    return block, source


def _read(program):
    [byte] = program.read(1)
    return byte if byte < 0x80 else byte & 0x7F | _read(program) << 7
