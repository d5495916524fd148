"""Absolute links, by the Host head and the tenant as the request spelled them."""

from urllib.parse import quote, quote_plus

from starlette.requests import Request


class Links:
    """The links of one answer."""

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
