class HawkbitError(Exception): ...

class HTTPError(HawkbitError):
    status: int
    error_code: str | None
    retry_after_s: int | None
    def __init__(
        self,
        status: int,
        path: str,
        error_code: str | None = None,
        retry_after_s: int | None = None,
    ) -> None: ...
    def is_transient(self) -> bool: ...

class ProtocolError(HawkbitError): ...
class UpdateError(HawkbitError): ...

PASSING: tuple[type[Exception], ...]
