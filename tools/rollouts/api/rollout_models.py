"""What the Management API says of rollouts. Names are hawkBit's, in snake_case; `_ms` is UTC."""

from rollouts.api import wire
from rollouts.api.models import Entity


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
