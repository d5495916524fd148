"""Queries in hawkBit's RSQL that find a given text, whatever is in it.

The server compares without regard to case, and its escapes differ between versions; so a
query here may find more than was meant (odd characters become `*`), never less. The
caller keeps what is exactly equal.
"""

import re
from collections.abc import Iterable

# Neither special to RSQL nor to hawkBit's placeholders (${now_ts}).
_PLAIN = re.compile(r"[^A-Za-z0-9._+:@ -]")


def matching(field: str, value: str) -> str:
    """Return `field=="value"` with a wildcard for every character that could mean more."""
    return f'{field}=="{_PLAIN.sub("*", value)}"'


def is_plain(value: str) -> bool:
    return value != "" and not _PLAIN.search(value)


def one_of(field: str, values: Iterable[str | int]) -> str:
    """Return `field=in=(...)`; for values that `is_plain` and for numbers."""
    listed = ",".join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)
    return f"{field}=in=({listed})"


def tagged(name: str) -> str:
    return matching("tag", name)


def all_of(*terms: str) -> str:
    return ";".join(terms)
