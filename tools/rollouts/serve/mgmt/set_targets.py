"""Distribution sets and targets: assign, who has it, who runs it, which filters assign it."""

from sqlalchemy import select

from .. import assignment, errors
from ..bodies import PathId
from ..fields import FILTER_FIELDS, TARGET_FIELDS, TARGETS_OF_SET_SORT
from ..hub import Transaction
from ..lookup import find_set
from ..media import Reply
from ..model import Target, TargetFilter
from ..paging import Listing, Paging
from ..store import Work
from .common import Show, router
from .shapes import Shapes
from .terms import TargetAssignment, by_target

resources = router("/distributionsets/{set_id}")
FILTERS = Listing(FILTER_FIELDS)
TARGETS = Listing(TARGET_FIELDS, "controllerid:ASC")
TARGETS_AS_SETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_SET_SORT)


@resources.post("/assignedTargets")
async def assign_targets(
    work: Transaction,
    show: Show,
    set_id: PathId,
    body: list[TargetAssignment],
    offline: bool = False,
):
    """Assign the set. Unknown ids are left out silently and not counted."""
    if not body:
        raise errors.constraint("the list of targets must not be empty")
    errors.check_quota("Target", len(body), work.settings.max_assignments)
    found = assignment.assignable(work, set_id)
    result = assignment.assign(work, found, by_target(body), offline)
    return Reply(show.assigned(result))


@resources.get("/assignedTargets")
async def assigned_targets(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The targets that shall run the set."""
    return _targets(work, show, set_id, paging, Target.assigned_set_id)


@resources.get("/installedTargets")
async def installed_targets(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The targets that run the set."""
    return _targets(work, show, set_id, paging, Target.installed_set_id)


def _targets(work: Work, show: Shapes, set_id: int, paging: Paging, column) -> Reply:
    find_set(work, set_id)
    listing = TARGETS_AS_SETS if work.settings.rules.sorts_targets_as_sets else TARGETS
    rows = select(Target).where(column == set_id)
    return Reply(listing.fetch(work, rows, paging, show.target))


@resources.get("/autoAssignTargetFilters")
async def auto_assign_filters(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The target filters that assign the set by themselves."""
    find_set(work, set_id)
    rows = select(TargetFilter).where(TargetFilter.set_id == set_id)
    return Reply(FILTERS.fetch(work, rows, paging, show.target_filter))
