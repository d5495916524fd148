"""Text in a file or on stdin; a list of targets: a controller id a line, blank lines, # comments.

Windows writes a mark in front of UTF-8 and pipes in UTF-16; both are read. A table in place of a
list is refused with the line that shows it: which column holds the ids is not guessed.
"""

import codecs
import re
import sys

from rollouts.cli.exits import UsageError

_COMMENT = re.compile(r"(^|\s)#.*")
_SEPARATOR = re.compile(r'[,;"\s]')


def names_in(file):
    """Return the controller ids in a Path, of stdin for `-`. Raises UsageError, OSError."""
    name, text = text_in(file)
    ids = [_id(line, name, number) for number, line in enumerate(text.splitlines(), 1)]
    found = [one for one in ids if one]
    if not found:
        raise UsageError(f"{name} names no target: it wants one controller id a line")
    return found


def text_in(file):
    """Return what a Path is called in errors, and the text in it; of stdin for `-`. Raises so."""
    from_stdin = str(file) == "-"
    name = "stdin" if from_stdin else str(file)
    data = sys.stdin.buffer.read() if from_stdin else file.read_bytes()
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if utf_16 else "utf-8-sig"
    try:
        return name, data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{name}, line {line}: this is no text in {encoding}") from error


def _id(line, name, number):
    """Return the controller id of a line, "" where there is none."""
    text = _COMMENT.sub("", line).strip()
    separator = _SEPARATOR.search(text)
    if separator or not text.isprintable():
        seen = f"has {separator[0]!r} in it" if separator else "is no plain text"
        raise UsageError(
            f"{name}, line {number}: {text[:60]!r} {seen}; a list of targets has one "
            "controller id a line, no columns and no quotes (a CSV: cut its column of ids out)"
        )
    return text
