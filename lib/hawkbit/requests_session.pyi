from typing import Any

class RequestsSession:
    connections: int
    def __init__(
        self, requests_module: Any, insecure: bool = False, timeout_s: float = 20
    ) -> None: ...
    def request(
        self, method: str, url: str, headers: dict[str, str], body: bytes | None = None
    ) -> Any: ...
    def close(self) -> None: ...
