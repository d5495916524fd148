"""Who asks: basic auth in hawkBit's form, or in Bosch's `TENANT\\USER`."""

import base64

import httpx


class Login(httpx.Auth):
    """Basic auth that finds out which form of the user name the server wants.

    hawkBit takes `USER` and answers 401 to `TENANT\\USER`; Bosch IoT Rollouts is the other
    way round. The second form is tried after a 401, and the one that worked is kept.
    """

    def __init__(self, user: str, password: str, tenant: str | None = None):
        names = [user]
        if tenant and "\\" not in user:
            names.append(f"{tenant}\\{user}")
        self._headers = [_basic(name, password) for name in names]

    def auth_flow(self, request):
        request.headers["Authorization"] = self._headers[0]
        response = yield request
        if response.status_code != 401 or len(self._headers) == 1:
            return
        request.headers["Authorization"] = self._headers[1]
        response = yield request
        if response.status_code != 401:
            self._headers = self._headers[1:]

    @property
    def secrets(self) -> list[str]:
        """What must never be shown: the values after `Basic`."""
        return [header.removeprefix("Basic ") for header in self._headers]


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
