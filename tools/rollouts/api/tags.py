"""Tags of targets."""

from collections.abc import Sequence

from rollouts.api import paging, rsql, wire
from rollouts.api.models import NewTag, Tag, Target
from rollouts.api.transport import Transport, path

_TAGS = "targettags"


class TargetTags:
    """Queries for targets know them too: tag==NAME."""

    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[Tag]:
        return paging.read(self._transport, path(_TAGS), Tag, query, sort)

    def named(self, name: str) -> Tag | None:
        """Return the tag of just that name, None when there is none."""
        found = self.find(rsql.matching("name", name))
        return next((tag for tag in found if tag.name == name), None)

    def create(self, new: NewTag) -> Tag:
        answer = self._transport.post(path(_TAGS), wire.encode([new]))
        return wire.decode_list(Tag, answer)[0]

    def update(self, tag_id: int, **changes: str) -> Tag:
        """`changes`: name, description, colour."""
        return wire.decode(Tag, self._transport.put(path(_TAGS, tag_id), changes))

    def delete(self, tag_id: int) -> None:
        """Remove it from all that have it."""
        self._transport.delete(path(_TAGS, tag_id))

    def targets(self, tag_id: int, query: str | None = None) -> list[Target]:
        return paging.read(self._transport, path(_TAGS, tag_id, "assigned"), Target, query)

    def assign(self, tag_id: int, controller_ids: Sequence[str]) -> None:
        """Put it on targets: all, or with an unknown one among them none."""
        self._transport.post(path(_TAGS, tag_id, "assigned"), list(controller_ids))

    def unassign(self, tag_id: int, controller_ids: Sequence[str]) -> None:
        where = path(_TAGS, tag_id, "assigned")
        self._transport.request("DELETE", where, list(controller_ids))
