"""Running it: a socket, uvicorn, and the line that says it is ready."""

import asyncio
import json
import logging
import signal
import socket
import threading
from collections.abc import Iterable
from contextlib import contextmanager
from functools import partial

import uvicorn

from .app import build
from .clock import Clock
from .connection import Connection
from .faults import Faults
from .settings import Settings, is_loopback
from .store import IN_MEMORY, Store

_BACKLOG = 2048


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self):
        """Signals are ours: uvicorn would raise them once more at the end."""
        yield


class Server:
    """A server on a bound socket. `run` blocks; `start` and `stop` use a thread of its own."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str = IN_MEMORY,
        faults: Iterable[str] = (),
        any_name: bool = False,
        log_requests: bool = False,
    ):
        """`any_name`: answer to names that are not of loopback, as an emulator's guest has them.

        Raises StoreError, FaultError, OSError (the address is taken)."""
        self.clock = Clock()
        self.faults = Faults()
        for text in faults:
            self.faults.add(text)
        self.store = Store(db, self.clock, settings or Settings())
        self.settings = self.store.settings
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        address = self._socket.getsockname()
        shown = f"[{address[0]}]" if ":" in address[0] else address[0]
        self.url = f"http://{shown}:{address[1]}"
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        loopback_only = is_loopback(address[0]) and not any_name
        self._app = build(self.store, self.faults, loopback_only)
        self._uvicorn = _Uvicorn(
            uvicorn.Config(
                self._app,
                http=partial(Connection, limits=self.faults.limits),
                ws="none",
                timeout_graceful_shutdown=1,
                log_level="warning",
                access_log=log_requests,
                server_header=False,
                proxy_headers=False,
            )
        )

        if log_requests:
            _log_requests()

    def ready_line(self) -> str:
        """What a program that started the server needs to know, as one line of JSON."""
        settings = self.settings
        return json.dumps(
            {
                "url": self.url,
                "tenant": settings.tenant,
                "user": settings.user,
                # Nothing secret in logs: who set it knows it.
                "password": settings.password if settings.password == Settings.password else None,
                "gatewayToken": settings.gateway_token,
            }
        )

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT; the ready line goes to stdout first."""
        # signal.signal and not the loop's own: Windows has only that, and Ctrl-C there.
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = [signal.signal(number, self._stop_soon) for number in numbers]
        print(self.ready_line(), flush=True)
        try:
            asyncio.run(self._serve())
        finally:
            for number, handler in zip(numbers, before, strict=True):
                signal.signal(number, handler)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await self._uvicorn.serve(sockets=[self._socket])
        finally:
            self._socket.close()
            self.store.close()

    def _stop_soon(self, *_signal) -> None:
        self._app.state.feed.is_over = True  # else the open pages would hold it up
        self._uvicorn.should_exit = True

    def start(self) -> "Server":
        """Serve in a thread; returns once requests are answered."""
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), name="rollouts-serve", daemon=True
        )
        self._thread.start()
        while not self._uvicorn.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server ended while it started; its log says why")
            self._thread.join(0.005)
        return self

    def stop(self) -> None:
        self._stop_soon()
        if self._thread is not None:
            self._thread.join(10)

    def call(self, function, *arguments):
        """Run `function` between two requests, on the server's own loop."""

        async def run():
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)


def _log_requests() -> None:
    """A line a request on stderr: stdout has the ready line alone."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    logger = logging.getLogger("uvicorn.access")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
