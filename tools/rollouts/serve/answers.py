"""How errors look on the wire: JSON, a page or nothing, as the Accept head decides."""

import logging
from datetime import UTC, datetime
from http.client import responses

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from . import errors, hub
from .media import HAL, HTML, JSON, choose, dumps, set_body_heads

_log = logging.getLogger(__name__)

# The pydantic error type of our own checks that hawkBit makes in its repository (bodies.py).
CONSTRAINT = "constraint"
SERVER_FAULT = "server_fault"


def page(status: int) -> Response:
    """The bare page of a request that never reached the application."""
    text = f"{status} {responses.get(status, '')}"
    body = f"<!doctype html><html><head><title>{text}</title></head><body>{text}</body></html>"
    return Response(body, status, media_type="text/html;charset=utf-8")


def api_error(request: Request, error: errors.ApiError) -> Response:
    status, body = hub.rules(request).error(error)
    return _negotiated(request, status, body, {})


def framework_error(request: Request, error: errors.FrameworkError) -> Response:
    """Spring's error document. Like there it goes out chunked, without a length."""
    body = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "status": error.status_code,
        "error": responses.get(error.status_code, ""),
    }
    response = _negotiated(request, error.status_code, body, error.headers or {})
    if response.body:
        del response.headers["content-length"]
    return response


def _negotiated(request: Request, status: int, body: dict, headers: dict) -> Response:
    media_type = choose(request.headers.get("accept"), (JSON, HAL, HTML))
    if media_type is None:
        return Response(status_code=status, headers=headers)
    if media_type.startswith(HTML):
        response = page(status)
    else:
        response = Response(dumps(body), status)
        set_body_heads(request, response, media_type)
    response.headers.update(headers)
    return response


def empty(request: Request, error: errors.Empty) -> Response:
    return Response(status_code=error.status_code)


def validation_error(request: Request, error: RequestValidationError) -> Response:
    """A body or parameter of the wrong shape. hawkBit says no more than that; we say where."""
    found = error.errors()
    if any(e["type"] == SERVER_FAULT for e in found):
        # hawkBit 1.0.4 falls over here, so a client has to be ready for it.
        return framework_error(request, errors.FrameworkError(500))
    said = "; ".join(f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in found)
    if found and all(e["type"] == CONSTRAINT for e in found):
        return api_error(request, errors.constraint(said))
    return api_error(request, errors.not_readable(said))


def http_exception(request: Request, error: HTTPException) -> Response:
    """What Starlette and FastAPI raise: no such path, wrong method, unreadable body."""
    if error.status_code == 400:
        return api_error(
            request, errors.not_readable("The body or a parameter is not what this request takes.")
        )
    if error.status_code != 405:
        return framework_error(request, errors.FrameworkError(error.status_code))
    routes = request.app.state.api_routes
    matching = [r for r in routes if r.matches(request.scope)[0] != Match.NONE]
    methods = set().union(*(route.methods for route in matching))
    if request.method == "OPTIONS":
        known = sorted(methods | ({"HEAD"} if "GET" in methods else set())) + ["OPTIONS"]
        return Response(headers={"allow": ",".join(known)})
    allow = ", ".join(sorted(methods, reverse=True))
    return framework_error(request, errors.FrameworkError(405, headers={"Allow": allow}))


def unstorable(request: Request, error: ValueError | ArithmeticError) -> Response:
    """Half a surrogate pair, or a number too large for the database."""
    return api_error(request, errors.not_readable("A value is not one that can be stored."))


def gone(request: Request, error: ClientDisconnect) -> Response:
    """The client went away before its body was whole: nobody reads this."""
    return Response(status_code=400)


def crash(request: Request, error: Exception) -> Response:
    _log.error("500 for %s %s", request.method, request.url.path, exc_info=error)
    return framework_error(request, errors.FrameworkError(500))
