"""What the Management API's resources share: routes and answers."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .. import hub
from ..media import JSON, MediaRoute, NoContent

BASE = "/rest/v1"


class MgmtRoute(MediaRoute):
    pass


class JsonOnlyRoute(MediaRoute):
    """A few resources do not know hal+json."""

    produces = (JSON,)


class JsonFirstRoute(MediaRoute):
    produces = (JSON, "application/hal+json")


def router(path: str, route_class=MgmtRoute) -> APIRouter:
    return APIRouter(prefix=BASE + path, route_class=route_class, tags=["Management"])


def done(request: Request) -> Response:
    """What was asked is done and there is nothing to say: 204, in 2023 200."""
    return Response() if hub.store(request).settings.is_2023 else NoContent()
