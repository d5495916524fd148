"""Targets, the set each has, and the actions of one target."""

from collections.abc import Sequence

from rollouts.api import paging, wire
from rollouts.api.models import (
    Action,
    ActionStatus,
    AssignmentResult,
    DistributionSet,
    NewTarget,
    Target,
    TargetAssignment,
)
from rollouts.api.resource import Resource


class Targets(Resource[Target]):
    """Their ids are controller ids."""

    PATH = "targets"
    ENTITY = Target

    def count(self, query: str | None = None) -> int:
        """Return how many targets match."""
        return paging.count(self._transport, self._path(), query)

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
