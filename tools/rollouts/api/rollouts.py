"""Rollouts: a set to the targets of a filter, group by group. Names as in `models`."""

from rollouts.api import wire
from rollouts.api.models import Entity, Target
from rollouts.api.resource import Resource

_FULL = {"representation": "full"}


class Threshold(wire.Model):
    """`expression`: percent of a group's targets, as text."""

    condition: str = "THRESHOLD"
    expression: str | None = None


class GroupAction(wire.Model):
    """What follows a threshold: NEXTGROUP or PAUSE."""

    action: str
    expression: str | None = None


class DynamicGroupTemplate(wire.Model):
    target_count: int
    name_suffix: str | None = None


class Conditions(wire.Model):
    """When a group has succeeded or failed, and what follows; of a rollout: of all its groups."""

    confirmation_required: bool | None = None
    success_condition: Threshold | None = None
    success_action: GroupAction | None = None
    error_condition: Threshold | None = None
    error_action: GroupAction | None = None


class NewGroup(Conditions):
    """`target_percentage` of the targets that match its own filter, of all without one."""

    name: str
    target_percentage: float = 100.0
    target_filter_query: str | None = None
    description: str | None = None


class NewRollout(Conditions):
    """Either `amount_groups` of the same size, or `groups`."""

    name: str
    distribution_set_id: int
    target_filter_query: str
    description: str | None = None
    amount_groups: int | None = None
    groups: list[NewGroup] | None = None
    type: str | None = None
    forcetime: int | None = None
    start_at_ms: int | None = None
    weight: int | None = None
    dynamic: bool | None = None
    dynamic_group_template: DynamicGroupTemplate | None = None


class Rollout(Entity):
    """`total_targets_per_status`: running, notstarted, scheduled, finished, error, "cancelled"."""

    id: int
    name: str
    status: str
    distribution_set_id: int
    target_filter_query: str
    description: str | None = None
    total_targets: int = 0
    total_targets_per_status: dict | None = None
    total_groups: int | None = None
    start_at_ms: int | None = None
    forcetime: int | None = None
    deleted: bool = False
    type: str | None = None
    weight: int | None = None
    dynamic: bool = False
    approval_remark: str | None = None
    approve_decided_by: str | None = None


class RolloutGroup(Entity, Conditions):
    """`target_percentage`: of a dynamic group how many targets it takes."""

    id: int
    name: str
    status: str
    description: str | None = None
    target_filter_query: str | None = None
    target_percentage: float | None = None
    total_targets: int = 0
    total_targets_per_status: dict | None = None
    dynamic: bool = False


class Rollouts(Resource[Rollout]):
    """What a rollout is not in the state for is a ServerError 400.

    One that is deleted ends its open actions by force.
    """

    PATH = "rollouts"
    ENTITY = Rollout
    PARAMS = _FULL

    def create(self, new: NewRollout) -> Rollout:
        """The server fills it with targets in its own time; then it is `ready`."""
        return wire.decode(Rollout, self._transport.post(self._path(), wire.encode(new)))

    def update(self, rollout_id: int, **changes: str) -> Rollout:
        """`changes`: name, description."""
        return self._put(rollout_id, changes)

    def start(self, rollout_id: int) -> None:
        self._do(rollout_id, "start")

    def pause(self, rollout_id: int) -> None:
        """Start no further group; those that run go on."""
        self._do(rollout_id, "pause")

    def resume(self, rollout_id: int) -> None:
        """Go on; after an error with the next group."""
        self._do(rollout_id, "resume")

    def stop(self, rollout_id: int) -> None:
        """Cancel what runs, and start nothing more: it cannot be resumed."""
        self._do(rollout_id, "stop")

    def next_group(self, rollout_id: int) -> None:
        """Start the next group without waiting for the thresholds."""
        self._do(rollout_id, "triggerNextGroup")

    def approve(self, rollout_id: int, remark: str | None = None) -> None:
        self._do(rollout_id, "approve", remark=remark)

    def deny(self, rollout_id: int, remark: str | None = None) -> None:
        self._do(rollout_id, "deny", remark=remark)

    def retry(self, rollout_id: int) -> Rollout:
        """Create a rollout for the targets that failed in a finished one."""
        return wire.decode(Rollout, self._transport.post(self._path(rollout_id, "retry")))

    def groups(
        self, rollout_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[RolloutGroup]:
        parts = rollout_id, "deploygroups"
        return self._list(RolloutGroup, *parts, query=query, sort=sort, **_FULL)

    def group(self, rollout_id: int, group_id: int) -> RolloutGroup:
        return self._read(RolloutGroup, rollout_id, "deploygroups", group_id)

    def group_targets(
        self, rollout_id: int, group_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        parts = rollout_id, "deploygroups", group_id, "targets"
        return self._list(Target, *parts, query=query, sort=sort)

    def _do(self, rollout_id: int, command: str, **params: str | None) -> None:
        self._transport.post(self._path(rollout_id, command), **params)
