"""What the Management API talks about. Names are hawkBit's, in snake_case; `_ms` is UTC.

Members that only newer servers send have a default. See `rollouts.api.wire` for the mapping.
"""

import re
import urllib.parse
from dataclasses import dataclass, field
from typing import Self

from rollouts.api import wire


@dataclass(frozen=True, kw_only=True)
class Entity:
    created_by: str | None = None
    created_at_ms: int | None = None
    last_modified_by: str | None = None
    last_modified_at_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class SoftwareModule(Entity):
    id: int
    name: str
    version: str
    type: str
    type_name: str | None = None
    description: str | None = None
    vendor: str | None = None
    encrypted: bool = False
    locked: bool = False
    deleted: bool = False


@dataclass(frozen=True, kw_only=True)
class DistributionSet(Entity):
    id: int
    name: str
    version: str
    type: str | None = None
    type_name: str | None = None
    description: str | None = None
    required_migration_step: bool = False
    complete: bool = False
    locked: bool = False
    deleted: bool = False
    valid: bool = True
    modules: list[SoftwareModule] = field(default_factory=list)

    @property
    def label(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, kw_only=True)
class NewSoftwareModule:
    name: str
    version: str
    type: str
    vendor: str | None = None
    description: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reference:
    id: int


@dataclass(frozen=True, kw_only=True)
class NewDistributionSet:
    name: str
    version: str
    type: str | None = None
    description: str | None = None
    required_migration_step: bool | None = None
    modules: list[Reference] | None = None


@dataclass(frozen=True, kw_only=True)
class DistributionSetUpdate:
    name: str | None = None
    version: str | None = None
    description: str | None = None
    required_migration_step: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Hashes:
    sha1: str | None = None
    md5: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact(Entity):
    id: int
    provided_filename: str
    size: int
    hashes: Hashes


@dataclass(frozen=True, kw_only=True)
class MetadataEntry:
    """`target_visible` exists on software modules only: the device sees the entry."""

    key: str
    value: str | None = None
    target_visible: bool | None = None


@dataclass(frozen=True, kw_only=True)
class PollStatus:
    last_request_at_ms: int | None = None
    next_expected_request_at_ms: int | None = None
    overdue: bool = False


@dataclass(frozen=True, kw_only=True)
class Target(Entity):
    controller_id: str
    name: str | None = None
    description: str | None = None
    update_status: str = "unknown"
    address: str | None = None
    ip_address: str | None = None
    last_controller_request_at_ms: int | None = None
    installed_at_ms: int | None = None
    poll_status: PollStatus | None = None
    request_attributes: bool | None = None
    target_type_name: str | None = None
    group: str | None = None
    security_token: str | None = wire.secret()


@dataclass(frozen=True, kw_only=True)
class NewTarget:
    controller_id: str
    name: str | None = None
    description: str | None = None
    address: str | None = None
    security_token: str | None = wire.secret()


@dataclass(frozen=True, kw_only=True)
class MaintenanceWindow:
    """`schedule`: Quartz cron with seconds; `duration`: HH:mm:ss; `timezone`: +02:00."""

    schedule: str
    duration: str
    timezone: str


@dataclass(frozen=True, kw_only=True)
class ActionWindow(MaintenanceWindow):
    next_start_at_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class TargetAssignment:
    """One line of an assignment: which target, and how."""

    id: str
    type: str | None = None
    forcetime: int | None = None
    weight: int | None = None
    maintenance_window: MaintenanceWindow | None = None
    confirmation_required: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AssignedAction:
    id: int
    controller_id: str


@dataclass(frozen=True, kw_only=True)
class AssignmentResult:
    """`total` counts only the targets that the server knows: it drops the others silently."""

    assigned: int
    already_assigned: int
    total: int
    assigned_actions: list[AssignedAction] = field(default_factory=list)

    @classmethod
    def from_wire(cls, data: object) -> Self:
        known = wire.check_object(data, cls.__name__)
        actions = [_with_target(item) for item in known.get("assignedActions") or ()]
        return wire.decode(cls, {**known, "assignedActions": actions})


@dataclass(frozen=True, kw_only=True)
class Action(Entity):
    """One assignment of a set to a target. `status` is the detail: running, error, ...

    Before hawkBit 0.10 the wire has the detail in `detailStatus` and "pending" or
    "finished" in `status`; since then there is `active`.
    """

    id: int
    controller_id: str
    active: bool
    status: str
    type: str | None = None
    force_type: str | None = None
    force_time: int | None = None
    weight: int | None = None
    last_status_code: int | None = None
    maintenance_window: ActionWindow | None = None
    distribution_set: str | None = None
    distribution_set_id: int | None = None

    @classmethod
    def from_wire(cls, data: object) -> Self:
        known = _with_target(data)
        in_set = known["_links"].get("distributionset") or {}
        known |= {
            "active": known.get("active", known.get("status") == "pending"),
            "status": known.get("detailStatus", known.get("status")),
            "distributionSet": in_set.get("name"),
            "distributionSetId": _last_number(in_set.get("href")),
        }
        return wire.decode(cls, known)

    @property
    def is_success(self) -> bool:
        """True when closed well; `downloaded` is the end of a downloadonly action."""
        good = ("finished", "downloaded") if self.force_type == "downloadonly" else ("finished",)
        return not self.active and self.status in good


@dataclass(frozen=True, kw_only=True)
class ActionStatus:
    """One entry of an action's history."""

    id: int
    type: str
    messages: list[str] = field(default_factory=list)
    reported_at_ms: int | None = None
    timestamp_ms: int | None = None
    code: int | None = None


@dataclass(frozen=True, kw_only=True)
class TargetFilter(Entity):
    id: int
    name: str
    query: str
    auto_assign_distribution_set: int | None = None
    auto_assign_action_type: str | None = None
    auto_assign_weight: int | None = None
    confirmation_required: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Tag(Entity):
    id: int
    name: str
    description: str | None = None
    colour: str | None = None


@dataclass(frozen=True, kw_only=True)
class NewTag:
    name: str
    description: str | None = None
    colour: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConfigValue:
    """One value of the tenant's configuration; `global_`: the server's default."""

    value: object = None
    global_: bool = False


@dataclass(frozen=True, kw_only=True)
class UserInfo:
    tenant: str
    username: str


def _with_target(action: object) -> dict:
    """Return an action's JSON with its controllerId, which is told only in its own link."""
    known = wire.check_object(action, "Action")
    links = wire.check_object(known.get("_links") or {}, "Action._links")
    found = re.search(r"/targets/([^/?]+)/actions/", str(links.get("self")))
    controller_id = urllib.parse.unquote(found.group(1)) if found else None
    return {**known, "_links": links, "controllerId": controller_id}


def _last_number(href: str | None) -> int | None:
    found = re.search(r"/(\d+)$", href or "")
    return int(found.group(1)) if found else None
