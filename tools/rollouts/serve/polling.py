"""How long a device is told to sleep: the value of `pollingTime` and what becomes of it.

Its form: `interval[~deviation%][, query -> interval[~deviation%]]...`, the interval as
HH:mm:ss or as an ISO 8601 duration. Source: hawkBit PollingTime, DurationHelper.
"""

import random
import re
from dataclasses import dataclass

from sqlalchemy import select

from . import rsql
from .fields import TARGET_FIELDS
from .model import Target
from .settings import Settings
from .store import Work

_DAY_S = 24 * 3600
_CLOCK = re.compile(r"(\d{2}):([0-5]\d):([0-5]\d)")
_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_ENTRY = re.compile(r"\s*([^~\s]+)\s*(?:~\s*(\d{1,2})%)?\s*")
_OVERRIDE = re.compile(r"\s*(.+?)\s*->\s*([^,]+?)\s*(?:,|$)")


def interval_s(text: str) -> float:
    """Seconds of HH:mm:ss or PT... ValueError for anything else."""
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = map(int, match.groups())
        return hours * 3600 + minutes * 60 + seconds
    match = _ISO.fullmatch(text)
    if not match or not any(match.groups()):
        raise ValueError(f"{text!r} is neither HH:mm:ss nor an ISO 8601 duration such as PT36H")
    days, hours, minutes, seconds = (float(g or 0) for g in match.groups())
    return days * _DAY_S + hours * 3600 + minutes * 60 + seconds


def wire(seconds: float) -> str:
    """As it is sent: HH:mm:ss, from a day on as Java writes a Duration."""
    if seconds < _DAY_S:
        whole = int(seconds)
        return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    text = f"PT{hours}H" + (f"{minutes}M" if minutes else "")
    return text + (f"{rest / 1000:g}S" if rest else "")


@dataclass(frozen=True)
class Interval:
    seconds: float
    deviation_percent: int

    @classmethod
    def parse(cls, text: str, settings: Settings) -> "Interval":
        match = _ENTRY.fullmatch(text)
        if not match:
            raise ValueError(f"{text!r} is not an interval with an optional ~percent%")
        seconds = interval_s(match[1])
        if not settings.min_polling_s <= seconds <= settings.max_polling_s:
            raise ValueError(
                f"{text!r} is outside {wire(settings.min_polling_s)} "
                f"to {wire(settings.max_polling_s)}"
            )
        return cls(seconds, int(match[2] or 0))

    def draw(self, settings: Settings) -> float:
        """The seconds for one poll: with a deviation another value each time."""
        if not self.deviation_percent:
            return self.seconds
        part = random.uniform(-1, 1) * self.deviation_percent / 100
        drawn = self.seconds * (1 + part)
        return min(max(drawn, settings.min_polling_s), settings.max_polling_s)


class Polling:
    """A parsed `pollingTime`. ValueError when it cannot be."""

    def __init__(self, text: str, settings: Settings):
        first, _, rest = text.partition(",")
        self.default = Interval.parse(first, settings)
        self.overrides = []
        end = 0
        for match in _OVERRIDE.finditer(rest):
            rsql.parse(match[1])
            self.overrides.append((match[1], Interval.parse(match[2], settings)))
            end = match.end()
        if rest[end:].strip():
            raise ValueError(f"{rest[end:]!r} is not of the form query -> interval")

    def interval(self, work: Work, target: Target) -> Interval:
        """The first override whose query holds for the target, else the default."""
        for query, interval in self.overrides:
            holds = rsql.to_sql(query, TARGET_FIELDS)
            found = select(Target.id).where(Target.id == target.id, holds)
            if work.db.scalar(found) is not None:
                return interval
        return self.default
