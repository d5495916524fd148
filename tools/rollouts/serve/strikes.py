"""What faults do to an answer. Their grammar is in faults.py, the list in ../README.md."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers, errors
from .connection import TRANSPORT

_PIECE = 4096
# What a redirect without a value leads to: the same again, which is answered.
_REDIRECTED = b"redirected"


@dataclass
class Struck:
    """A request that a fault strikes, and the value of the fault."""

    value: Any
    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send

    async def pass_on(self, send: Send | None = None) -> None:
        await self.app(self.scope, self.receive, send or self.send)

    async def whole(self) -> tuple[Message, bytes]:
        """The answer, kept back: its start, and its body."""
        sent: list[Message] = []

        async def keep(message: Message) -> None:
            sent.append(message)

        await self.pass_on(keep)
        return sent[0], b"".join(message.get("body", b"") for message in sent[1:])

    @property
    def transport(self):
        return self.scope[TRANSPORT]

    async def until_lost(self) -> None:
        """Wait until the connection is closed; uvicorn expects no more of the answer then."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def answer(self, status: int, *heads: tuple[bytes, bytes]) -> None:
        """Answer without a body."""
        start = {"type": "http.response.start", "status": status}
        await self.send({**start, "headers": [*heads, (b"content-length", b"0")]})
        await self.send({"type": "http.response.body", "body": b""})


class Kind(NamedTuple):
    """A fault that has a name: what it does, how its value is read, whom it strikes."""

    strike: Callable[[Struck], Awaitable[None]]
    value: Callable[[str | None], Any]
    where: str = "download"


def _on(part: str, change: Callable[[Struck, Message], Awaitable[None]]):
    """A strike that gets each piece of the answer's `part`, start or body, before it goes out."""

    async def strike(struck: Struck) -> None:
        async def send(message: Message) -> None:
            if message["type"] == f"http.response.{part}":
                await change(struck, message)
            else:
                await struck.send(message)

        await struck.pass_on(send)
        if struck.transport.is_closing():
            await struck.until_lost()

    return strike


def _without(heads: list[tuple[bytes, bytes]], *names: bytes) -> list[tuple[bytes, bytes]]:
    return [(name, value) for name, value in heads if name.lower() not in names]


async def _cut(struck: Struck, message: Message) -> None:
    body, left = message.get("body", b""), struck.value
    struck.value = max(left - len(body), 0)
    if len(body) < left:
        await struck.send(message)
    elif left:
        await struck.send({**message, "body": body[:left], "more_body": True})
        struck.transport.close()


