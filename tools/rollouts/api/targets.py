"""Targets, the set each has, and the actions of one target."""

from rollouts.api import paging, wire
from rollouts.api.metadata import Metadata
from rollouts.api.models import Action, ActionStatus, AssignmentResult, DistributionSet, Target
from rollouts.api.transport import path

_TARGETS = "targets"


class Targets:
    def __init__(self, transport):
        self._transport = transport

    def list(self, query=None, sort="id:ASC"):
        return paging.read(self._transport, path(_TARGETS), Target, query, sort)

    def create(self, new_targets):
        """Register NewTargets. Without a security token the server makes one."""
        answer = self._transport.post(path(_TARGETS), wire.encode(list(new_targets)))
        return wire.decode_list(Target, answer)

    def get(self, controller_id):
        return wire.decode(Target, self._transport.get(path(_TARGETS, controller_id)))

    def update(self, controller_id, **changes):
        """`changes`: name, description, address, securityToken, requestAttributes=True."""
        answer = self._transport.put(path(_TARGETS, controller_id), changes)
        return wire.decode(Target, answer)

    def delete(self, controller_id):
        self._transport.delete(path(_TARGETS, controller_id))

    def attributes(self, controller_id):
        """Return what the device sent as configData, {} when it has not."""
        return self._transport.get(path(_TARGETS, controller_id, "attributes")) or {}

    def assigned_set(self, controller_id):
        return self._set_of(controller_id, "assignedDS")

    def installed_set(self, controller_id):
        return self._set_of(controller_id, "installedDS")

    def assign(self, controller_id, assignment):
        """Assign one set; `assignment`: a TargetAssignment whose id is that of the set.

        Unlike DistributionSets.assign, an unknown target is a ServerError 404.
        """
        where = path(_TARGETS, controller_id, "assignedDS")
        return AssignmentResult.from_wire(self._transport.post(where, wire.encode(assignment)))

    def metadata(self, controller_id):
        return Metadata(self._transport, _TARGETS, controller_id)

    def actions(self, controller_id, query=None, sort="id:DESC"):
        """Newest first."""
        where = path(_TARGETS, controller_id, "actions")
        return paging.read(self._transport, where, Action, query, sort)

    def action(self, controller_id, action_id):
        return Action.from_wire(self._transport.get(path(*_action(controller_id, action_id))))

    def action_history(self, controller_id, action_id):
        """Return the ActionStatus entries, oldest first."""
        where = path(*_action(controller_id, action_id), "status")
        return paging.read(self._transport, where, ActionStatus)

    def last_status(self, controller_id, action_id):
        """Return the newest ActionStatus, or None."""
        where = path(*_action(controller_id, action_id), "status")
        page = wire.check_object(self._transport.get(where, limit=1, sort="id:DESC"), where)
        newest = wire.decode_list(ActionStatus, page.get("content"))
        return newest[0] if newest else None

    def cancel_action(self, controller_id, action_id, force=False):
        """Ask the device to stop (`force`: do not ask it; only after a plain cancel)."""
        params = {"force": "true"} if force else {}
        self._transport.delete(path(*_action(controller_id, action_id)), **params)

    def _set_of(self, controller_id, which):
        # 204 without a body: none.
        answer = self._transport.get(path(_TARGETS, controller_id, which))
        return None if answer is None else wire.decode(DistributionSet, answer)


def _action(controller_id, action_id):
    return _TARGETS, controller_id, "actions", action_id
