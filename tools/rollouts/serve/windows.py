"""Maintenance windows: a Quartz schedule, a duration, a time zone.

Quartz puts seconds first and years last, counts weekdays from 1 (Sunday) and needs a `?`.
The search for the next time is croniter's; this translates.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from croniter import croniter
from croniter.croniter import CroniterError

from . import errors
from .model import Action

_YEARS = 130  # Quartz looks from 1970 to 2099
_DURATION = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_WEEKDAY = re.compile(r"(?<![\w#/])(\d)(L?)(?![\d])")


@dataclass(frozen=True)
class Window:
    schedule: str
    duration_ms: int
    offset_ms: int

    @classmethod
    def parse(cls, schedule, duration, timezone) -> "Window":
        """ApiError 400 when a part is missing or wrong."""
        if not (schedule and duration and timezone):
            raise errors.bad_window("A window needs schedule, duration and timezone, all three.")
        window = cls(_cron(schedule), _duration_ms(duration), _offset_ms(timezone))
        try:
            _search(window.schedule, 0)
        except (CroniterError, ValueError, KeyError) as e:
            raise errors.bad_window(f"{schedule!r} is not a Quartz schedule: {e}")
        return window

    @classmethod
    def of(cls, action: Action) -> "Window | None":
        if action.window_schedule is None:
            return None
        return cls.parse(action.window_schedule, action.window_duration, action.window_timezone)

    def start(self, now: int) -> int | None:
        """When the window that is open at `now`, or the next one, begins; None: never again."""
        local = (now - self.duration_ms + self.offset_ms) / 1000
        try:
            found = _search(self.schedule, local).get_next(float)
        except CroniterError:
            return None
        return round(found * 1000) - self.offset_ms

    def is_open(self, now: int) -> bool:
        start = self.start(now)
        return start is not None and start <= now

    def is_over(self, now: int) -> bool:
        return self.start(now) is None


def _search(schedule: str, begin_s: float) -> croniter:
    return croniter(
        schedule,
        datetime.fromtimestamp(begin_s, UTC),
        second_at_beginning=True,
        max_years_between_matches=_YEARS,
    )


def _cron(schedule: str) -> str:
    fields = schedule.split()
    if len(fields) not in (6, 7):
        raise errors.bad_window(
            f"{schedule!r} has {len(fields)} fields; a schedule has 6 or 7, such as 0 0 3 * * ?"
        )
    # 1 to 7 from Sunday become 0 to 6; 6L, the last Friday, becomes L5.
    fields[5] = _WEEKDAY.sub(lambda m: m[2] + str((int(m[1]) - 1) % 7), fields[5].upper())
    return " ".join(fields).replace("?", "*")


def _duration_ms(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    if not match:
        raise errors.bad_window(f"{duration!r} is not a duration of the form HH:mm:ss")
    hours, minutes, seconds = (int(g or 0) for g in match.groups())
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def _offset_ms(timezone: str) -> int:
    try:
        offset = datetime.strptime(timezone, "%z").utcoffset()
    except ValueError:
        raise errors.bad_window(f"{timezone!r} is not an offset such as +02:00")
    return round(offset.total_seconds() * 1000)
