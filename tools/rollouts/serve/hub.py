"""What a request handler needs of the server, found through its request."""

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote, quote_plus

from fastapi import Depends
from starlette.requests import Request

from .dialect import Dialect
from .store import Store, Work


class Links:
    """The absolute links of one answer: host and tenant as its request spelled them."""

    def __init__(self, request: Request):
        self._root = f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"
        self._request = request

    def mgmt(self, path: str) -> dict:
        return {"href": f"{self._root}/rest/v1/{path}"}

    def target(self, controller_id: str, path: str = "") -> dict:
        return self.mgmt(f"targets/{quote(controller_id, safe='')}{path}")

    def device(self, path: str) -> dict:
        """A resource of the device that asks."""
        tenant = self._request.path_params["tenant"]
        controller_id = quote(self._request.path_params["controller_id"], safe="")
        return {"href": f"{self._root}/{tenant}/controller/v1/{controller_id}/{path}"}

    def download(self, tenant: str, controller_id: str, module_id: int, filename: str) -> str:
        """hawkBit puts the controller id in as it is and form-encodes the file name."""
        # Java's URLEncoder differs from quote_plus in these two characters.
        name = quote_plus(filename, safe="*").replace("~", "%7E")
        return (
            f"{self._root}/{tenant}/controller/v1/{controller_id}"
            f"/softwaremodules/{module_id}/artifacts/{name}"
        )


def store(request: Request) -> Store:
    return request.app.state.store


def rules(request: Request) -> Dialect:
    return store(request).settings.rules


async def _transaction(request: Request) -> AsyncIterator[Work]:
    with store(request).work() as one:
        yield one


# An argument of handlers. A transaction is committed when its handler returns, before the
# answer is sent, and rolled back when it raises; such a handler must not await: one that does
# opens its own before or after, by store().work().
Transaction = Annotated[Work, Depends(_transaction, scope="function")]
