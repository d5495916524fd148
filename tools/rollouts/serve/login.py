"""Who asks: an operator with a password, or a device with a token.

Runs before the routes, so that an unknown path tells a stranger nothing.
"""

import base64
import re
from hmac import compare_digest

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from . import answers, config, errors
from .model import Target
from .store import Store

_DEVICE_PATH = re.compile(r"/([^/]+)/controller/v1/([^/]+)")
_DEVICE_TREE = re.compile(r"/[^/]+/controller(/|$)")


class Login:
    """Lets through what is allowed; the other pages of the server need no login."""

    def __init__(self, app: ASGIApp, store: Store):
        self.app = app
        self.store = store
        self._challenge = store.settings.rules.challenge

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self.refuse(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def refuse(self, scope: Scope) -> Response | None:
        path = scope["path"]
        authorization = Request(scope).headers.get("authorization", "")
        if path == "/rest" or path.startswith("/rest/"):
            if not self.is_operator(authorization):
                error = errors.FrameworkError(401, headers={"WWW-Authenticate": self._challenge})
                return answers.framework_error(Request(scope), error)
        elif _DEVICE_TREE.match(path) and not self.is_device(path, authorization):
            return Response(status_code=401)
        return None

    def is_operator(self, authorization: str) -> bool:
        """Basic login."""
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(encoded, validate=True)
        except ValueError:  # also: not ASCII
            return False
        settings = self.store.settings
        names = [settings.user]
        if settings.rules.tenant_login:
            names.append(f"{settings.tenant}\\{settings.user}")
        return any(_same(given, f"{name}:{settings.password}") for name in names)

    def is_device(self, path: str, authorization: str) -> bool:
        match = _DEVICE_PATH.match(path)
        if not match or match[1].upper() != self.store.settings.tenant.upper():
            return False
        kind, _, token = authorization.partition(" ")
        with self.store.work() as work:
            if kind == "TargetToken":
                enabled = config.get(work, config.TARGET_TOKEN_ENABLED)
                mine = Target.controller_id == match[2]
                known = work.db.scalar(select(Target.security_token).where(mine))
            elif kind == "GatewayToken":
                enabled = config.get(work, config.GATEWAY_TOKEN_ENABLED)
                known = config.get(work, config.GATEWAY_TOKEN_KEY)
            else:
                return False
        return bool(enabled and known) and _same(token.encode("latin1"), known)


def _same(given: bytes, known: str) -> bool:
    """Compare without telling by the time taken how much of it was right."""
    return compare_digest(given, known.encode())
