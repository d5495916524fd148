"""What the programs of a delta make, and what damaged ones do not."""

import binascii

from deltas import additions, copy, deflated, literal, number, reader
from hawkbit.delta import Patch
from hawkbit.errors import UpdateError
from runner import raises

BASE = bytes([i * 7 % 251 for i in range(4160)])
# docs/delta.md
VECTOR = binascii.unhexlify(
    "484b4431081000004ee6e3d181b3fd0c6740ffadbfa21c4d42023df1ab3e85f0"
    "a2152267a6f4c742401000001f262d343b424950575e656c737a81888f969da4"
    "abb2b9c0c7ced5dce3eaf1f80000160001fba0a7c09d929a5392d826385f9e99"
    "93f13f03e37f00010008800174686520656e642e"
)


def new_patch(base=BASE):
    return Patch(reader(base), bytes(4096))


def make(program, size=16, first=0, base=BASE):
    """Return the block of `size` bytes that a program makes."""
    patch = new_patch(base)
    patch.load(deflated(program), first)
    block = bytearray(size)
    patch.make(memoryview(block))
    return bytes(block)


# what it is, program, block of 16 bytes
PROGRAMS = (
    ("literal bytes", literal(b"sixteen of them.") + additions(), b"sixteen of them."),
    ("a copy", copy(16) + additions(), BASE[:16]),
    ("a copy further on", copy(16, 100) + additions(), BASE[100:116]),
    ("a copy goes on", copy(6, 9) + copy(10) + additions(), BASE[9:25]),
    ("a copy from behind", copy(8, 50) + copy(8, -58) + additions(), BASE[50:58] + BASE[:8]),
    ("both", copy(2) + literal(b"12345678") + copy(6) + additions(), None),
    ("pieces of nothing", copy(0, 3) + literal(b"") + copy(16, -3) + additions(), BASE[:16]),
    ("additions", literal(bytes(16)) + additions((0, 1), (14, 255)), b"\1" + bytes(14) + b"\xff"),
    ("modulo 256", literal(b"\xff" * 16) + additions((15, 2)), b"\xff" * 15 + b"\1"),
    ("the last byte of the base", copy(16, 4144) + additions(), BASE[-16:]),
)


def test_programs_make_their_block():
    for what, program, block in PROGRAMS:
        assert make(program) == (block or BASE[:2] + b"12345678" + BASE[2:8]), what


def test_source_begins_at_the_first_block_of_the_frame():
    assert make(copy(16) + additions(), first=1) == BASE[4096:4112]


def test_source_may_lie_as_far_as_a_number_goes():
    for place in (0, 1, 63, 64, 8191, 8192, (1 << 20) - 1, 1 << 20, 16 << 20):
        asked = []
        patch = Patch(lambda offset, buf, to=asked: to.append((offset, len(buf))), bytes(4096))
        patch.load(deflated(copy(16, place) + additions()), 0)
        patch.make(memoryview(bytearray(16)))
        assert asked == [(place, 16)]


def test_frame_of_several_blocks_keeps_its_source():
    patch = new_patch()
    patch.load(deflated(copy(16) + additions() + copy(8) + additions((0, 1))), 0)
    block = bytearray(16)
    patch.make(memoryview(block))
    patch.make(memoryview(block)[:8])
    assert block[:8] == bytes([BASE[16] + 1]) + BASE[17:24]


def test_vector_of_the_docs_inflates_and_makes_its_block():
    patch = new_patch()
    patch.load(VECTOR[81:-13], 0)
    block = bytearray(4096)
    patch.make(memoryview(block))
    wanted = bytearray(BASE[16:3016] + b"delta" + BASE[1016:2107])
    wanted[9] += 1
    wanted[267] = (wanted[267] + 255) % 256
    assert block == wanted


WRONG_PROGRAMS = (
    ("nothing at all", b""),
    ("no additions", literal(bytes(16))),
    ("literals cut off", literal(bytes(16))[:9]),
    ("a copy cut off", number(32)),
    ("a number cut off", b"\x80"),
    ("a number of five bytes", b"\x80\x80\x80\x80\x01"),
    ("a literal longer than the block", literal(bytes(17)) + additions()),
    ("a copy longer than the block", copy(17) + additions()),
    ("a copy far longer", copy(1 << 20) + additions()),
    ("two pieces longer", copy(8) + copy(9) + additions()),
    ("before the base", copy(16, -1) + additions()),
    ("far before the base", copy(16, -(1 << 26)) + additions()),
    ("over the end of the base", copy(16, 4145) + additions()),
    ("far behind the base", copy(16, 1 << 26) + additions()),
    ("an addition behind the block", literal(bytes(16)) + additions((15, 1), (0, 1))),
    ("an addition far behind", literal(bytes(16)) + additions((255, 1))),
    ("gaps cut off", literal(bytes(16)) + additions((0, 1), (1, 1))[:-1]),
    ("more gaps than numbers", literal(bytes(16)) + b"\xff\xff\xff\x7f"),
)


def test_wrong_programs_are_update_errors():
    for what, program in WRONG_PROGRAMS:
        try:
            raises(UpdateError, make, program)
        except Exception as e:
            raise AssertionError("%s: %r" % (what, e))


def test_what_an_earlier_frame_left_behind_is_not_read():
    patch = new_patch()
    patch.load(deflated(literal(bytes(64)) + additions()), 0)
    patch.load(deflated(literal(b"short"))[:-1], 0)
    raises(UpdateError, patch.make, memoryview(bytearray(5)))


def test_payloads_that_do_not_inflate_are_update_errors():
    right = deflated(literal(bytes(16)) + additions())
    for payload in (b"\x07", b"\xff" * 20, b"\0", right[:-1], right[:3]):
        patch = new_patch()
        patch.load(payload, 0)
        raises(UpdateError, patch.make, memoryview(bytearray(16)))


def test_whatever_a_block_fails_by_is_an_update_error():
    for error in (OSError(5), EOFError(), ValueError("x"), IndexError("x"), MemoryError()):

        def read_base(offset, buf, error=error):
            raise error

        patch = Patch(read_base, bytes(4096))
        patch.load(deflated(copy(16) + additions()), 0)
        assert repr(error) in str(raises(UpdateError, patch.make, memoryview(bytearray(16))))


def test_program_is_as_long_as_its_blocks_need():
    patch = new_patch()
    code = literal(BASE[:1000]) + number(1000) + bytes([0, 1]) * 1000
    patch.load(deflated(code * 20), 0)
    block = bytearray(1000)
    for _ in range(20):
        patch.make(memoryview(block))
        assert block == bytes([b + 1 for b in BASE[:1000]])


def test_block_filled_from_literals_alone():
    data = BASE[:4096]
    assert make(literal(data) + additions(), size=4096) == data


def test_nothing_is_read_before_the_base():
    asked = []
    for program in (copy(16, -1), copy(8) + copy(8, -9), copy(0, -5) + copy(16)):
        patch = Patch(lambda offset, buf: asked.append(offset), bytes(4096))
        patch.load(deflated(program + additions()), 0)
        raises(UpdateError, patch.make, memoryview(bytearray(16)))
    assert min(asked) >= 0, asked
