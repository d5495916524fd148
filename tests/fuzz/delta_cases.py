"""Deltas with something wrong in them: each has to end in the full image, stored and activated.

    python delta_cases.py SEED FIRST COUNT  # prints [number of the case, what happened]

of those that end otherwise. In the current directory: delta.bin, made by the publisher of
delta_board's images. What is wrong is drawn by the structure: header, frames, programs,
numbers, bytes. Runs on CPython and MicroPython.
"""

import io
import json
import random
import struct
import sys
from random import choice, getrandbits, randrange

import deflate
import deltas
from delta_board import FULL, NAME, board, ends_well
from hawkbit import log

_SEED_STEP = 1000003
_SIZES = (0, 1, 2, 255, 256, 4095, 4096, 4097, 4160, 0x7FFF, 0x8000, 0xFFFF)
_RIGHT_IN = 50  # one case of so many has nothing wrong


def _inflated(payload):
    program = bytearray(8192)
    size = deflate.DeflateIO(io.BytesIO(payload), deflate.RAW, 10).readinto(program)
    return bytes(program[:size])


def _parsed(data):
    """Return a delta as [header, [first, length word, count, payload], ...]."""
    parts = [data[:76]]
    at = 76
    while at < len(data):
        first, length, count = struct.unpack_from("<HHB", data, at)
        end = at + 5 + (length & 0x7FFF)
        parts.append([first, length, count, data[at + 5 : end]])
        at = end
    return parts


def _joined(parts):
    frames = [struct.pack("<HHB", *part[:3]) + part[3] for part in parts[1:]]
    return parts[0] + b"".join(frames)


def _spoil_bytes(data):
    """Return `data` with bytes changed, dropped, put in, doubled, or cut off."""
    data = bytearray(data)
    for _ in range(choice((1, 1, 1, 2, 5))):
        at = randrange(len(data) + 1)
        kind = randrange(6)
        if kind < 2 and at < len(data):
            data[at] = choice((0, 1, 127, 128, 255, data[at] ^ 1 << randrange(8)))
        elif kind == 2:
            data[at : at + randrange(1, 9)] = b""
        elif kind == 3:
            data[at:at] = bytes([getrandbits(8) for _ in range(randrange(1, 9))])
        elif kind == 4:
            data[at:at] = data[at : at + randrange(1, 200)]
        else:
            del_from = max(at, 1)
            data = data[:del_from]
    return bytes(data)


def _spoil_header(parts):
    fields = list(struct.unpack("<4sI32sI32s", parts[0]))
    which = randrange(5)
    if which in (1, 3):
        fields[which] = choice((0, 1, 31, 32, fields[which] + 1, 1 << 24, 0xFFFFFFFF))
    else:
        fields[which] = (_spoil_bytes(fields[which]) + bytes(32))[: len(fields[which])]
    parts[0] = struct.pack("<4sI32sI32s", *fields)


def _spoil_order(parts):
    at = randrange(1, len(parts))
    kind = randrange(4)
    if kind == 0:
        del parts[at]
    elif kind == 1:
        parts.insert(at, list(choice(parts[1:])))
    elif kind == 2:
        parts.append(parts.pop(at))
    else:
        parts[at], parts[-1] = parts[-1], parts[at]


def _spoil_frame(parts):
    part = choice(parts[1:])
    field = randrange(3)
    if field == 2:
        part[2] = choice((0, 1, part[2] + 1, 255)) & 0xFF
    else:
        part[field] = choice(_SIZES + (part[field] + 1, part[field] ^ 0x8000)) & 0xFFFF


def _spoil_program(parts):
    inflating = [part for part in parts[1:] if not part[1] & 0x8000]
    part = choice(inflating)
    program = choice((_spoil_bytes, _spoil_numbers))(_inflated(part[3]))
    part[3] = deltas.deflated(program[:4091])
    part[1] = len(part[3])


def _spoil_numbers(program):
    """Return a program with one number that is far from right: long, negative, or no end."""
    at = randrange(len(program))
    number = choice(
        (
            deltas.number(choice(_SIZES) << randrange(15)),
            b"\xff" * randrange(1, 6),
            b"\x80" * randrange(1, 6),
            deltas.copy(choice(_SIZES), choice((-1, 1)) * (choice(_SIZES) << randrange(8))),
            deltas.additions((255, 255), (255, 1)),
        )
    )
    return program[:at] + number + program[at + choice((0, 1, 2)) :]


def _spoiled(right):
    parts = _parsed(right)
    kind = randrange(10)
    if kind == 0:
        return _spoil_bytes(right)
    if kind == 1:
        _spoil_header(parts)
    elif kind == 2:
        _spoil_order(parts)
    elif kind < 5:
        _spoil_frame(parts)
    elif kind == 5:
        part = choice(parts[1:])
        part[3] = _spoil_bytes(part[3])
        part[1] = len(part[3]) & 0x7FFF | part[1] & 0x8000
    else:
        _spoil_program(parts)
    return _joined(parts)


def case(right, seed, number):
    """Run one case; return what happened that must not, or None."""
    random.seed(seed * _SEED_STEP + number)
    is_right = number % _RIGHT_IN == 0
    try:
        server, device = board({NAME: right if is_right else _spoiled(right) or b"x"})
        device.hooks["window_bytes"] = choice((4096, 16384, 1 << 20))
        if not randrange(3):
            device.cut(1 + randrange(12))
        ends_well(server, device)
        assert not is_right or not server.seen(FULL), "a right delta was not used"
        assert not device.errors(), device.errors()
    except Exception as e:
        return repr(e)
    return None


def main(seed, first, count):
    """Run `count` cases from number `first`; print a JSON line for each that is wrong."""
    log.level = 0
    with open("delta.bin", "rb") as f:
        right = f.read()
    for number in range(first, first + count):
        happened = case(right, seed, number)
        if happened:
            print(json.dumps([number, happened]))


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
