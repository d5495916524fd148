"""What the kinds of entities have in common: how they are found, read, made and changed."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rollouts.api import paging, rsql, wire
from rollouts.api.errors import BadAnswerError, ServerError
from rollouts.api.metadata import Metadata
from rollouts.api.transport import Transport, path

T = TypeVar("T", bound=wire.Model)
Part = TypeVar("Part", bound=wire.Model)


class Resource(Generic[T]):
    """Entities of type `ENTITY` below `PATH`; lists are asked for with `PARAMS`."""

    PATH: ClassVar[str]
    ENTITY: type[T]
    PARAMS: ClassVar[dict[str, str]] = {}

    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[T]:
        """Return all that match an RSQL query; deleted ones are not listed."""
        return self._list(self.ENTITY, query=query, sort=sort, **self.PARAMS)

    def get(self, entity_id: int | str) -> T:
        """Also of one that is deleted but kept."""
        return self._read(self.ENTITY, entity_id)

    def known(self, entity_id: int | str) -> T | None:
        """get(), or None where the server says that there is none."""
        try:
            return self.get(entity_id)
        except ServerError as error:
            if error.status == 404 and error.is_about_input:
                return None
            raise

    def delete(self, entity_id: int | str) -> None:
        self._transport.delete(self._path(entity_id))

    def metadata(self, entity_id: int | str) -> Metadata:
        return Metadata(self._transport, self.PATH, entity_id)

    def _path(self, *parts: str | int) -> str:
        return path(self.PATH, *parts)

    def _list(
        self,
        cls: type[Part],
        *parts: str | int,
        query: str | None = None,
        sort: str = "id:ASC",
        **params: str,
    ) -> list[Part]:
        return paging.read(self._transport, self._path(*parts), cls, query, sort, **params)

    def _read(self, cls: type[Part], *parts: str | int) -> Part:
        return wire.decode(cls, self._transport.get(self._path(*parts)))

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
