"""boards/README.md has every error text of the library, with its cause and its mend."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARY = [ast.parse(path.read_text()) for path in (ROOT / "lib" / "hawkbit").glob("*.py")]
SECTION = (ROOT / "boards" / "README.md").read_text().partition("## Errors, and")[2]
SECTION = SECTION.partition("\n## ")[0]
# Of a delta: each is what stands behind "a block cannot be made".
DETAILS = {"no number", "too long", "too short", "cut off", "no end", "its end", "before the base"}


def strings(tree) -> set[str]:
    """Return the texts with a space in a tree, `…` where % puts something in."""
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    texts = {text for text in texts if isinstance(text, str) and " " in text}
    return {re.sub(r"%(\(\w+\))?[dsr]", "…", text).strip() for text in texts}


def raised() -> set[str]:
    """Return the texts that the library raises."""
    nodes = [node for tree in LIBRARY for node in ast.walk(tree)]
    calls = [node.exc for node in nodes if isinstance(node, ast.Raise) and node.exc]
    return {text for call in calls for text in strings(call)}


def listed() -> list[str]:
    """Return the texts of the tables' first columns."""
    rows = [line.split("|")[1] for line in SECTION.splitlines() if line.startswith("| `")]
    return [re.fullmatch(r"(`+) ?(.*?) ?\1", text)[2] for row in rows for text in cells(row)]


def cells(row: str) -> list[str]:
    return [text.strip() for text in row.split("<br>")]


def bare(text: str) -> str:
    return text.strip(" …")


def test_every_text_of_the_tables_is_in_the_library():
    known = {bare(text) for tree in LIBRARY for text in strings(tree)}
    assert [text for text in listed() if bare(text) not in known] == []
    assert len(listed()) > 60


def test_every_text_that_the_library_raises_is_in_the_tables():
    found = {bare(text) for text in listed()}
    assert [text for text in raised() - DETAILS if bare(text) not in found] == []