async def _slow(struck: Struck, message: Message) -> None:
    # In ten pieces a second; few bytes come one by one.
    body, more = message.get("body", b""), message.get("more_body", False)
    per_second = struck.value or 1  # `drip` has no value
    piece = max(per_second // 10, 1)
    for start in range(0, len(body), piece):
        if struck.transport.is_closing():
            return
        part = body[start : start + piece]
        await struck.send({"type": message["type"], "body": part, "more_body": True})
        await asyncio.sleep(len(part) / per_second)
    await struck.send({"type": message["type"], "body": b"", "more_body": more})


async def _stall(struck: Struck) -> None:
    # Never a whole body; of an empty one not even its head.
    start, body = await struck.whole()
    part = body[: min(len(body) // 2, _PIECE)]
    if part:
        await struck.send(start)
        await struck.send({"type": "http.response.body", "body": part, "more_body": True})
    await struck.until_lost()


async def _wrong_hash(struck: Struck, message: Message) -> None:
    body = message.get("body", b"")
    if body:
        message = {**message, "body": body[:-1] + bytes([body[-1] ^ 0xFF])}
    await struck.send(message)


async def _chunked(struck: Struck, start: Message) -> None:
    # uvicorn takes to chunks where there is no length.
    heads = _without(start["headers"], b"content-length")
    await struck.send({**start, "headers": heads})


async def _no_length(struck: Struck) -> None:
    # uvicorn would take to chunks, so this goes past it; the end of the connection ends it.
    start, body = await struck.whole()
    heads = [*_without(start["headers"], b"content-length"), (b"connection", b"close")]
    lines = [b"HTTP/1.1 %d " % start["status"], *(b"%s: %s" % head for head in heads), b"", body]
    struck.transport.write(b"\r\n".join(lines))
    struck.transport.close()
    await struck.until_lost()


async def _no_range(struck: Struck) -> None:
    struck.scope["headers"] = _without(struck.scope["headers"], b"range")
    await struck.pass_on()


async def _redirect(struck: Struck) -> None:
    location = struck.value
    if not location:
        if struck.scope["query_string"] == _REDIRECTED:
            await struck.pass_on()
            return
        location = struck.scope["raw_path"].decode() + "?" + _REDIRECTED.decode()
    await struck.answer(302, (b"location", location.encode()))


async def _gone(struck: Struck) -> None:
    await struck.answer(410)


async def _status(struck: Struck) -> None:
    status, retry_after = struck.value
    answer = answers.framework_error(Request(struck.scope), errors.FrameworkError(status))
    if retry_after:
        answer.headers["Retry-After"] = retry_after
    await answer(struck.scope, struck.receive, struck.send)


async def _lost_answer(struck: Struck) -> None:
    await struck.whole()
    struck.transport.abort()
    await struck.until_lost()


async def _sleep(struck: Struck) -> None:
    start, body = await struck.whole()
    try:
        answer = json.loads(body)
        answer["config"]["polling"]["sleep"] = struck.value
        body = json.dumps(answer).encode()
    except (ValueError, KeyError, TypeError):
        pass  # not a poll, or a 304: it goes out as it is
    heads = _without(start["headers"], b"content-length", b"etag")
    await struck.send({**start, "headers": [*heads, (b"content-length", b"%d" % len(body))]})
    await struck.send({"type": "http.response.body", "body": body})


# --- values; all raise ValueError


def _number(text: str | None) -> int:
    if not re.fullmatch(r"0*[1-9][0-9]{0,9}", text or ""):
        raise ValueError("it needs a whole number above 0, as in cut-at=4096")
    return int(text)


def seconds(text: str | None) -> float:
    """A time above 0."""
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", text or "") or not float(text):
        raise ValueError("it needs seconds, as in idle-close=5 or idle-close=0.5")
    return float(text)


def _status_code(text: str | None) -> tuple[int, str]:
    match = re.fullmatch(r"([3-5]\d\d)(?::(\d+))?", text or "")
    if not match:
        raise ValueError(
            "it needs a status from 300 to 599, as in status=503, or with Retry-After, "
            "as in status=503:120"
        )
    return int(match[1]), match[2]


def _nothing(text: str | None) -> None:
    if text is not None:
        raise ValueError("it takes no value")


def _location(text: str | None) -> str | None:
    if text is not None and not re.fullmatch(r"(https?://[^/]+)?/[!-~]*", text):
        raise ValueError("it needs an address or a path, as in redirect=/elsewhere, or no value")
    return text


def _said(text: str | None) -> str | None:
    return None if text == "null" else text or ""


KINDS = {
    "cut-at": Kind(_on("body", _cut), _number),
    "slow": Kind(_on("body", _slow), _number),
    "drip": Kind(_on("body", _slow), _nothing),
    "stall": Kind(_stall, _nothing),
    "wrong-hash": Kind(_on("body", _wrong_hash), _nothing),
    "no-length": Kind(_no_length, _nothing),
    "no-range": Kind(_no_range, _nothing),
    "chunked": Kind(_on("start", _chunked), _nothing),
    "redirect": Kind(_redirect, _location),
    "gone": Kind(_gone, _nothing),
    "status": Kind(_status, _status_code, "any"),
    "lost-answer": Kind(_lost_answer, _nothing, "any"),
    "sleep": Kind(_sleep, _said, "poll"),
}


def close_after(limits, text: str | None) -> None:
    limits.answers, limits.announced = _number(text), False


def idle_close(limits, text: str | None) -> None:
    limits.idle_s = seconds(text)


# What strikes connections, whatever they carry.
LIMITS = {"close-after": close_after, "idle-close": idle_close}
