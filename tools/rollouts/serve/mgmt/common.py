"""What the Management API's resources share: routes, answers, and the requests all kinds have."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy import Select, select
from starlette.requests import Request
from starlette.responses import Response

from .. import errors, hub
from ..bodies import Body
from ..hub import Transaction
from ..media import JSON, MediaRoute, NoContent, Reply, dumps
from ..paging import Listing, Paging
from ..store import Work
from .shapes import Shapes

BASE = "/rest/v1"


class MgmtRoute(MediaRoute):
    """Answers go out in the dialect that the server speaks."""

    def worded(self, request: Request, response: Response) -> Response:
        rules = hub.rules(request)
        if isinstance(response, NoContent) and request.method != "GET":
            return Response(status_code=rules.done_status)
        if isinstance(response, Reply) and rules.shapes:
            response.body = dumps(rules.answer(json.loads(response.body)))
        return response


class JsonOnlyRoute(MgmtRoute):
    """A few resources do not know hal+json."""

    produces = (JSON,)


class JsonFirstRoute(MgmtRoute):
    produces = (JSON, "application/hal+json")


def router(path: str, route_class=MgmtRoute) -> APIRouter:
    return APIRouter(prefix=BASE + path, route_class=route_class, tags=["Management"])


async def _shapes(request: Request, work: Transaction) -> Shapes:
    return Shapes(request, work)


# An argument of handlers: how things look in the answer.
Show = Annotated[Shapes, Depends(_shapes)]


async def _is_full(representation: str = "compact") -> bool:
    return representation == "full"


# Is a list asked for with all that else only single things have?
Full = Annotated[bool, Depends(_is_full)]
# Of Shapes, such as Shapes.target.
Shape = Callable[[Shapes, Any], dict]
Find = Callable[[Work, Any], Any]


# By soft_deleted_mode: what `deleted` may be.
_SOFT_DELETED = {
    "EXCLUDE_SOFT_DELETED": [False],
    "INCLUDE_SOFT_DELETED": [False, True],
    "ONLY_SOFT_DELETED": [True],
}


def listed(request: Request, table) -> Select:
    """The rows that are not deleted; hawkBit 1.1.0 is asked for others by soft_deleted_mode."""
    if not hasattr(table, "deleted"):
        return select(table)
    given = hub.rules(request).lists_deleted and request.query_params.get("soft_deleted_mode")
    mode = given or "EXCLUDE_SOFT_DELETED"
    if mode not in _SOFT_DELETED:
        raise errors.not_readable(f"soft_deleted_mode is one of {', '.join(_SOFT_DELETED)}.")
    return select(table).where(table.deleted.in_(_SOFT_DELETED[mode]))


@dataclass(frozen=True)
class Entities:
    """One kind of entity and the requests that all kinds have in common.

    `find`: by its id, an `id_type`, or ApiError. `shape`, `whole`: how it looks in a list, alone.
    """

    resources: APIRouter
    id_type: Any
    find: Find
    shape: Shape
    whole: Shape

    def __post_init__(self) -> None:
        @self.resources.get("/{entity_id}")
        async def read(work: Transaction, show: Show, entity_id: self.id_type):
            """One of them, a deleted one too."""
            return Reply(self.whole(show, self.find(work, entity_id)))

    def offer_list(self, listing: Listing, table) -> None:
        @self.resources.get("")
        async def list_all(request: Request, work: Transaction, show: Show, paging: Paging):
            """All that are not deleted."""
            rows = listed(request, table)
            return Reply(listing.fetch(work, rows, paging, lambda row: self.shape(show, row)))

    def offer_create(self, body_type: type[Body], make: Callable[[Work, Any], Any]) -> None:
        @self.resources.post("")
        async def create(work: Transaction, show: Show, body: list[body_type]):
            """All of the list or none. One that exists already is a 409."""
            made = [make(work, item) for item in body]
            return Reply([self.shape(show, one) for one in made], 201)

    def offer_update(self, body_type: type[Body], find: Find | None = None, check=None) -> None:
        """`find`: what may be changed, where that is not all. `check`: of the body."""

        @self.resources.put("/{entity_id}")
        async def update(work: Transaction, show: Show, entity_id: self.id_type, body: body_type):
            """Change what is given."""
            found = (find or self.find)(work, entity_id)
            if check:
                check(body)
            return Reply(self.whole(show, change(work, found, body)))

    def offer_delete(self, what: str) -> None:
        @self.resources.delete("/{entity_id}", description=what)
        async def delete(work: Transaction, entity_id: self.id_type):
            work.db.delete(self.find(work, entity_id))
            return done()


def change(work: Work, entity, body: Body):
    """Set what the body gives, and note who did; what was so already is no change."""
    given = body.model_dump(exclude_none=True)
    changes = {name: value for name, value in given.items() if getattr(entity, name) != value}
    for name, value in changes.items():
        setattr(entity, name, value)
    if changes:
        work.touch(entity)
    work.db.flush()
    return entity


def done() -> Response:
    """What was asked is done and there is nothing to say."""
    return NoContent()
