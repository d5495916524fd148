"""Target filters, and the sets they assign by themselves."""

from .. import assignment, errors, lookup, rsql
from ..bodies import Body, Int64, PathId, text
from ..fields import FILTER_FIELDS, TARGET_FIELDS
from ..hub import Transaction
from ..media import NoContent, Reply
from ..model import ActionType, TargetFilter
from ..paging import Listing
from .common import Entities, Show, done, router
from .sets import stop_auto_assignment
from .shapes import Shapes
from .terms import Weight

resources = router("/targetfilters")
find_filter = lookup.finder(TargetFilter, "TargetFilterQuery")


class FilterCreate(Body):
    name: text(1, 128, required=True)
    query: text(1, 1024, required=True)


class FilterUpdate(Body):
    name: text(1, 128) = None
    query: text(1, 1024) = None


class AutoAssign(Body):
    id: Int64
    type: str | None = None
    weight: Weight = None
    confirmation_required: bool | None = None


def _check_query(body: FilterCreate | FilterUpdate) -> None:
    if body.query is not None:
        rsql.to_sql(body.query, TARGET_FIELDS)


entities = Entities(resources, PathId, find_filter, Shapes.target_filter, Shapes.whole_filter)
entities.offer_list(Listing(FILTER_FIELDS), TargetFilter)
entities.offer_update(FilterUpdate, check=_check_query)
entities.offer_delete("Remove a filter; what it assigned stays assigned.")


@resources.post("")
async def create_filter(work: Transaction, show: Show, body: FilterCreate):
    """One filter, not a list."""
    _check_query(body)
    return Reply(show.whole_filter(work.add(TargetFilter(**body.model_dump()))), 201)


@resources.get("/{filter_id}/autoAssignDS")
async def read_auto_assign(work: Transaction, show: Show, filter_id: PathId):
    """The set it assigns; 204 when it assigns none."""
    found = find_filter(work, filter_id).distribution_set
    return NoContent() if found is None else Reply(show.whole_set(found))


@resources.post("/{filter_id}/autoAssignDS")
async def set_auto_assign(work: Transaction, show: Show, filter_id: PathId, body: AutoAssign):
    """Assign a set to whatever matches, now and later. The server does it by itself, soon."""
    found = find_filter(work, filter_id)
    kind = body.type or ActionType.FORCED
    if kind not in (ActionType.FORCED, ActionType.SOFT, ActionType.DOWNLOADONLY):
        raise errors.bad_auto_assign_type(f"{kind!r} is not forced, soft or downloadonly.")
    found.set_id = assignment.assignable(work, body.id).id
    found.action_type = kind
    found.weight = assignment.DEFAULT_WEIGHT if body.weight is None else body.weight
    found.confirmation_required = body.confirmation_required
    work.touch(found)
    work.db.flush()
    return Reply(show.whole_filter(found))


@resources.delete("/{filter_id}/autoAssignDS")
async def stop_auto_assign(work: Transaction, filter_id: PathId):
    """Assign nothing any more."""
    stop_auto_assignment(work, TargetFilter.id == find_filter(work, filter_id).id)
    return done()
