"""Lists to their end. hawkBit gives at most 500 entries a page, and 50 unless asked."""

from rollouts.api import wire
from rollouts.api.errors import BadAnswerError

PAGE_ENTRIES = 500


def entries(transport, where, query=None, sort="id:ASC"):
    """Yield every entry of a list as JSON. `query`: RSQL.

    A sort is always sent, since the order of pages is not stable without one; `id:ASC`
    is the only one that every list of every version takes. Servers that know no paging
    on a list (metadata since 0.9) send all at once.
    """
    offset = 0
    while True:
        page = transport.get(where, limit=PAGE_ENTRIES, offset=offset, sort=sort, q=query or None)
        content, total = _checked(page, where)
        yield from content
        offset += len(content)
        if not content or offset >= total:
            return


def read(transport, where, cls, query=None, sort="id:ASC"):
    """Return a whole list as `cls`."""
    make = getattr(cls, "from_wire", None) or (lambda item: wire.decode(cls, item))
    return [make(item) for item in entries(transport, where, query, sort)]


def _checked(page, where):
    page = wire.check_object(page, where)
    content, total = page.get("content"), page.get("total")
    if not isinstance(content, list) or not isinstance(total, int):
        raise BadAnswerError(f"{where}: a page needs content and total")
    return content, total
