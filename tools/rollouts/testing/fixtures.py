"""pytest fixtures: a local hawkBit that is empty at the beginning of each test."""

from collections.abc import Iterator

import pytest

from . import LocalServer, local_server


@pytest.fixture(scope="session")
def hawkbit_server() -> Iterator[LocalServer]:
    with local_server() as server:
        yield server


@pytest.fixture
def hawkbit(hawkbit_server: LocalServer) -> LocalServer:
    """A local hawkBit with nothing in it."""
    hawkbit_server.reset()
    return hawkbit_server
