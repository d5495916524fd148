"""What the kinds of entities have in common: how they are found, read, made and changed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rollouts.api import rsql, wire
from rollouts.api.errors import BadAnswerError, RefusedError, ServerError
from rollouts.api.models import MetadataEntry
from rollouts.api.transport import Transport, path

# hawkBit gives at most so many entries a page, and 50 unless asked.
PAGE_ENTRIES = 500
T = TypeVar("T", bound=wire.Model)
Part = TypeVar("Part", bound=wire.Model)


class Collection(Generic[T]):
    """Entries of type `ENTITY` below `PATH`; lists are asked for with `PARAMS`."""

    PATH: ClassVar[str]
    ENTITY: type[T]
    PARAMS: ClassVar[dict[str, str]] = {}

    def __init__(self, transport: Transport, *owner: str | int):
        """`owner`: the segments above PATH, such as "targets" and a controller id."""
        self._transport = transport
        self._owner = owner

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[T]:
        """Return all that match an RSQL query; deleted ones are not listed."""
        return self._list(self.ENTITY, query=query, sort=sort, **self.PARAMS)

    def get(self, entity_id: int | str) -> T:
        """Also of one that is deleted but kept."""
        return self._read(self.ENTITY, entity_id)

    def delete(self, entity_id: int | str) -> None:
        self._transport.delete(self._path(entity_id))

    def _path(self, *parts: str | int) -> str:
        return path(*self._owner, self.PATH, *parts)

    def _list(self, cls: type[Part], *parts: str | int, **asked: Any) -> list[Part]:
        """Return a whole list as `cls`. `asked`: query, sort, and what goes along."""
        entries = _entries(self._transport, self._path(*parts), **asked)
        return [wire.decode(cls, item) for item in entries]

    def _read(self, cls: type[Part], *parts: str | int) -> Part:
        return wire.decode(cls, self._transport.get(self._path(*parts)))


class Metadata(Collection[MetadataEntry]):
    """Of a set, a module or a target. hawkBit since 0.9 ignores query and sort here."""

    PATH = "metadata"
    ENTITY = MetadataEntry

    def find(self, query: str | None = None, sort: str = "key:ASC") -> list[MetadataEntry]:
        return super().find(query, sort)

    def create(self, entries: Sequence[MetadataEntry]) -> None:
        """Add entries. Of a key that exists, a server of 2023 says 409, hawkBit >= 0.9 replaces
        the value; not a target's, and a module's only if it comes alone."""
        self._transport.post(self._path(), wire.encode(list(entries)))

    def update(self, key: str, value: str, target_visible: bool | None = None) -> None:
        """A module's entry needs `target_visible`: hawkBit answers 500 without."""
        entry = MetadataEntry(key=key, value=value, target_visible=target_visible)
        self._transport.put(self._path(key), wire.encode(entry))


class Resource(Collection[T]):
    """Entities that are made and changed, and have metadata."""

    def known(self, entity_id: int | str) -> T | None:
        """get(), or None where the server says that there is none, or that none can be."""
        try:
            return self.get(entity_id)
        except RefusedError:
            return None
        except ServerError as error:
            if error.is_about_input:
                return None
            raise

    def count(self, query: str | None = None) -> int:
        """Return how many match."""
        where = self._path()
        return _page(self._transport.get(where, limit=1, q=query or None), where)[1]

    def metadata(self, entity_id: int | str) -> Metadata:
        return Metadata(self._transport, self.PATH, entity_id)

    # What to do with a 2xx without a body: look.

    def _put(self, entity_id: Any, body: object) -> T:
        return self._answered(entity_id, self._transport.put(self._path(entity_id), body))

    def _answered(self, entity_id: Any, answer: object) -> T:
        return self.get(entity_id) if answer is None else wire.decode(self.ENTITY, answer)

    def _create(self, new: Sequence[Any], key: Callable[[Any], Any]) -> list[T]:
        """Create all or none; returned in the order asked for, as told by `key`."""
        answer = self._transport.post(self._path(), wire.encode(list(new)))
        if answer is None:
            named = [rsql.matching("name", one.name) for one in new]
            found = [one for query in named for one in self.find(query)]
        else:
            found = wire.decode_list(self.ENTITY, answer)
        made = {key(one): one for one in found}
        try:
            return [made[key(one)] for one in new]
        except KeyError as error:
            raise BadAnswerError(f"the created {self.PATH} do not include {error}") from error


def given(**members: object) -> dict[str, object]:
    """Return the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def _entries(
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
        content, total = _page(transport.get(where, **params), where)
        yield from content
        offset += len(content)
        if not content or offset >= total:
            return


def _page(answer: object, where: str) -> tuple[list, int]:
    """Return the entries of a page, and how many there are on all pages."""
    page = wire.check_object(answer, where)
    content, total = page.get("content"), page.get("total")
    if not isinstance(content, list) or not isinstance(total, int):
        raise BadAnswerError(f"{where}: a page needs content and total")
    return content, total
