"""Tags of targets."""

from collections.abc import Sequence

from rollouts.api import rsql, wire
from rollouts.api.models import NewTag, Tag, Target
from rollouts.api.resource import Resource


class TargetTags(Resource[Tag]):
    """Queries for targets know them too: tag==NAME. A tag that is deleted is gone from all."""

    PATH = "targettags"
    ENTITY = Tag

    def named(self, name: str) -> Tag | None:
        """Return the tag of just that name, None when there is none."""
        found = self.find(rsql.matching("name", name))
        return next((tag for tag in found if tag.name == name), None)

    def create(self, new: NewTag) -> Tag:
        answer = self._transport.post(self._path(), wire.encode([new]))
        return wire.decode_list(Tag, answer)[0]

    def update(self, tag_id: int, **changes: str) -> Tag:
        """`changes`: name, description, colour."""
        return self._put(tag_id, changes)

    def targets(self, tag_id: int, query: str | None = None) -> list[Target]:
        return self._list(Target, tag_id, "assigned", query=query)

    def assign(self, tag_id: int, controller_ids: Sequence[str]) -> None:
        """Put it on targets: all, or with an unknown one among them none."""
        self._transport.post(self._path(tag_id, "assigned"), list(controller_ids))

    def unassign(self, tag_id: int, controller_ids: Sequence[str]) -> None:
        where = self._path(tag_id, "assigned")
        self._transport.request("DELETE", where, list(controller_ids))
