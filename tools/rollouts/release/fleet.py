"""Targets from a CSV file: each line looked at before anything is made.

The first line names the columns: controllerId, and any of name, description, address,
securityToken and tags (several with `;` between them). Commas, semicolons or tabs separate.
"""

import contextlib
import csv
from dataclasses import dataclass, field

from rollouts.api import wire
from rollouts.api.errors import RefusedError, ServerError
from rollouts.api.models import NewTag, NewTarget
from rollouts.release.selection import by_name

# What hawkBit takes, and the longest value of each.
_LONGEST = {
    "controllerId": 256, "name": 128, "description": 512, "address": 512, "securityToken": 128,
}  # fmt: skip
_COLUMNS = (*_LONGEST, "tags")
_TARGETS_PER_REQUEST = 500


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the file. `values`: by column; empty ones are left out."""

    line: int
    values: dict = field(repr=False)

    @property
    def controller_id(self):
        return self.values.get("controllerId", "")

    @property
    def tags(self):
        return [tag.strip() for tag in self.values.get("tags", "").split(";") if tag.strip()]

    def target(self):
        return wire.decode(NewTarget, self.values)


def read(text, name):
    """Return the Rows of a text, called `name`. Raises RefusedError with an error a line."""
    head = text.partition("\n")[0]
    separator = next((one for one in ";\t" if one in head), ",")
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    rows, problems = [], []
    try:
        header = [title.strip() for title in next(reader, [])]
        problems += _problems_of_header(header)
        # With columns that mean nothing, lines cannot be looked at.
        for cells in reader if not problems else ():
            if any(cells):
                given = {t: c.strip() for t, c in zip(header, cells, strict=False) if c.strip()}
                rows.append(Row(line=reader.line_num, values=given))
                problems += _problems_of_line(reader.line_num, header, cells, given)
    except csv.Error as error:
        problems.append(f"{reader.line_num}: {error}")
    problems += _problems_of_rows(rows)
    if problems:
        raise RefusedError("\n".join(f"{name}:{problem}" for problem in problems))
    return rows


def _problems_of_header(header):
    for title in header:
        if title not in _COLUMNS:
            yield f"1: there is no column {title!r}; there are {', '.join(_COLUMNS)}"
    if "controllerId" not in header:
        yield "1: the first line has to name the columns, controllerId among them"
    for title in sorted(set(header)):
        if header.count(title) > 1:
            yield f"1: column {title} is there twice"


def _problems_of_line(line, header, cells, given):
    if len(cells) != len(header):
        yield f"{line}: it has {len(cells)} values for {len(header)} columns"
    controller_id = given.get("controllerId", "")
    if not controller_id:
        yield f"{line}: there is no controllerId"
    if any(char.isspace() for char in controller_id):
        yield f"{line}: a controllerId has no space in it: {controller_id!r}"
    for title, longest in _LONGEST.items():
        length = len(given.get(title, ""))
        if length > longest:
            yield f"{line}: {title} has {length} characters, at most {longest} may be"


def _problems_of_rows(rows):
    if not rows:
        yield "1: there is no target in it"
    first: dict = {}
    for row in rows:
        before = first.setdefault(row.controller_id, row.line)
        if before != row.line and row.controller_id:
            yield f"{row.line}: {row.controller_id} is in line {before} already"


def compare(hawkbit, rows, name, may_change):
    """Return the Rows that are new, and those of targets that exist.

    Raises RefusedError for the latter with an error a line, unless `may_change`.
    """
    known = by_name(hawkbit, [row.controller_id for row in rows])
    old = [row for row in rows if row.controller_id in known]
    if old and not may_change:
        raise RefusedError(
            "\n".join(f"{name}:{row.line}: {row.controller_id} exists already" for row in old)
            + "\n--update changes those that exist"
        )
    return [row for row in rows if row.controller_id not in known], old


def store(hawkbit, new, old, name, on_stored):
    """Make and change targets and tag them; `on_stored(count)` as it goes on.

    Raises RefusedError naming the line that the server refused; what came before is made.
    """
    for begin in range(0, len(new), _TARGETS_PER_REQUEST):
        some = new[begin : begin + _TARGETS_PER_REQUEST]
        _create(hawkbit, some, name)
        on_stored(begin + len(some))
    for number, row in enumerate(old, len(new) + 1):
        changes = {k: v for k, v in row.values.items() if k not in ("controllerId", "tags")}
        with _refused_at(name, row):
            hawkbit.targets.update(row.controller_id, **changes)
        on_stored(number)
    for tag in sorted({tag for row in new + old for tag in row.tags}):
        found = hawkbit.tags.named(tag) or hawkbit.tags.create(NewTag(name=tag))
        hawkbit.tags.assign(found.id, [row.controller_id for row in new + old if tag in row.tags])


def _create(hawkbit, rows, name):
    try:
        hawkbit.targets.create([row.target() for row in rows])
    except ServerError as error:
        if not error.is_about_input:
            raise
        # The list is refused as a whole: one by one it shows which line it was.
        for row in rows:
            with _refused_at(name, row):
                hawkbit.targets.create([row.target()])


@contextlib.contextmanager
def _refused_at(name, row):
    try:
        yield
    except ServerError as error:
        if not error.is_about_input:
            raise
        raise RefusedError(f"{name}:{row.line}: {error}") from error
