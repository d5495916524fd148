"""Options that several commands share, and what they mean."""

import dataclasses
import datetime
import json
import re
import sys
from pathlib import Path
from typing import Literal

from rollouts.api import rsql
from rollouts.api.models import MaintenanceWindow
from rollouts.api.resource import given
from rollouts.cli.command import argument, option, text
from rollouts.cli.exits import UsageError
from rollouts.cli.target_list import names_in
from rollouts.release import selection

Set = argument(str, "SET", "A set: its id, or NAME:VERSION.")
Module = argument(str, "MODULE", "A module: its id, or NAME:VERSION.")

Names = argument(list[str] | None, "TARGET", "Controller ids, or globs like 'kitchen-*'.")
ActionIds = argument(list[str] | None, "ACTION", "Ids; without any they come on stdin.")
Weight = option(int | None, "Higher goes first.", min=0, max=1000)
Urgent = option(Literal["forced", "soft", "timeforced", "downloadonly"], "How urgent.")
Timeout = option(float | None, "Then give up.", min=0, metavar="SECONDS")
Interval = option(float, "Between looks.", min=0.1, metavar="SECONDS")


@dataclasses.dataclass
class DryRun:
    """Of a command that changes something."""

    is_dry: option(bool, "Only say what would be done; nothing is changed.", "--dry-run") = False

    def permits(self, run, what, **told):
        """Return whether to do it. If not, it is only said; `told`: what --json says instead."""
        if self.is_dry:
            self.say(run, what, **told)
        return not self.is_dry

    def say(self, run, what, **told):
        run.out.done(f"would {what}", {"dryRun": True, **(told or {"steps": [what]})})


@dataclasses.dataclass
class Consent(DryRun):
    """Of a command that asks before it changes something."""

    yes: option(bool, "Do not ask.", "--yes", "-y") = False

    def permits(self, run, what, question=None, **told):
        """The same, and a person has to agree to `question`, else to `what`.

        Raises UsageError when that one says no, or nobody can be asked.
        """
        permitted = super().permits(run, what, **told)
        if permitted and not self.yes:
            run.confirm(question or f"{what[0].upper()}{what[1:]}?")
        return permitted


@dataclasses.dataclass
class Listing:
    """Which entries of a list, in which order."""

    q: text("Only what matches, e.g. name==fw*.", "--q", "--filter", metavar="RSQL") = None
    sort: text("The order.", metavar="FIELD:ASC|DESC[,...]") = None

    def as_arguments(self, only=None):
        """`only`: what has to match as well."""
        terms = (f"({self.q})", only) if self.q and only else (self.q or only or "",)
        return given(query=rsql.all_of(*terms) or None, sort=self.sort or None)


@dataclasses.dataclass
class Selection:
    """Which targets."""

    targets: Names = None
    file: option(Path | None, "Controller ids, one a line; - is stdin.", metavar="FILE") = None
    filter: text("E.g. 'attribute.hw==esp32'.", metavar="RSQL") = None
    tag: text("All that have this tag.", metavar="TAG") = None

    @property
    def is_open(self):
        """True when it can match more than was written down."""
        return bool(self.filter or self.tag or selection.split(self.targets or [])[1])

    def resolve(self, hawkbit):
        names, globs = selection.split(self.targets or [])
        names += names_in(self.file) if self.file else []
        queries = [self.filter] if self.filter else []
        queries += [rsql.tagged(self.tag)] if self.tag else []
        if not (names or globs or queries):
            raise UsageError("which targets? Name them, or use --file, --filter or --tag")
        return selection.resolve(hawkbit, list(dict.fromkeys(names)), globs, queries)


@dataclasses.dataclass
class Urgency:
    """How an update is to be carried out, whoever assigns it."""

    type: Urgent = "forced"
    forcetime: text(
        "When timeforced turns forced: 2026-12-01T03:00:00+01:00, or ms since 1970.",
        metavar="TIME",
    ) = None
    weight: Weight = None
    no_confirm: option(bool, "Do not wait for the user's consent.", "--no-confirm") = False

    def members(self):
        """Return the members of what is sent, but those without a value. Raises UsageError."""
        is_timed = self.type == "timeforced"
        if (self.forcetime is None) == is_timed:
            raise UsageError("--type timeforced and --forcetime TIME belong together")
        return given(
            type=self.type,
            forcetime=moment_ms("--forcetime", self.forcetime) if is_timed else None,
            weight=self.weight,
            confirmation_required=False if self.no_confirm else None,
        )


@dataclasses.dataclass
class How(Urgency):
    """How an assignment is to be carried out."""

    window_schedule: text("Maintenance window, e.g. '0 0 3 * * ?'.", metavar="CRON") = None
    window_duration: text("Under a day.", metavar="HH:MM:SS") = None
    window_tz: text("The schedule's offset.", metavar="+HH:MM") = None
    offline: option(bool, "Only record it as installed already.", "--offline") = False

    def members(self):
        members = super().members() | given(maintenance_window=self._window())
        if not self.offline:
            return members
        if self != How(offline=True):
            raise UsageError("--offline only records: it takes no other option of these")
        return {}

    def _window(self):
        parts = (self.window_schedule, self.window_duration, self.window_tz)
        if not any(parts):
            return None
        if not all(parts):
            raise UsageError("--window-schedule, --window-duration and --window-tz go together")
        if len(self.window_schedule.split()) not in (6, 7):
            raise UsageError(
                "--window-schedule has 6 or 7 fields: second minute hour day month weekday [year]"
            )
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", self.window_duration):
            raise UsageError("--window-duration is HH:MM:SS, under a day")
        if not re.fullmatch(r"[+-]\d\d:\d\d", self.window_tz):
            raise UsageError("--window-tz is an offset such as +01:00, not the name of a zone")
        schedule, duration, timezone = parts
        return MaintenanceWindow(schedule=schedule, duration=duration, timezone=timezone)


def moment_ms(option, text):
    """Return ms since 1970 for an ISO 8601 time, or such a number. Raises UsageError."""
    if text.isdecimal():
        return int(text)
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} {text} is no time such as 2026-12-01T03:00:00+01:00, nor ms since 1970"
        ) from error
    return int(time.timestamp() * 1000)


def action_ids(arguments):
    """Return the action ids given, or read from stdin as `assign` prints them.

    A `-` in place of an id is a target that needs no action. Raises UsageError.
    """
    if arguments:
        return _numbers(arguments)
    if sys.stdin.isatty():
        raise UsageError("which actions? Give their ids, or pipe the output of `rollouts assign`")
    text = sys.stdin.read().strip()
    if not text:
        raise UsageError("no action ids on stdin: did the command before it fail?")
    return _numbers(_words(text))


def _words(text):
    if not text.startswith(("[", "{")):
        return [line.split()[0] for line in text.splitlines() if line.strip()]
    try:
        items = json.loads(text)
        return [str(item.get("action", "-")) for item in items]
    except (ValueError, AttributeError, TypeError) as error:
        raise UsageError("stdin is not what `rollouts assign --json` prints") from error


def _numbers(words):
    for word in words:
        if word != "-" and not word.isdecimal():
            raise UsageError(f"{word} is not an action id")
    return list(dict.fromkeys(int(word) for word in words if word != "-"))
