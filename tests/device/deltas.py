"""Makes deltas piece by piece, right ones and wrong ones: see docs/delta.md."""

import hashlib
import struct

BLOCK = 4096
STORED = 0x8000


def number(value):
    """Return `value` as a number of a program."""
    code = b""
    while value > 127:
        code += bytes([value & 127 | 128])
        value >>= 7
    return code + bytes([value])


def literal(data):
    return number(len(data) << 1 | 1) + data


def copy(size, move=0):
    return number(size << 1) + number(move << 1 if move >= 0 else (-move << 1) - 1)


def additions(*pairs):
    """Return the end of a block's program; pairs: (gap, addition)."""
    return number(len(pairs)) + b"".join(bytes(pair) for pair in pairs)


def deflated(data):
    """Return `data` as raw deflate that compresses nothing: not every port can compress."""
    return b"\x01" + struct.pack("<HH", len(data), 0xFFFF ^ len(data)) + data


def frame(first, payload, count=1, flag=0):
    return struct.pack("<HHB", first, len(payload) | flag, count) + payload


def header(image, base=b"", **fields):
    """Return the header of a delta to `image`; fields: magic, size, sha256, end, proof."""
    right = {
        "magic": b"HKD1",
        "size": len(image),
        "sha256": hashlib.sha256(image).digest(),
        "end": len(base),
        "proof": base[-32:] if base else bytes(32),
    }
    right.update(fields)
    names = ("magic", "size", "sha256", "end", "proof")
    return struct.pack("<4sI32sI32s", *[right[name] for name in names])


def reader(base):
    """Return a read_base(offset, buf) over bytes; OSError outside of them, as a slot's."""

    def read_base(offset, buf):
        if offset < 0 or offset + len(buf) > len(base):
            raise OSError(22)
        buf[:] = base[offset : offset + len(buf)]

    return read_base


def blocks(data):
    return [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]


def changes(block, there):
    """Return the additions that make `block` of `there`, or None when they are too many."""
    pairs, last = [], -1
    for i in range(len(block)):
        while i - last > 256:
            pairs.append((255, 0))
            last += 256
        if block[i] != there[i]:
            pairs.append((i - last - 1, (block[i] - there[i]) % 256))
            last = i
    return additions(*pairs) if len(pairs) < 500 else None


def make(image, base, most=3, stored=()):
    """Return a right delta with up to `most` blocks a frame.

    Stored are the blocks of these numbers, those that are too unlike, and a short last one.
    """
    made = header(image, base)
    code, count = b"", 0
    whole = blocks(image)
    for number, block in enumerate(whole):
        there = base[number * BLOCK : number * BLOCK + len(block)]
        end = None
        if len(there) == len(block) == BLOCK and number not in stored:
            end = changes(block, there)
        if count and (end is None or count == most):
            made += frame(number - count, deflated(code), count)
            code, count = b"", 0
        if end is None:
            made += frame(number, block, flag=STORED)
        else:
            code += copy(BLOCK) + end
            count += 1
    if count:
        made += frame(len(whole) - count, deflated(code), count)
    return made
