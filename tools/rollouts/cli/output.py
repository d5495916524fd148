"""The one place that prints: results to stdout, everything else to stderr.

Three forms of a result: tables on a terminal, tab-separated lines without one, JSON on
request. Whatever comes from outside may hold escape sequences or a secret; neither passes.
"""

import json
import re
import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rollouts.api import wire

# C0 and C1 controls, and the marks that reorder text on a terminal.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_SHORT_SECRET = 8
_NAMES_SHOWN = 5


def harmless(text):
    """Return `text` on one line, with control characters spelled out (\\x1b)."""
    return _CONTROLS.sub(lambda found: found.group().encode("unicode_escape").decode(), str(text))


def counted(number):
    """Return so many targets in words."""
    return f"{number} target{'' if number == 1 else 's'}"


def named(targets):
    """Return how many targets these are, with the first names."""
    first = ", ".join(targets[:_NAMES_SHOWN]) + (", ..." if len(targets) > _NAMES_SHOWN else "")
    return f"{counted(len(targets))} ({first})"


def table(titles, rows, caption=None, one_line=False):
    """Return a rich table. Its texts are shown as they are.

    `one_line`: of a row that is too long, only the last cell is cut off; else cells are folded.
    """
    made = Table(box=None, header_style="bold", pad_edge=False, caption=caption)
    for title in titles:
        is_kept = one_line and title != titles[-1]
        made.add_column(title, no_wrap=is_kept, overflow="ellipsis" if one_line else "fold")
    for row in rows:
        texts = (Text(harmless(x), no_wrap=one_line) if isinstance(x, str) else x for x in row)
        made.add_row(*texts)
    return made


class Output:
    """`as_json`: results as JSON. `hide(secret)`: never show it, wherever it turns up."""

    def __init__(self, as_json=False, stdout=None, stderr=None):
        self.as_json = as_json
        self._stdout = _tolerant(stdout or sys.stdout)
        self._stderr = _tolerant(stderr or sys.stderr)
        self._secrets = []
        self.is_terminal = self._stdout.isatty() and not as_json
        self.progress_console = Console(file=self._stderr, soft_wrap=False)

    @property
    def shows_progress(self):
        """True where moving bars can be drawn: stderr is a terminal."""
        return self.progress_console.is_terminal

    def hide(self, *secrets):
        for secret in secrets:
            if not secret:
                continue
            # A short one ("admin") is also an everyday word: only where it stands alone.
            pattern = re.escape(secret)
            is_short = len(secret) < _SHORT_SECRET
            self._secrets.append(rf"(?<!\w){pattern}(?!\w)" if is_short else pattern)

    def masked(self, text):
        for pattern in self._secrets:
            text = re.sub(pattern, "***", text)
        return text

    def rows(self, items, columns):
        """Show a list of dataclasses or dicts. `columns`: {title: function(item)}."""
        if self.as_json:
            self._json([wire.to_json(item) for item in items])
            return
        lines = [[self._cell(get(item)) for get in columns.values()] for item in items]
        if self.is_terminal:
            Console(file=self._stdout, highlight=False).print(table(columns, lines))
        else:
            for line in lines:
                self._out("\t".join(line))

    def record(self, item, fields=None):
        """Show one thing, a line a member. `fields`: what a reader sees instead of --json."""
        known = wire.to_json(item)
        if self.as_json:
            self._json(known)
            return
        lines = [(name, self._cell(value)) for name, value in (fields or known).items()]
        width = max((len(name) for name, _ in lines), default=0)
        for name, value in lines:
            self._out(f"{name:{width}}  {value}" if self.is_terminal else f"{name}\t{value}")

    def done(self, text, item=None):
        """Say that something was done: `text`, or `item` as JSON."""
        if self.as_json:
            self._json(wire.to_json({"done": text} if item is None else item))
        else:
            self._out(harmless(self.masked(text)))

    def raw(self, text):
        """Print text that is made here and meant as it is (completion scripts)."""
        self._out(text)

    def note(self, text):
        """A line for the person who waits, on stderr."""
        lines = [harmless(self.masked(line)) for line in text.splitlines()]
        print("\n".join(lines), file=self._stderr, flush=True)

    def error(self, text):
        self.note(f"rollouts: {text}")

    def flush(self):
        self._stdout.flush()

    def _json(self, value):
        # ASCII only: control characters in a name arrive as escapes.
        self._out(json.dumps(self._masked_json(value), indent=2))

    def _masked_json(self, value):
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, list):
            return [self._masked_json(item) for item in value]
        if isinstance(value, dict):
            return {key: self._masked_json(item) for key, item in value.items()}
        return value

    def _cell(self, value):
        if value is None:
            return "-"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return ", ".join(self._cell(part) for part in value) or "-"
        return harmless(self.masked(str(value)))

    def _out(self, text):
        print(text, file=self._stdout)


def _tolerant(stream):
    # A terminal that cannot show a character gets its escape, not an exception.
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream
