"""What a request handler needs of the server, found through its request."""

from contextlib import AbstractContextManager

from starlette.requests import Request

from .store import Store, Work


def store(request: Request) -> Store:
    return request.app.state.store


def work(request: Request, user: str = "") -> AbstractContextManager[Work]:
    """A transaction for this request. Handlers must not await inside it."""
    return store(request).work(user)
