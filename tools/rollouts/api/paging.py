"""Lists to their end. hawkBit gives at most 500 entries a page, and 50 unless asked."""

from collections.abc import Iterator
from typing import Any, TypeVar

from rollouts.api import wire
from rollouts.api.errors import BadAnswerError
from rollouts.api.transport import Transport

PAGE_ENTRIES = 500
T = TypeVar("T", bound=wire.Model)


def entries(
    transport: Transport, where: str, query: str | None = None, sort: str = "id:ASC", **params: Any
) -> Iterator[dict]:
    """Yield every entry of a list as JSON. `query`: RSQL.

    A sort is always sent, since the order of pages is not stable without one; `id:ASC`
    is the only one that every list of every version takes. Servers that know no paging
    on a list (metadata since 0.9) send all at once.
    """
    offset = 0
    while True:
        params |= {"limit": PAGE_ENTRIES, "offset": offset, "sort": sort, "q": query or None}
        page = transport.get(where, **params)
        content, total = _checked(page, where)
        yield from content
        offset += len(content)
        if not content or offset >= total:
            return


def read(
    transport: Transport,
    where: str,
    cls: type[T],
    query: str | None = None,
    sort: str = "id:ASC",
    **params: Any,
) -> list[T]:
    """Return a whole list as `cls`. `params` go along, such as representation="full"."""
    return [wire.decode(cls, item) for item in entries(transport, where, query, sort, **params)]


def count(transport: Transport, where: str, query: str | None = None) -> int:
    """Return how many entries a list has."""
    return _checked(transport.get(where, limit=1, q=query or None), where)[1]


def _checked(page: object, where: str) -> tuple[list, int]:
    page = wire.check_object(page, where)
    content, total = page.get("content"), page.get("total")
    if not isinstance(content, list) or not isinstance(total, int):
        raise BadAnswerError(f"{where}: a page needs content and total")
    return content, total
