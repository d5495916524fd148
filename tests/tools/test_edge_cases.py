"""The table of edge cases in tests/README.md names every row and every test of it."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
ROWS = 68
_LINE = re.compile(r"\| E(\d+) \| (.+) \| (.+) \|")
_TEST = re.compile(r"^def (test_e(\d+)_\w+)", re.MULTILINE)


def written() -> dict[int, set[str]]:
    """Return the tests of each row as the files have them."""
    found: dict[int, set[str]] = {}
    for path in (TESTS / "device").glob("test_edge_*.py"):
        for name, row in _TEST.findall(path.read_text()):
            found.setdefault(int(row), set()).add(name)
    return found


def listed() -> dict[int, set[str]]:
    """Return the tests of each row as the table has them."""
    found = {}
    for line in (TESTS / "README.md").read_text().splitlines():
        if match := _LINE.fullmatch(line):
            row = int(match[1])
            assert row not in found, f"E{row} is there twice"
            found[row] = {f"test_e{row}_{name}" for name in re.findall(r"`(\w+)`", match[3])}
    return found


def test_every_row_has_a_test():
    assert sorted(written()) == list(range(1, ROWS + 1))


def test_table_is_what_the_files_say():
    assert listed() == written()
