from typing import Any, Callable, TypedDict

from typing_extensions import Unpack

KEPT_HEADERS: tuple[str, ...]

class _SessionSettings(TypedDict, total=False):
    feed: Callable[[], object] | None
    timeout_s: float
    min_bytes_per_s: int
    deadline_s: float

def absolute(base: str, reference: str) -> str: ...
def split_url(url: str) -> tuple[str, str, int, str]: ...

class Session:
    feed: Callable[[], object] | None
    timeout_s: float
    min_bytes_per_s: int
    deadline_s: float
    connections: int
    clock: Any
    def __init__(
        self, net: Any, clock: Any, tls: Any = None, **settings: Unpack[_SessionSettings]
    ) -> None: ...
    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Response: ...
    def feed_watchdog(self) -> None: ...
    def close(self) -> None: ...

class Response:
    status: int
    def __init__(self, connection: Any) -> None: ...
    def header(self, name: str) -> str | None: ...
    def readinto(self, buf: bytearray | memoryview) -> int: ...
    def close(self) -> None: ...
