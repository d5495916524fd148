"""Print one closing line for several pytest runs: closing_line.py LOG...

The counts and seconds of the last closing line in each LOG are added up. Exits 1, and names
the LOG, when one has none.
"""

import re
import sys
from pathlib import Path

_CLOSING = re.compile(r"^=+ (.*) in ([\d.]+)s(?: \([\d:]+\))? =+$", re.MULTILINE)
_ORDER = ["failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error"]


def closing_line(paths: list[Path]) -> str:
    """Return the sum of the closing lines in these files. Raises ValueError."""
    counts: dict[str, int] = {}
    seconds = 0.0
    for path in paths:
        found = _CLOSING.findall(path.read_text(errors="replace"))
        if not found:
            raise ValueError(f"{path}: no closing line of pytest")
        summary, took = found[-1]
        seconds += float(took)
        for number, word in re.findall(r"(\d+) (\w+)", summary):
            word = re.sub("(warning|error)s", r"\1", word)
            counts[word] = counts.get(word, 0) + int(number)
    parts = [_count(counts[word], word) for word in _ORDER if word in counts]
    return f" {', '.join(parts) or 'no tests ran'} in {seconds:.2f}s ".center(80, "=")


def _count(number, word):
    plural = "s" if number != 1 and word in ("warning", "error") else ""
    return f"{number} {word}{plural}"


def main(arguments: list[str]) -> str | int:
    try:
        print(closing_line([Path(name) for name in arguments]))
    except (OSError, ValueError) as e:
        return str(e)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
