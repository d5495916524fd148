"""The answers that the device tests play are those that hawkBit gave, all of them."""

import json
from pathlib import Path

import pytest
from interpreters import DEVICE, ROOT

COPIES = DEVICE / "recordings"
ORIGINALS = ROOT.parent / "shared" / "recordings" / "hawkbit-1.0.4"


def _used(path: Path) -> list[str]:
    """Return the lines of a recording that the device tests use."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if _is_used(json.loads(line))]


def _is_used(line: dict) -> bool:
    return "answer" in line or line["note"].startswith("links offered next: ")


def test_every_answer_to_a_device_is_copied_as_it_was():
    if not ORIGINALS.exists():
        pytest.skip("no ../shared/recordings: the copies are not compared")
    originals = {path.name: _used(path) for path in ORIGINALS.glob("ddi_*.jsonl")}
    copies = {
        path.name: path.read_text(encoding="utf-8").splitlines() for path in COPIES.glob("*.jsonl")
    }
    assert copies == {name: lines for name, lines in originals.items() if lines}


def test_every_copy_has_a_table_and_a_test():
    scenarios = {path.stem for path in COPIES.glob("*.jsonl")}
    assert {path.stem for path in COPIES.glob("*.txt")} == scenarios
    tests = (DEVICE / "test_recorded.py").read_text()
    assert {name for name in scenarios if f'check("{name}")' in tests} == scenarios
