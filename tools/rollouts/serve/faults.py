"""Faults by name, for those who want to see how a device takes them.

    NAME[=VALUE][@WHERE][#WHICH]        cut-at=100000    status=503@feedback#1-2

WHERE is a kind of request (poll, deployment, download, feedback, cancel, confirmation,
config, installed, any) or, with a slash, a piece of the path: @/fw.bin, @/dev-1. Without it
a fault strikes downloads; `status` and `lost-answer` strike any, `sleep` polls.
WHICH counts the requests that are meant, from 1: #2 is the second, #1-2 the first two, #3-
all from the third on; without it all. A request is struck by the first fault that means it.
`close-after` and `idle-close` concern connections and take neither WHERE nor WHICH.

The names are listed in ../README.md. Operators are never struck, so that the truth can be
asked for.
"""

import logging
import re
import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from .connection import Limits
from .strikes import KINDS, LIMITS, Struck

_FAULT = re.compile(r"([a-z-]+)(?:=([^@#]*))?(?:@([^@#]*))?(?:#(\d+)(-(\d*))?)?")
_DEVICE = re.compile(r"/[^/]+/controller/v1/[^/]+/?(.*)")
# As "METHOD path", below the device's own.
_WHERE = {
    "any": r".*",
    "poll": r"GET ",
    "deployment": r"GET deploymentBase/[^/]+",
    "download": r"GET softwaremodules/[^/]+/artifacts/.+",
    "feedback": r"POST deploymentBase/.+",
    "cancel": r"\w+ cancelAction/.+",
    "confirmation": r"\w+ confirmationBase.*",
    "config": r"PUT configData",
    "installed": r"\w+ installedBase.*",
}
_log = logging.getLogger(__name__)


class FaultError(ValueError):
    """A fault that cannot be read; the text says what is wrong."""


class Fault:
    """One fault, and how many requests it has been meant for."""

    def __init__(self, text: str):
        """Raises ValueError."""
        match = _FAULT.fullmatch(text)
        if not match or match[1] not in KINDS:
            raise ValueError("the faults are " + ", ".join(sorted([*KINDS, *LIMITS])))
        name, value, where, first, dash, last = match.groups()
        kind = KINDS[name]
        self.text = text
        self.strike = kind.strike
        self.value = kind.value(value)
        self._where = kind.where if where is None else where
        if "/" not in self._where and self._where not in _WHERE:
            raise ValueError("after @ comes /a/piece/of/the/path or one of " + ", ".join(_WHERE))
        self._first = int(first or 1)
        self._last = int(last) if last else sys.maxsize if dash or not first else self._first
        if not 1 <= self._first <= self._last:
            raise ValueError("after # comes a number from 1, as in #2, #1-2 or #3-")
        self._seen = 0

    def hits(self, method: str, path: str) -> bool:
        """Count a device's request; is it to be struck?"""
        device = _DEVICE.fullmatch(path)
        if not device:
            return False
        if "/" in self._where:
            is_meant = self._where in path
        else:
            is_meant = re.fullmatch(_WHERE[self._where], f"{method} {device[1]}")
        self._seen += bool(is_meant)
        return bool(is_meant) and self._first <= self._seen <= self._last


class Faults:
    """The faults of a server, which may be changed while it runs.

    struck: what they have done so far, a line for each request.
    """

    def __init__(self) -> None:
        self.limits = Limits()
        self.struck: list[str] = []
        self._active: list[Fault] = []

    def add(self, text: str) -> None:
        """Raises FaultError."""
        name, equals, value = text.partition("=")
        try:
            if name in LIMITS:
                LIMITS[name](self.limits, value if equals else None)
            else:
                self._active = [*self._active, Fault(text)]
        except ValueError as e:
            raise FaultError(f"{text!r}: {e}")

    def clear(self) -> None:
        self._active = []
        self.struck = []
        self.limits.reset()

    def find(self, method: str, path: str) -> Fault | None:
        """Return what strikes this request. All faults count it."""
        hits = [fault for fault in self._active if fault.hits(method, path)]
        if not hits:
            return None
        line = f"{hits[0].text} strikes {method} {path}"
        self.struck.append(line)
        _log.warning("%s", line)
        return hits[0]


class FaultLayer:
    """Between login and application: lets a fault answer instead, or spoil the answer."""

    def __init__(self, app: ASGIApp, faults: Faults):
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http":
            fault = self.faults.find(scope["method"], scope["path"])
        if fault:
            await fault.strike(Struck(fault.value, self.app, scope, receive, send))
        else:
            await self.app(scope, receive, send)
