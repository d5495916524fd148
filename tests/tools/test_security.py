"""SECURITY.md: what it says is shown exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()


def test_every_test_and_link_exists():
    named = re.findall(r"`(tests/[^`]+)`", TEXT) + re.findall(r"\]\(([^)#]+)", TEXT)
    assert len(named) >= 15
    for path in named:
        assert (ROOT / path).exists(), path


def test_every_threat_says_what_stops_it():
    rows = [line.split("|")[1:-1] for line in TEXT.splitlines() if line.startswith("| ")]
    for who, could, stops, shown, left in rows[1:]:
        assert who.strip() and could.strip() and stops.strip(), who
        assert shown.strip() or left.strip(), who
