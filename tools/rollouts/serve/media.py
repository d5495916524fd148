"""Media types: what a request may carry, what an answer is, and its ETag.

Inside the server everything is JSON. CBOR is translated at the door.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import reduce
from operator import getitem
from typing import Any

import cbor2
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from . import hub
from .dialect import Dialect
from .errors import FrameworkError, not_readable

HAL = "application/hal+json"
JSON = "application/json"
CBOR = "application/cbor"
HTML = "text/html"

# In the scope of a HEAD request, which the front turns into a GET.
IS_HEAD = "rollouts.head"


def dumps(value) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def present(**members) -> dict:
    """A JSON object without the members that are null."""
    return {key: value for key, value in members.items() if value is not None}


class Reply(Response):
    """A JSON answer whose media type the route settles. `tagged`: it gets an ETag."""

    def __init__(self, content: Any, status: int = 200, *, tagged: bool = True):
        super().__init__(dumps(content), status_code=status)
        self.tagged = tagged


class NoContent(Response):
    """204, tagged as hawkBit tags an empty GET."""

    tagged = True

    def __init__(self) -> None:
        super().__init__(status_code=204)


class MediaRoute(APIRoute):
    """A route that refuses other media types and dresses the answer.

    `produces`: what a body may come as, the first for a client that does not care;
    nothing where it comes as it is.
    `consumes`: what a request body may be.
    """

    produces: tuple[str, ...] = (HAL, JSON)
    consumes: tuple[str, ...] = (HAL, JSON)
    # Are also answers negotiated that have no body?
    strict = True

    def get_route_handler(self) -> Callable:
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def negotiated(request: Request) -> Response:
            media_type = self.negotiate(request)
            if takes_body:
                request = await self.readable(request)
            response = self.worded(request, await handle(request))
            return dress(request, response, media_type)

        return negotiated

    def worded(self, request: Request, response: Response) -> Response:
        """The answer in the words of a dialect."""
        return response

    def negotiate(self, request: Request) -> str:
        """The media type of the answer. FrameworkError 406 when there is none."""
        if not self.produces:
            return ""
        if not self.strict and request.method != "GET":
            return self.produces[0]
        chosen = choose(request.headers.get("accept"), self.produces)
        if chosen is None:
            raise FrameworkError(406, headers={"Accept": ", ".join(self.produces)})
        return chosen

    def needs_type(self, rules: Dialect) -> bool:
        """Has a request without a body to name the type of one?"""
        return self.body_field.field_info.is_required()

    async def readable(self, request: Request) -> Request:
        """`request` with its body read, as its dialect reads it.

        FrameworkError 415 for other media types; ApiError 400 when it is not of its own.
        """
        rules = hub.rules(request)
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        body = await request.body()
        if content_type not in self.consumes and (body or self.needs_type(rules)):
            raise FrameworkError(415, headers={"Accept": ", ".join(self.consumes)})
        if not body:
            return request
        value = _from_cbor(body) if content_type == CBOR else _from_json(body, rules.takes_rubbish)
        if rules.wraps_single:
            value = self.with_lists(value)
        return ReadRequest(request, body, value)

    def with_lists(self, value: Any) -> Any:
        """`value` with a list around each single thing that stands where a list belongs."""
        whole = {"body": value}
        while True:
            _, found = self.body_field.validate(whole["body"], {}, loc=("body",))
            single = [
                e for e in found or () if e["type"] == "list_type" and e["input"] is not None
            ]
            if not single:
                return whole["body"]
            for error in single:
                *path, last = error["loc"]
                owner = reduce(getitem, path, whole)
                owner[last] = [owner[last]]


class FileRoute(MediaRoute):
    """Bytes go out as they are, whatever Accept says."""

    produces = ()


class ReadRequest(Request):
    """A request whose body is read: as JSON for whoever asks, whatever it came as."""

    def __init__(self, request: Request, body: bytes, value: Any):
        headers = [(k, v) for k, v in request.scope["headers"] if k != b"content-type"]
        headers.append((b"content-type", JSON.encode()))
        super().__init__({**request.scope, "headers": headers}, request.receive)
        self._body = body
        self._json = value


def _from_cbor(body: bytes) -> Any:
    try:
        return cbor2.loads(body)
    except (cbor2.CBORDecodeError, RecursionError) as e:
        raise not_readable(f"The body is not CBOR: {e}") from e


def _from_json(body: bytes, takes_rubbish: bool) -> Any:
    try:
        text = body.decode(json.detect_encoding(body)).strip()
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as e:
        raise not_readable(f"The body is not JSON: {e}") from e
    if end < len(text) and not takes_rubbish:
        raise not_readable(f"Something follows the JSON of the body, after {end} characters.")
    return value


def choose(accept: str | None, produces: Sequence[str]) -> str | None:
    """The first of `produces` that the Accept head takes, by the order of its quality."""
    if not accept:
        return produces[0]
    for wanted, parameters in _ranges(accept):
        for media_type in produces:
            if wanted in ("*/*", media_type, media_type.split("/")[0] + "/*"):
                return media_type + parameters
    return None


def _ranges(accept: str) -> list[tuple[str, str]]:
    """The media ranges of an Accept head, best first, each with the parameters it asks for.

    A range whose quality is not a number counts as not there.
    """
    found = []
    for part in accept.split(","):
        media_type, *parameters = [p.strip() for p in part.split(";")]
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        kept = "".join(";" + p for p in parameters if not p.startswith("q="))
        try:
            found.append((-float(quality), media_type.lower(), kept))
        except ValueError:
            continue
    return [(media_type, kept) for _, media_type, kept in sorted(found, key=lambda f: f[0])]


def dress(request: Request, response: Response, media_type: str) -> Response:
    """Give a Reply its media type and its ETag, and turn it into a 304 where that matches."""
    if isinstance(response, Reply):
        if media_type.startswith(CBOR):
            response.body = cbor2.dumps(_plain_links(json.loads(response.body)))
        set_body_heads(request, response, media_type)
    # A HEAD runs as a GET here, but gets no ETag.
    is_get = request.method == "GET" and not request.scope.get(IS_HEAD)
    return _tag(request, response) if is_get and getattr(response, "tagged", False) else response


def set_body_heads(request: Request, response: Response, media_type: str) -> None:
    if "charset" not in media_type and hub.rules(request).names_charset:
        media_type += ";charset=UTF-8"
    response.headers["content-type"] = media_type
    response.headers["content-length"] = str(len(response.body))


def _tag(request: Request, response: Response) -> Response:
    # The "0" in front is Spring's ShallowEtagHeaderFilter. "*" does not match there.
    etag = '"0%s"' % hashlib.md5(response.body, usedforsecurity=False).hexdigest()
    given = request.headers.get("if-none-match", "")
    if etag in [tag.strip().removeprefix("W/") for tag in given.split(",")]:
        return Response(status_code=304, headers={"etag": etag})
    response.headers["etag"] = etag
    return response


def _plain_links(value):
    """hawkBit's CBOR has an array `links` where its JSON has an object `_links`."""
    if isinstance(value, list):
        return [_plain_links(v) for v in value]
    if not isinstance(value, dict):
        return value
    plain = {k: _plain_links(v) for k, v in value.items() if k != "_links"}
    if "_links" in value:
        plain["links"] = [{"rel": rel, **link} for rel, link in value["_links"].items()]
    return plain
