"""What stands before the application in hawkBit: its firewall and the heads of every answer."""

import re

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, errors
from .media import IS_HEAD
from .settings import is_loopback

# Set by connection.py in the scope: this is the last answer that the connection will carry.
LAST_ANSWER = "rollouts.last_answer"
# Set there for an HTTP/1.0 client that asked to keep its connection.
KEEP_ALIVE = "rollouts.keep_alive"

IDLE_S = 60
# Of JSON: 5000 assignments, each with a maintenance window, are 1.3 MB.
_MAX_BODY = 2 << 20
_UPLOAD = re.compile(r"/rest/(v1/softwaremodules/\d+/artifacts/?|page/release)")

_PORT = re.compile(r":\d*$")

# Tomcat answers these by itself, with a page; Spring's firewall the others, with JSON.
_TOMCAT_REFUSES = re.compile(rb"%2f|%5c|\\", re.I)
_FIREWALL_REFUSES = re.compile(rb"//|;|%3b|%25|%2e|%00|%0a|%0d|/\.{1,2}(/|$)", re.I)

_ELSEWHERE = ("cross-site", "same-site")

_SECURITY_HEADS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-xss-protection", b"0"),
    (b"cache-control", b"no-cache, no-store, max-age=0, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"x-frame-options", b"DENY"),
]
_JSON = (b"application/json", b"application/hal+json")
# Spring's guard against reflected downloads names JSON with any other ending "f.txt".
_SAFE_ENDINGS = {"txt", "text", "json", "xml", "png", "jpg", "jpeg", "gif", "bmp", "csv", "yml"}
_GUARD_HEAD = (b"content-disposition", b"inline;filename=f.txt")


class Front:
    """Outermost: refuses odd paths, runs HEAD as GET, adds the heads that all answers have."""

    def __init__(self, app: ASGIApp, takes_trailing_slash: bool, loopback_only: bool):
        self.app = app
        self.loopback_only = loopback_only
        self.takes_trailing_slash = takes_trailing_slash

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_heads(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_heads(scope, message)
            await send(message)

        refusal = refuse(scope, self.loopback_only)
        if refusal is not None:
            await refusal(scope, receive, send_with_heads)
            return
        if scope["method"] == "HEAD":
            # The protocol knows that it is a HEAD and leaves the body out.
            scope = {**scope, "method": "GET", IS_HEAD: True}
        if self.takes_trailing_slash and scope["path"].startswith("/rest/"):
            scope = {**scope, "path": scope["path"].rstrip("/")}
        if not _UPLOAD.fullmatch(scope["path"]):
            receive = _bounded(receive)
        await self.app(scope, receive, send_with_heads)


def _bounded(receive: Receive) -> Receive:
    """A body that is read whole into memory has an end. An upload goes to disk, in pieces."""
    size = 0

    async def receive_some() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > _MAX_BODY:
            raise HTTPException(413)
        return message

    return receive_some


def refuse(scope: Scope, loopback_only: bool = False):
    """The answer to a request that goes no further, or None."""
    raw_path = scope["raw_path"]
    heads = Headers(scope=scope)
    host = heads.get("host", "localhost")
    if loopback_only and not is_loopback(_PORT.sub("", host).strip("[]")):
        # A page whose name was made to lead here by DNS would be of the same origin.
        text = f"{host} is no name of this server: it listens on loopback only, see --host\n"
        return PlainTextResponse(text, 421)
    names_no_host = "host" not in heads and scope["http_version"] != "1.0"
    if names_no_host or _TOMCAT_REFUSES.search(raw_path):
        return answers.page(400)
    if _is_cross_site(scope["method"], heads):
        return answers.page(403)
    if _FIREWALL_REFUSES.search(raw_path):
        return answers.framework_error(Request(scope), errors.FrameworkError(400))
    return None


def _is_cross_site(method: str, heads: Headers) -> bool:
    """Does a page of another site use the login that the operator's browser remembers?

    A link from elsewhere may lead here (GET without an origin); nothing that changes may come.
    """
    origin = heads.get("origin")
    if origin is not None and origin.partition("://")[2] != heads.get("host"):
        return True
    return method not in ("GET", "HEAD") and heads.get("sec-fetch-site") in _ELSEWHERE


def _add_heads(scope: Scope, message: Message) -> None:
    heads = message["headers"] = [*message.get("headers", []), *_SECURITY_HEADS]
    kind = dict(heads).get(b"content-type", b"").partition(b";")[0]
    _, dot, ending = scope["path"].rpartition("/")[2].rpartition(".")
    if kind in _JSON and dot and ending and ending.lower() not in _SAFE_ENDINGS:
        heads.append(_GUARD_HEAD)
    if scope.get(LAST_ANSWER) or message["status"] in (400, 413, 500):
        heads.append((b"connection", b"close"))
    elif scope.get(KEEP_ALIVE):
        heads += [(b"connection", b"keep-alive"), (b"keep-alive", b"timeout=%d" % IDLE_S)]
