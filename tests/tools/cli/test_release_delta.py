"""Deltas as the publisher makes them: sizes, edges, and the vector of docs/delta.md."""

import ast
import random
import re
from pathlib import Path

import appimage
import pytest
from rollouts.api.errors import RefusedError
from rollouts.release import delta

ROOT = Path(__file__).parents[3]
RELEASES = ROOT.parent / "shared/firmware/releases"


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


OLD = noise(50_000)
# what became of it, the new image, the most that its delta may take
STEPS = [
    ("nothing", OLD, 200),
    ("one byte", OLD[:20_000] + b"x" + OLD[20_001:], 200),
    ("bytes far apart", bytes(b + (i % 700 == 0) & 0xFF for i, b in enumerate(OLD)), 400),
    ("a long gap", OLD[:256] + b"x" + OLD[257:4000] + b"y" + OLD[4001:], 250),
    ("bytes moved on", OLD[:10_000] + b"inserted" + OLD[10_000:], 300),
    ("bytes moved back", OLD[:10_000] + OLD[10_100:], 300),
    ("halves exchanged", OLD[30_000:] + OLD[:30_000], 300),
    ("a new end", OLD + noise(10_000, 2), 10_500),
    ("shorter", OLD[:12_345], 200),
    ("twice", OLD + OLD, 400),
    ("nothing alike", noise(40_000, 3), 40_200),
    ("one byte in all", b"x", 100),
    ("a block and a byte", OLD[:4097], 200),
    ("a block less a byte", OLD[:4095], 200),
]


@pytest.mark.parametrize(("new", "most"), [step[1:] for step in STEPS], ids=[s[0] for s in STEPS])
def test_delta_makes_the_image_and_is_small(new, most):
    made = delta.encode(new, OLD)
    assert delta.decode(made, OLD) == new
    assert len(made) <= most


@pytest.mark.parametrize("size", [1, 4095, 4096, 4097, 300 * 4096])
def test_without_a_base_it_is_the_image_compressed(size):
    text = (b"%d " * 400000 % tuple(range(400000)))[:size]
    made = delta.encode(text)
    assert delta.decode(made) == text
    assert len(made) < size * 0.6 + 120


def test_frames_follow_one_another_within_their_bounds():
    made = delta.encode(OLD[:30_000] + noise(5000) + bytes(2_000_000), OLD)
    at, block = delta.HEADER.size, 0
    while at < len(made):
        first, length, count = delta.FRAME.unpack_from(made, at)
        assert first == block and 1 <= count <= 255
        assert 1 <= length & ~delta.STORED <= 4096
        assert not length & delta.STORED or count == 1
        at += delta.FRAME.size + (length & ~delta.STORED)
        block += count
    assert at == len(made) and block == -(-2_035_000 // 4096)


def test_another_base_and_a_damaged_delta_are_refused():
    new = OLD[:9000] + b"new" + OLD[9000:]
    made = delta.encode(new, OLD)
    damaged = made[:8] + bytes([made[8] ^ 1]) + made[9:]
    for wrong, base in [(made, OLD[1:] + b"x"), (made, None), (b"x" + made[1:], OLD)]:
        with pytest.raises(ValueError, match="another base"):
            delta.decode(wrong, base)
    with pytest.raises(ValueError, match="another image"):
        delta.decode(damaged, OLD)


def test_name_says_what_it_makes_and_of_what():
    base = appimage.make(version="1.0.0")
    name = delta.name_of("firmware-2.0.app-bin", base)
    assert name == f"firmware-2.0.from-{base[176:184].hex()}.delta" and delta.is_name(name)
    assert delta.name_of("plain", None) == "plain.from-0000000000000000.delta"
    assert not delta.is_name("firmware.app-bin") and not delta.is_name("x.from-00.delta")
    with pytest.raises(RefusedError, match="no app_elf_sha256"):
        delta.name_of("a.b", bytes(300))


def test_vector_of_the_docs_is_what_its_text_says_and_what_boards_test():
    text = (ROOT / "docs/delta.md").read_text().partition("## A test vector")[2]
    vector = bytes.fromhex("".join(re.findall(r"^    ([0-9a-f]+)$", text, re.MULTILINE)))
    base = bytes(i * 7 % 251 for i in range(4160))
    image = delta.decode(vector, base)
    assert len(image) == 4104 and delta.HEADER.unpack_from(vector)[2].hex() in text
    tree = ast.parse((ROOT / "tests/device/test_delta.py").read_text())
    strings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert vector.hex() in strings


@pytest.mark.skipif(not RELEASES.exists(), reason="real releases only in ../shared")
@pytest.mark.parametrize(
    ("old", "new", "percent"), [("09", "12", 0.4), ("12", "13", 0.9), ("13", "14", 1.6)]
)
def test_real_releases_differ_by_little(old, new, percent):
    base, image = ((RELEASES / f"{name}.app-bin").read_bytes() for name in (old, new))
    assert len(delta.encode(image, base)) <= len(image) * percent / 100
