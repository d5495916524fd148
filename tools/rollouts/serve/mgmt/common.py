"""What the Management API's resources share: routes and answers."""

import json

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from .. import hub
from ..media import JSON, MediaRoute, NoContent, Reply, dumps

BASE = "/rest/v1"


class MgmtRoute(MediaRoute):
    """Answers go out in the dialect that the server speaks."""

    def worded(self, request: Request, response: Response) -> Response:
        rules = hub.store(request).settings.rules
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


def done() -> Response:
    """What was asked is done and there is nothing to say."""
    return NoContent()
