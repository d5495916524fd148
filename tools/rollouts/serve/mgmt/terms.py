"""The bodies that assign: which set or target, and under which terms."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from .. import errors
from ..assignment import DEFAULT_WEIGHT, Terms
from ..bodies import Body, Int32, Int64, Text, constraint


def _weight(value: int | None) -> int | None:
    if value is not None and not 0 <= value <= DEFAULT_WEIGHT:
        raise constraint(f"must be 0 to {DEFAULT_WEIGHT}")
    return value


Weight = Annotated[Int32 | None, AfterValidator(_weight)]


class MaintenanceWindow(Body):
    schedule: Text | None = None
    duration: Text | None = None
    timezone: Text | None = None


class _Assignment(Body):
    type: Literal["forced", "soft", "timeforced", "downloadonly"] | None = None
    forcetime: Int64 | None = None
    weight: Weight = None
    maintenance_window: MaintenanceWindow | None = None
    confirmation_required: bool | None = None

    def terms(self) -> Terms:
        window = self.maintenance_window
        return Terms(
            type=self.type or "forced",
            force_time=self.forcetime or 0,
            weight=DEFAULT_WEIGHT if self.weight is None else self.weight,
            window=window and (window.schedule, window.duration, window.timezone),
            confirmation_required=self.confirmation_required is not False,
        )


class TargetAssignment(_Assignment):
    """A target for a set."""

    id: Text


class SetAssignment(_Assignment):
    """A set for a target."""

    id: Int64


SetAssignments = Annotated[
    list[SetAssignment],
    BeforeValidator(lambda given: given if isinstance(given, list) else [given]),
]


def by_target(items: list[TargetAssignment]) -> dict[str, Terms]:
    """One target, one set of terms; the same twice counts once."""
    wanted: dict[str, Terms] = {}
    for item in items:
        terms = item.terms()
        if wanted.setdefault(item.id, terms) != terms:
            raise errors.multi_assignment()
    return wanted
