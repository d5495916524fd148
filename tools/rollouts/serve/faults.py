"""Faults by name, for those who want to see how a device takes them.

    NAME[=VALUE][@PART][*COUNT]      cut-at=100000@artifacts   status=503@feedback*2

PART is a piece of the path that a request must contain; without it the faults of a body
strike downloads (`/artifacts/`), the others every request of a device. COUNT is how many
requests it strikes; without it all. The first fault that strikes a request is the only one.
close-after and idle-close concern connections, whatever they carry, and take neither.

Operators' requests are never struck by the others, so that the truth can be asked for.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, errors
from .connection import TRANSPORT, Limits

_DEVICE = re.compile(r"/[^/]+/controller/")
_DOWNLOADS = "/artifacts/"
_SPEC = re.compile(r"([a-z-]+)(?:=([^@*]*))?(?:@([^*]+))?(?:\*(\d+))?")
_PIECE = 4096

Strike = Callable[["Struck"], Awaitable[None]]


class FaultError(ValueError):
    """A fault that cannot be read; the text says what is wrong."""


@dataclass
class Struck:
    """A request that a fault strikes, and the value of the fault."""

    value: str
    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def pass_on(self, send: Send | None = None) -> None:
        await self.app(self.scope, self.receive, send or self.send)

    @property
    def transport(self):
        return self.scope[TRANSPORT]

    async def until_lost(self) -> None:
        """Wait until the connection is closed; uvicorn expects no more of the answer then."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


class Fault:
    """One fault of the command line, and how often it may still strike."""

    def __init__(self, text: str):
        match = _SPEC.fullmatch(text)
        if not match or match[1] not in STRIKES:
            known = ", ".join(sorted([*STRIKES, *LIMITS]))
            raise FaultError(f"{text!r} is no fault; there are: {known}")
        self.text = text
        strike, check, strikes_bodies = STRIKES[match[1]]
        self.strike = strike
        try:
            self.value = check(match[2])
        except ValueError as e:
            raise FaultError(f"{text!r}: {e}")
        self.part = match[3] or (_DOWNLOADS if strikes_bodies else "")
        self.left = int(match[4]) if match[4] else None

    def hits(self, path: str) -> bool:
        return self.left != 0 and bool(_DEVICE.match(path)) and self.part in path

    def count(self) -> None:
        if self.left:
            self.left -= 1


class Faults:
    """The faults of a server, which may be changed while it runs."""

    def __init__(self) -> None:
        self.limits = Limits()
        self._active: list[Fault] = []

    def add(self, text: str) -> None:
        """FaultError when it is none."""
        name, _, value = text.partition("=")
        if name in LIMITS:
            try:
                LIMITS[name](self.limits, int(_number(value)))
            except ValueError as e:
                raise FaultError(f"{text!r}: {e}")
        else:
            self._active = [*self._active, Fault(text)]

    def clear(self) -> None:
        self._active = []
        self.limits.reset()

    def __iter__(self):
        return iter(self._active)


class FaultLayer:
    """Between login and application: lets a fault answer instead, or spoil the answer."""

    def __init__(self, app: ASGIApp, faults: Faults):
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for fault in self.faults:
                if fault.hits(scope["path"]):
                    fault.count()
                    await fault.strike(Struck(fault.value, self.app, scope, receive, send))
                    return
        await self.app(scope, receive, send)


def on_body(change: Callable) -> Strike:
    """A strike that gets each piece of the answer's body before it goes out."""

    async def strike(struck: Struck) -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                await change(struck, message)
            else:
                await struck.send(message)

        await struck.pass_on(send)

    return strike


