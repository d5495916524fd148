"""Targets, the set each has, and the actions of one target."""

from collections.abc import Sequence

from rollouts.api import paging, wire
from rollouts.api.metadata import Metadata
from rollouts.api.models import (
    Action,
    ActionStatus,
    AssignmentResult,
    DistributionSet,
    NewTarget,
    Target,
    TargetAssignment,
)
from rollouts.api.transport import Transport, path

_TARGETS = "targets"


class Targets:
    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[Target]:
        return paging.read(self._transport, path(_TARGETS), Target, query, sort)

    def count(self, query: str | None = None) -> int:
        """Return how many targets match."""
        return paging.count(self._transport, path(_TARGETS), query)

    def create(self, new_targets: Sequence[NewTarget]) -> list[Target]:
        """Register NewTargets. Without a security token the server makes one."""
        answer = self._transport.post(path(_TARGETS), wire.encode(list(new_targets)))
        if answer is None:
            return [self.get(new.controller_id) for new in new_targets]
        return wire.decode_list(Target, answer)

    def get(self, controller_id: str) -> Target:
        return wire.decode(Target, self._transport.get(path(_TARGETS, controller_id)))

    def update(self, controller_id: str, **changes: object) -> Target:
        """`changes`: name, description, address, securityToken, requestAttributes=True."""
        answer = self._transport.put(path(_TARGETS, controller_id), changes)
        return self.get(controller_id) if answer is None else wire.decode(Target, answer)

    def delete(self, controller_id: str) -> None:
        self._transport.delete(path(_TARGETS, controller_id))

    def attributes(self, controller_id: str) -> dict[str, str]:
        """Return what the device sent as configData, {} when it has not."""
        return self._transport.get(path(_TARGETS, controller_id, "attributes")) or {}

    def assigned_set(self, controller_id: str) -> DistributionSet | None:
        return self._set_of(controller_id, "assignedDS")

    def installed_set(self, controller_id: str) -> DistributionSet | None:
        return self._set_of(controller_id, "installedDS")

    def assign(self, controller_id: str, assignment: TargetAssignment) -> AssignmentResult:
        """Assign one set; `assignment`: a TargetAssignment whose id is that of the set.

        Unlike DistributionSets.assign, an unknown target is a ServerError 404.
        """
        where = path(_TARGETS, controller_id, "assignedDS")
        return AssignmentResult.from_wire(self._transport.post(where, wire.encode(assignment)))

    def metadata(self, controller_id: str) -> Metadata:
        return Metadata(self._transport, _TARGETS, controller_id)

    def actions(
        self, controller_id: str, query: str | None = None, sort: str = "id:DESC"
    ) -> list[Action]:
        """Newest first."""
        where = path(_TARGETS, controller_id, "actions")
        return paging.read(self._transport, where, Action, query, sort)

    def action(self, controller_id: str, action_id: int) -> Action:
        return Action.from_wire(self._transport.get(path(*_action(controller_id, action_id))))

    def action_history(self, controller_id: str, action_id: int) -> list[ActionStatus]:
        """Return the ActionStatus entries, oldest first."""
        where = path(*_action(controller_id, action_id), "status")
        return paging.read(self._transport, where, ActionStatus)

    def last_status(self, controller_id: str, action_id: int) -> ActionStatus | None:
        """Return the newest ActionStatus, or None."""
        where = path(*_action(controller_id, action_id), "status")
        page = wire.check_object(self._transport.get(where, limit=1, sort="id:DESC"), where)
        newest = wire.decode_list(ActionStatus, page.get("content"))
        return newest[0] if newest else None

    def force_action(self, controller_id: str, action_id: int) -> None:
        """Make a soft or timeforced action forced."""
        where = path(*_action(controller_id, action_id))
        self._transport.put(where, {"forceType": "forced"})

    def cancel_action(self, controller_id: str, action_id: int, force: bool = False) -> None:
        """Ask the device to stop (`force`: do not ask it; only after a plain cancel)."""
        params = {"force": "true"} if force else {}
        self._transport.delete(path(*_action(controller_id, action_id)), **params)

    def _set_of(self, controller_id: str, which: str) -> DistributionSet | None:
        # 204 without a body: none.
        answer = self._transport.get(path(_TARGETS, controller_id, which))
        return None if answer is None else wire.decode(DistributionSet, answer)


def _action(controller_id: str, action_id: int) -> tuple:
    return _TARGETS, controller_id, "actions", action_id
