"""What can go wrong, as a caller has to tell it apart."""

from dataclasses import dataclass, field


class RolloutsError(Exception):
    """The base of all; the text says what is wrong and, where known, what to do."""


class RefusedError(RolloutsError):
    """The input cannot be used, or it matched nothing. Nothing was changed."""


class UnreachableError(RolloutsError):
    """No answer: name, connection, TLS or timeout."""


class BadAnswerError(RolloutsError):
    """An answer that the Management API does not allow."""


@dataclass(eq=False)
class ServerError(RolloutsError):
    """An error status. `code`: hawkBit's errorCode, None when the framework answered.

    The text is one sentence. The body is kept whole, in one of hawkBit's three shapes.
    """

    status: int
    method: str
    path: str
    body: str = field(default="", repr=False)
    code: str | None = None
    message: str | None = field(default=None, repr=False)
    retry_after: str | None = field(default=None, repr=False)

    def __str__(self):
        asked = f"{self.status} to {self.method} {self.path}"
        if not self.message:
            return f"the server answered {asked}"
        said = " ".join(self.message.split()).rstrip(".")
        return f"the server refused it: {said} ({asked})"

    @property
    def is_about_input(self) -> bool:
        """True when hawkBit itself refused what was asked, not the login, path or server."""
        if self.status in (409, 410, 412, 413, 423):
            return True
        return self.status in (400, 404, 405, 422) and self.code is not None

    def has_code(self, ending: str) -> bool:
        """True when the errorCode ends in `ending`, e.g. "entityAlreadyExists"."""
        return self.code is not None and self.code.endswith(ending)
