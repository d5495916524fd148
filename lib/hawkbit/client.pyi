from typing import Any, TypedDict

from typing_extensions import Unpack

from hawkbit.ddi import Poll
from hawkbit.errors import HTTPError
from hawkbit.http import Response, Session
from hawkbit.requests_session import RequestsSession

BLOCK_SIZE: int

class _ClientSettings(TypedDict, total=False):
    target_token: str | None
    gateway_token: str | None
    rewrite_links: bool
    weak_hashes: bool
    json_limit: int
    headers: dict[str, str]

def quote(text: str) -> str: ...

class Client:
    target_token: str | None
    gateway_token: str | None
    rewrite_links: bool
    weak_hashes: bool
    json_limit: int
    headers: dict[str, str]
    block: bytearray
    view: memoryview
    url: str
    origin: tuple[str, str, int]
    def __init__(
        self,
        session: Session | RequestsSession,
        address: str,
        tenant: str,
        controller_id: str,
        **settings: Unpack[_ClientSettings],
    ) -> None: ...
    def close(self) -> None: ...
    def poll(self) -> Poll: ...
    def config_data(self, attributes: dict[str, Any], mode: str = ...) -> None: ...
    def at_home(self, link: str) -> str: ...
    def artifact_link(self, link: str) -> str: ...
    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Response: ...
    def etag(self, response: Response) -> str | None: ...
    def get(self, link: str) -> Any: ...
    def send(self, method: str, path: str, body: Any) -> None: ...
    def error(self, response: Response, path: str) -> HTTPError: ...
