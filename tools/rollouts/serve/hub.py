"""What a request handler needs of the server, found through its request."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from .dialect import Dialect
from .links import Links
from .store import Store, Work


def store(request: Request) -> Store:
    return request.app.state.store


def rules(request: Request) -> Dialect:
    return store(request).settings.rules


def work(request: Request, user: str = "") -> AbstractContextManager[Work]:
    """A transaction within a handler that must await before or after it, not inside."""
    return store(request).work(user)


async def _transaction(request: Request) -> AsyncIterator[Work]:
    with work(request) as one:
        yield one


async def _links(request: Request) -> Links:
    return Links(request)


# Arguments of handlers. A transaction is committed when its handler returns, before the
# answer is sent, and rolled back when it raises; such a handler must not await.
Transaction = Annotated[Work, Depends(_transaction, scope="function")]
LinksHere = Annotated[Links, Depends(_links)]
