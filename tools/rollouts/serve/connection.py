"""How long a connection lasts, on top of uvicorn's protocol, as observed on hawkBit 1.0.4.

Every 100th answer is the last of its connection; an idle connection is closed after 60 s; a
reader that takes nothing for 60 s is dropped, and so is half a request; HTTP/1.0 clients may
keep their connection.
"""

import asyncio
from dataclasses import dataclass

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .front import IDLE_S, KEEP_ALIVE, LAST_ANSWER

# Tomcat's, for the first line and all headers together.
_MAX_HEAD = 8192

# In the scope: the transport of the request's connection.
TRANSPORT = "rollouts.transport"


@dataclass
class Limits:
    """How long connections last."""

    answers: int = 100
    # Does the last answer say so? A fault keeps silent about it.
    announced: bool = True
    idle_s: float = IDLE_S
    stalled_reader_s: float = 60
    # How long a head may take, and a body pause.
    patience_s: float = 60

    def reset(self) -> None:
        self.__init__()


_USUAL = Limits()


class Connection(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *, limits: Limits, **options):
        super().__init__(**options)
        self.limits = limits
        self._requests = 0
        self._head_size = 0  # -1: the head is complete
        # By what is waited for: the timer that ends the connection without it.
        self._waits: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._expect_request()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_size >= 0:
            self._head_size += len(data)
            if self._head_size > _MAX_HEAD and not self.transport.is_closing():
                self.send_400_response("a head without end")
        elif "request" in self._waits:
            self._expect_request()

    def _expect_request(self) -> None:
        """Half a request does not keep its connection."""
        self._expect("request", self.limits.patience_s)

    def _expect(self, what: str, seconds: float) -> None:
        self._came(what)
        self._waits[what] = self.loop.call_later(seconds, self.transport.abort)

    def _came(self, what: str) -> None:
        if timer := self._waits.pop(what, None):
            timer.cancel()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0
        self._expect_request()
        self._requests += 1
        self.scope[TRANSPORT] = self.transport

    def _limits_of(self, scope) -> Limits:
        """Faults change the limits; operators keep the usual ones."""
        return self.limits if "/controller/" in scope["path"] else _USUAL

    def on_headers_complete(self) -> None:
        self._head_size = -1
        if sum(len(name) + len(value) + 4 for name, value in self.headers) > _MAX_HEAD:
            raise ValueError("a head too large")  # uvicorn answers 400
        super().on_headers_complete()
        limits = self._limits_of(self.scope)
        self.scope[LAST_ANSWER] = limits.announced and self._requests >= limits.answers
        if self.parser.get_http_version() == "1.0" and self.parser.should_keep_alive():
            self.scope[KEEP_ALIVE] = self.cycle.keep_alive = True

    def on_message_complete(self) -> None:
        self._came("request")
        super().on_message_complete()

    def on_response_complete(self) -> None:
        limits = self._limits_of(self.cycle.scope)
        if not limits.announced and self._requests >= limits.answers:
            self.transport.close()
        self.timeout_keep_alive = limits.idle_s
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect("reader", self.limits.stalled_reader_s)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._came("reader")

    def connection_lost(self, exc: Exception | None) -> None:
        for what in list(self._waits):
            self._came(what)
        super().connection_lost(exc)
