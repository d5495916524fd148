"""Target filters, and the sets they assign by themselves."""

from sqlalchemy import select
from starlette.requests import Request

from .. import assignment, errors, hub, lookup, rsql
from ..bodies import Body, Int64, PathId, text
from ..fields import FILTER_FIELDS, TARGET_FIELDS
from ..media import NoContent, Reply
from ..model import ActionType, TargetFilter
from ..paging import Listing, Paging
from ..store import Work
from .common import done, router
from .sets import clear_auto_assignment
from .shapes import Shapes
from .terms import Weight

resources = router("/targetfilters")
LISTING = Listing(FILTER_FIELDS)


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


@resources.get("")
async def list_filters(request: Request, paging: Paging):
    """All target filters."""
    with hub.work(request) as work:
        show = Shapes(request, work).target_filter
        return Reply(LISTING.fetch(work, select(TargetFilter), paging, show))


@resources.post("")
async def create_filter(request: Request, body: FilterCreate):
    """One filter, not a list."""
    with hub.work(request) as work:
        rsql.to_sql(body.query, TARGET_FIELDS)
        made = work.add(TargetFilter(name=body.name, query=body.query))
        work.db.flush()
        return Reply(Shapes(request, work).whole_filter(made), 201)


def _find(work: Work, filter_id: int) -> TargetFilter:
    return lookup.by_id(work, TargetFilter, filter_id, "TargetFilterQuery")


@resources.get("/{filter_id}")
async def read_filter(request: Request, filter_id: PathId):
    """One filter."""
    with hub.work(request) as work:
        return Reply(Shapes(request, work).whole_filter(_find(work, filter_id)))


@resources.put("/{filter_id}")
async def update_filter(request: Request, filter_id: PathId, body: FilterUpdate):
    """Change its name or its query."""
    with hub.work(request) as work:
        found = _find(work, filter_id)
        if body.query is not None:
            rsql.to_sql(body.query, TARGET_FIELDS)
            found.query = body.query
        if body.name is not None:
            found.name = body.name
        work.touch(found)
        work.db.flush()
        return Reply(Shapes(request, work).whole_filter(found))


@resources.delete("/{filter_id}")
async def delete_filter(request: Request, filter_id: PathId):
    """Remove a filter; what it assigned stays assigned."""
    with hub.work(request) as work:
        work.db.delete(_find(work, filter_id))
    return done()


@resources.get("/{filter_id}/autoAssignDS")
async def read_auto_assign(request: Request, filter_id: PathId):
    """The set it assigns; 204 when it assigns none."""
    with hub.work(request) as work:
        found = _find(work, filter_id).distribution_set
        return NoContent() if found is None else Reply(Shapes(request, work).whole_set(found))


@resources.post("/{filter_id}/autoAssignDS")
async def set_auto_assign(request: Request, filter_id: PathId, body: AutoAssign):
    """Assign a set to whatever matches, now and later. The server does it by itself, soon."""
    with hub.work(request) as work:
        found = _find(work, filter_id)
        kind = body.type or ActionType.FORCED
        if kind not in (ActionType.FORCED, ActionType.SOFT, ActionType.DOWNLOADONLY):
            raise errors.bad_auto_assign_type(f"{kind!r} is not forced, soft or downloadonly.")
        found.set_id = assignment.assignable(work, body.id).id
        found.action_type = kind
        found.weight = assignment.DEFAULT_WEIGHT if body.weight is None else body.weight
        found.confirmation_required = body.confirmation_required
        work.touch(found)
        work.db.flush()
        return Reply(Shapes(request, work).whole_filter(found))


@resources.delete("/{filter_id}/autoAssignDS")
async def stop_auto_assign(request: Request, filter_id: PathId):
    """Assign nothing any more."""
    with hub.work(request) as work:
        clear_auto_assignment(_find(work, filter_id))
    return done()