async def _cut(struck: Struck) -> None:
    """The connection ends after N bytes of body."""
    left = int(struck.value)

    async def send(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            await struck.send(message)
            return
        body = message.get("body", b"")
        if left > 0 and len(body) >= left:
            await struck.send({**message, "body": body[:left], "more_body": True})
            struck.transport.close()
        elif left > 0:
            await struck.send(message)
        left -= len(body)

    await struck.pass_on(send)
    if left <= 0:
        await struck.until_lost()


async def _slow(struck: Struck, message: Message) -> None:
    """N bytes a second, in ten pieces a second; few bytes come one by one."""
    rate = int(struck.value)
    body, more = message.get("body", b""), message.get("more_body", False)
    piece = max(rate // 10, 1)
    for start in range(0, len(body), piece):
        part = body[start : start + piece]
        await struck.send({"type": message["type"], "body": part, "more_body": True})
        await asyncio.sleep(len(part) / rate)
    await struck.send({"type": message["type"], "body": b"", "more_body": more})


async def _stall(struck: Struck, message: Message) -> None:
    """The first 4 KiB, then nothing for ever."""
    body = message.get("body", b"")[:_PIECE]
    await struck.send({"type": message["type"], "body": body, "more_body": True})
    await struck.until_lost()


async def _wrong_hash(struck: Struck, message: Message) -> None:
    """The last byte of each piece is another one."""
    body = message.get("body", b"")
    if body:
        message = {**message, "body": body[:-1] + bytes([body[-1] ^ 0xFF])}
    await struck.send(message)


async def _chunked(struck: Struck) -> None:
    """Chunks instead of a length."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            heads = message["headers"]
            message["headers"] = [(k, v) for k, v in heads if k.lower() != b"content-length"]
        await struck.send(message)

    await struck.pass_on(send)


async def _no_length(struck: Struck) -> None:
    """Neither length nor chunks: the body ends with the connection."""

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await struck.send(message)

    struck.transport.hide_length()
    await struck.pass_on(send)


async def _redirect(struck: Struck) -> None:
    """302 to the value, or to the same path on another host."""
    location = struck.value or "http://elsewhere.invalid" + struck.scope["path"]
    await _answer(struck, 302, [(b"location", location.encode())])


async def _gone(struck: Struck) -> None:
    await _answer(struck, 410, [])


async def _status(struck: Struck) -> None:
    """Another status. 4xx and 5xx come with the error document of a framework."""
    error = errors.FrameworkError(int(struck.value))
    answer = answers.framework_error(Request(struck.scope), error)
    await answer(struck.scope, struck.receive, struck.send)


async def _lost_answer(struck: Struck) -> None:
    """The request is obeyed, but its answer never arrives."""

    async def swallow(message: Message) -> None:
        pass

    await struck.pass_on(swallow)
    struck.transport.abort()
    await struck.until_lost()


async def _sleep(struck: Struck) -> None:
    """The poll says the value as its sleep, whatever it is; `null` is JSON's."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await struck.pass_on(keep)
    head, body = sent[0], b"".join(m.get("body", b"") for m in sent[1:])
    try:
        answer = json.loads(body)
        answer["config"]["polling"]["sleep"] = None if struck.value == "null" else struck.value
        body = json.dumps(answer).encode()
    except (ValueError, KeyError, TypeError):
        pass  # not a poll, or a 304: it goes out as it is
    heads = [(k, v) for k, v in head["headers"] if k.lower() not in (b"content-length", b"etag")]
    head["headers"] = [*heads, (b"content-length", b"%d" % len(body))]
    await struck.send(head)
    await struck.send({"type": "http.response.body", "body": body})


async def _answer(struck: Struck, status: int, heads: list) -> None:
    heads = [*heads, (b"content-length", b"0")]
    await struck.send({"type": "http.response.start", "status": status, "headers": heads})
    await struck.send({"type": "http.response.body", "body": b""})


def _number(value: str | None) -> str:
    if not value or not value.isdigit() or int(value) < 1:
        raise ValueError("it needs a whole number above 0, as in cut-at=4096")
    return value


def _status_code(value: str | None) -> str:
    if not value or not re.fullmatch(r"[3-5]\d\d", value):
        raise ValueError("it needs a status from 300 to 599, as in status=503")
    return value


def _optional(value: str | None) -> str:
    return value or ""


def _nothing(value: str | None) -> str:
    if value is not None:
        raise ValueError("it takes no value")
    return ""


def _one(value: str | None) -> str:
    _nothing(value)
    return "1"


# name -> (what it does, the check of its value, does it strike downloads unless told else)
STRIKES: dict[str, tuple[Strike, Callable, bool]] = {
    "cut-at": (_cut, _number, True),
    "slow": (on_body(_slow), _number, True),
    "drip": (on_body(_slow), _one, True),
    "stall": (on_body(_stall), _nothing, True),
    "wrong-hash": (on_body(_wrong_hash), _nothing, True),
    "no-length": (_no_length, _nothing, True),
    "chunked": (_chunked, _nothing, False),
    "redirect": (_redirect, _optional, True),
    "gone": (_gone, _nothing, True),
    "status": (_status, _status_code, False),
    "lost-answer": (_lost_answer, _nothing, False),
    "sleep": (_sleep, _optional, False),
}


def _close_after(limits: Limits, count: int) -> None:
    limits.answers, limits.announced = count, False


def _idle_close(limits: Limits, seconds: int) -> None:
    limits.idle_s = seconds


LIMITS = {"close-after": _close_after, "idle-close": _idle_close}
