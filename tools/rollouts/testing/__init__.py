"""A local hawkBit inside a test. Needs the extra: pip install 'hawkbit-rollouts[testing]'.

    from rollouts.testing import local_server

    with local_server() as server:
        client = httpx.Client(base_url=server.url, auth=(server.user, server.password))

With pytest, `from rollouts.testing.fixtures import hawkbit, hawkbit_server` in conftest.py gives
`hawkbit`: one server for the whole session, emptied before each test.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from ..serve import scheduler
from ..serve.server import Server
from ..serve.settings import Settings
from ..serve.store import IN_MEMORY


class LocalServer:
    """A running server: where it is, how to log in, its clock, and how to empty it."""

    def __init__(self, server: Server):
        self._server = server
        self.url = server.url
        self.tenant = server.settings.tenant
        self.user = server.settings.user
        self.password = server.settings.password
        self.gateway_token = server.settings.gateway_token
        # now_ms(), set(now_ms), advance(seconds): windows, timeforced, polling follow it.
        self.clock = server.clock
        # add("cut-at=4096#1"), clear(), struck: see rollouts.serve.faults.
        self.faults = server.faults

    def step(self) -> None:
        """What the server else does every two seconds: auto-assignment and rollouts go on."""
        self._server.call(scheduler.step, self._server.store)

    def reset(self) -> None:
        """Empty database, ids from 1, real time, no faults."""
        self.clock.reset()
        self.faults.clear()
        self._server.call(self._server.store.reset)


@contextmanager
def local_server(
    *,
    db: str = IN_MEMORY,
    port: int = 0,
    faults: Iterable[str] = (),
    any_name: bool = False,
    **settings,
) -> Iterator[LocalServer]:
    """Run a server in a thread. `settings` are those of rollouts.serve.settings.Settings.

    `any_name`: answer to names that are not of loopback, as an emulator's guest has them.
    """
    server = Server(
        Settings(**settings), db=db, port=port, faults=faults, any_name=any_name
    ).start()
    try:
        yield LocalServer(server)
    finally:
        server.stop()
