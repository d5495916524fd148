"""Targets, their actions, and what names many of them: stored queries and tags."""

from collections.abc import Sequence

from rollouts.api import rsql, wire
from rollouts.api.models import (
    Action,
    ActionStatus,
    AssignmentResult,
    DistributionSet,
    NewTag,
    NewTarget,
    Tag,
    Target,
    TargetAssignment,
    TargetFilter,
)
from rollouts.api.resource import Resource, given

_AUTO = "autoAssignDS"


class Targets(Resource[Target]):
    """Their ids are controller ids."""

    PATH = "targets"
    ENTITY = Target

    def create(self, new_targets: Sequence[NewTarget]) -> list[Target]:
        """Register NewTargets. Without a security token the server makes one."""
        answer = self._transport.post(self._path(), wire.encode(list(new_targets)))
        if answer is None:
            return [self.get(new.controller_id) for new in new_targets]
        return wire.decode_list(Target, answer)

    def update(self, controller_id: str, **changes: object) -> Target:
        """`changes`: name, description, address, securityToken, requestAttributes=True."""
        return self._put(controller_id, changes)

    def attributes(self, controller_id: str) -> dict[str, str]:
        """Return what the device sent as configData, {} when it has not."""
        return self._transport.get(self._path(controller_id, "attributes")) or {}

    def assigned_set(self, controller_id: str) -> DistributionSet | None:
        return self._set_of(controller_id, "assignedDS")

    def installed_set(self, controller_id: str) -> DistributionSet | None:
        return self._set_of(controller_id, "installedDS")

    def assign(self, controller_id: str, assignment: TargetAssignment) -> AssignmentResult:
        """Assign one set; `assignment`: a TargetAssignment whose id is that of the set.

        Unlike DistributionSets.assign, an unknown target is a ServerError 404.
        """
        where = self._path(controller_id, "assignedDS")
        answer = self._transport.post(where, wire.encode(assignment))
        return wire.decode(AssignmentResult, answer)

    def actions(
        self, controller_id: str, query: str | None = None, sort: str = "id:DESC"
    ) -> list[Action]:
        """Newest first."""
        return self._list(Action, controller_id, "actions", query=query, sort=sort)

    def action(self, controller_id: str, action_id: int) -> Action:
        return self._read(Action, controller_id, "actions", action_id)

    def action_history(self, controller_id: str, action_id: int) -> list[ActionStatus]:
        """Return the ActionStatus entries, oldest first."""
        return self._list(ActionStatus, controller_id, "actions", action_id, "status")

    def last_status(self, controller_id: str, action_id: int) -> ActionStatus | None:
        """Return the newest ActionStatus, or None."""
        where = self._path(controller_id, "actions", action_id, "status")
        page = wire.check_object(self._transport.get(where, limit=1, sort="id:DESC"), where)
        newest = wire.decode_list(ActionStatus, page.get("content"))
        return newest[0] if newest else None

    def force_action(self, controller_id: str, action_id: int) -> None:
        """Make a soft or timeforced action forced."""
        where = self._path(controller_id, "actions", action_id)
        self._transport.put(where, {"forceType": "forced"})

    def cancel_action(self, controller_id: str, action_id: int, force: bool = False) -> None:
        """Ask the device to stop (`force`: do not ask it; only after a plain cancel)."""
        params = {"force": "true"} if force else {}
        self._transport.delete(self._path(controller_id, "actions", action_id), **params)

    def _set_of(self, controller_id: str, which: str) -> DistributionSet | None:
        # 204 without a body: none.
        answer = self._transport.get(self._path(controller_id, which))
        return None if answer is None else wire.decode(DistributionSet, answer)


class Actions(Resource[Action]):
    """Of all targets."""

    PATH = "actions"
    ENTITY = Action
    PARAMS = {"representation": "full"}


class TargetFilters(Resource[TargetFilter]):
    """Stored queries, and the set that is assigned to whatever they find."""

    PATH = "targetfilters"
    ENTITY = TargetFilter

    def create(self, name: str, query: str) -> TargetFilter:
        # A single object: the one POST that takes no list.
        answer = self._transport.post(self._path(), {"name": name, "query": query})
        return wire.decode(TargetFilter, answer)

    def update(
        self, filter_id: int, name: str | None = None, query: str | None = None
    ) -> TargetFilter:
        return self._put(filter_id, given(name=name, query=query))

    def auto_assigned_set(self, filter_id: int) -> DistributionSet | None:
        answer = self._transport.get(self._path(filter_id, _AUTO))
        return None if answer is None else wire.decode(DistributionSet, answer)

    def auto_assign(
        self, filter_id: int, set_id: int, type: str | None = None, weight: int | None = None
    ) -> TargetFilter:
        """Assign a set to all that match, now and later; the server does it in its own time.

        `type`: forced, soft or downloadonly.
        """
        body = given(id=set_id, type=type, weight=weight)
        return self._answered(filter_id, self._transport.post(self._path(filter_id, _AUTO), body))

    def stop_auto_assign(self, filter_id: int) -> None:
        self._transport.delete(self._path(filter_id, _AUTO))


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
