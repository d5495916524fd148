"""What the page asks for beyond the Management API. Ids come in the query: they may hold a /."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Header
from fastapi.exceptions import RequestValidationError
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import ValidationError
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from rollouts.api.errors import RefusedError
from rollouts.release.image import Image, read_image

from .. import actions, errors, hub, rsql
from ..bodies import Body, Int64
from ..fields import TARGET_FIELDS
from ..hub import Transaction
from ..lookup import by_id, find_target
from ..media import JSON, MediaRoute, Reply, present
from ..mgmt.common import Show
from ..mgmt.modules import ModuleCreate, add_artifact, create_module
from ..mgmt.sets import SetCreate, create_set
from ..mgmt.shapes import Shapes
from ..model import Action, ActionStatus, Target
from ..store import Work
from ..upload import Received, receive
from .feed import Feed

# Below /rest, where an operator has to log in.
BASE = "/rest/page"
_ACTIONS = 20
_ENTRIES = 60


class PageRoute(MediaRoute):
    produces = (JSON,)


resources = APIRouter(prefix=BASE, route_class=PageRoute, include_in_schema=False)
events = APIRouter(prefix=BASE, include_in_schema=False)


@resources.get("/overview")
async def read_overview(request: Request):
    """Everything that the page shows at first, in one answer."""
    feed: Feed = request.app.state.feed
    feed.look()
    return Reply(feed.message(feed.rows), tagged=False)


@events.get("/events", response_class=EventSourceResponse)
async def stream(
    request: Request, since: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> AsyncIterator[ServerSentEvent]:  # fmt: skip
    """What changes from then on. A page that comes back says what it has seen."""
    feed: Feed = request.app.state.feed
    async for message in feed.messages(last_event_id or since):
        yield ServerSentEvent(data=message, id=message["version"])


@resources.get("/matches")
async def find_matches(work: Transaction, q: str):
    """The ids of the targets that an RSQL query means."""
    wanted = select(Target.controller_id).where(rsql.to_sql(q, TARGET_FIELDS))
    return Reply(list(work.db.scalars(wanted)), tagged=False)


@resources.get("/target")
async def read_target(work: Transaction, show: Show, id: str):
    """A target's attributes and its last actions with their history, the newest first."""
    found = find_target(work, id)
    newest = select(Action).where(Action.target_id == found.id).order_by(Action.id.desc())
    shape = present(
        description=found.description,
        address=found.address,
        createdAt=found.created_at,
        attributes={a.key: a.value for a in found.attributes},
        actions=[_action(show, a) for a in work.db.scalars(newest.limit(_ACTIONS))],
    )
    return Reply(shape, tagged=False)


def _action(show: Shapes, action: Action) -> dict:
    entries = select(ActionStatus).where(ActionStatus.action_id == action.id)
    newest = entries.order_by(ActionStatus.id.desc()).limit(_ENTRIES)
    return show.action(action) | {
        "label": f"{action.distribution_set.name} {action.distribution_set.version}",
        "entries": [show.entry(entry) for entry in show.work.db.scalars(newest)],
    }


@resources.get("/token")
async def read_token(work: Transaction, id: str):
    """A target's security token, asked for by a click and never sent before."""
    return Reply({"token": find_target(work, id).security_token}, tagged=False)


class Change(Body):
    """`quit` ends a cancellation without the device."""

    change: Literal["cancel", "quit", "force"]
    actions: list[Int64]


@resources.post("/actions")
async def change_actions(work: Transaction, body: Change):
    """Change each of the actions. What cannot be changed any more is told and left."""
    refused = []
    for action_id in body.actions:
        try:
            _change(work, by_id(work, Action, action_id), body.change)
        except errors.ApiError as e:
            refused.append(f"action {action_id}: {e}")
    return Reply({"changed": len(body.actions) - len(refused), "refused": refused})


def _change(work: Work, action: Action, change: str) -> None:
    if change == "force":
        action.type = "forced"
        work.touch(action)
    elif change == "quit":
        actions.force_quit(work, action)
    else:
        actions.request_cancel(work, action)


@resources.post("/release")
async def upload_release(
    request: Request, name: str = "", version: str = "", description: str = ""
):
    """An image, as the part `file`, becomes a set with one module of type os, or a clear refusal.

    What is not given is taken from the image. All of it is stored, or nothing.
    """
    store = hub.store(request)
    async with receive(request, store) as received:
        image = await run_in_threadpool(_image, received)
        words = {
            "name": name or image.name,
            "version": version or image.version,
            "description": description or f"application image for {image.chip}",
        }
        with store.work() as work:
            set_id = _store(work, received, words)
            store.files.keep(received.path, received.artifact.sha256)
    return Reply({"id": set_id, "chip": image.chip, **words}, 201)


def _image(received: Received) -> Image:
    try:
        return read_image(Path(received.path))
    except RefusedError as e:
        raise errors.constraint(str(e).replace(str(received.path), received.artifact.filename))


def _store(work: Work, received: Received, words: dict) -> int:
    if not (words["name"] and words["version"]):
        raise errors.constraint("the image has no name or no version of its own: give both")
    try:
        module = create_module(work, ModuleCreate(type="os", **words))
        made = create_set(work, SetCreate(type="os", modules=[{"id": module.id}], **words))
    except ValidationError as e:
        raise RequestValidationError(e.errors())
    add_artifact(work, module.id, received.artifact)
    return made.id
