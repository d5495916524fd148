"""What the Management API talks about. Names are hawkBit's, in snake_case; `_ms` is UTC.

Members that only newer servers send have a default. See `rollouts.api.wire` for the mapping.
"""

import re
import urllib.parse
from dataclasses import field

from rollouts.api import wire


class Entity(wire.Model):
    created_by: str | None = None
    created_at_ms: int | None = None
    last_modified_by: str | None = None
    last_modified_at_ms: int | None = None


class Versioned(Entity):
    id: int
    name: str
    version: str
    type_name: str | None = None
    description: str | None = None
    locked: bool = False
    deleted: bool = False

    @property
    def label(self) -> str:
        return f"{self.name}:{self.version}"


class SoftwareModule(Versioned):
    type: str
    vendor: str | None = None
    encrypted: bool = False


class DistributionSet(Versioned):
    type: str | None = None
    required_migration_step: bool = False
    complete: bool = False
    valid: bool = True
    modules: list[SoftwareModule] = field(default_factory=list)


class NewSoftwareModule(wire.Model):
    name: str
    version: str
    type: str
    vendor: str | None = None
    description: str | None = None


class Reference(wire.Model):
    id: int


class NewDistributionSet(wire.Model):
    name: str
    version: str
    type: str | None = None
    description: str | None = None
    required_migration_step: bool | None = None
    modules: list[Reference] | None = None


class DistributionSetUpdate(wire.Model):
    name: str | None = None
    version: str | None = None
    description: str | None = None
    required_migration_step: bool | None = None


class Hashes(wire.Model):
    sha1: str | None = None
    md5: str | None = None
    sha256: str | None = None


class Artifact(Entity):
    id: int
    provided_filename: str
    size: int
    hashes: Hashes


class MetadataEntry(wire.Model):
    """`target_visible` exists on software modules only: the device sees the entry."""

    key: str
    value: str | None = None
    target_visible: bool | None = None


class PollStatus(wire.Model):
    last_request_at_ms: int | None = None
    next_expected_request_at_ms: int | None = None
    overdue: bool = False


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
    security_token: str | None = field(default=None, repr=False, metadata=wire.SECRET)


class NewTarget(wire.Model):
    controller_id: str
    name: str | None = None
    description: str | None = None
    address: str | None = None
    security_token: str | None = field(default=None, repr=False, metadata=wire.SECRET)


class MaintenanceWindow(wire.Model):
    """`schedule`: Quartz cron with seconds; `duration`: HH:mm:ss; `timezone`: +02:00."""

    schedule: str
    duration: str
    timezone: str


class ActionWindow(MaintenanceWindow):
    next_start_at_ms: int | None = None


class TargetAssignment(wire.Model):
    """One line of an assignment: which target, and how."""

    id: str
    type: str | None = None
    forcetime: int | None = None
    weight: int | None = None
    maintenance_window: MaintenanceWindow | None = None
    confirmation_required: bool | None = None


class AssignedAction(wire.Model):
    id: int
    controller_id: str

    @classmethod
    def unfolded(cls, known: dict) -> dict:
        return _with_target(known)


class AssignmentResult(wire.Model):
    """`total` counts only the targets that the server knows: it drops the others silently."""

    assigned: int
    already_assigned: int
    total: int
    assigned_actions: list[AssignedAction] = field(default_factory=list)


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
    def unfolded(cls, known: dict) -> dict:
        known = _with_target(known)
        in_set = known["_links"].get("distributionset") or {}
        known |= {
            "active": known.get("active", known.get("status") == "pending"),
            "status": known.get("detailStatus", known.get("status")),
            "distributionSet": in_set.get("name"),
            "distributionSetId": _last_number(in_set.get("href")),
        }
        return known

    @property
    def is_success(self) -> bool:
        """True when closed well; `downloaded` is the end of a downloadonly action."""
        good = ("finished", "downloaded") if self.force_type == "downloadonly" else ("finished",)
        return not self.active and self.status in good


class ActionStatus(wire.Model):
    """One entry of an action's history."""

    id: int
    type: str
    messages: list[str] = field(default_factory=list)
    reported_at_ms: int | None = None
    timestamp_ms: int | None = None
    code: int | None = None


class TargetFilter(Entity):
    id: int
    name: str
    query: str
    auto_assign_distribution_set: int | None = None
    auto_assign_action_type: str | None = None
    auto_assign_weight: int | None = None
    confirmation_required: bool | None = None


class Tag(Entity):
    id: int
    name: str
    description: str | None = None
    colour: str | None = None


class NewTag(wire.Model):
    name: str
    description: str | None = None
    colour: str | None = None


class ConfigValue(wire.Model):
    """One value of the tenant's configuration; `global_`: the server's default."""

    value: object = None
    global_: bool = False


class UserInfo(wire.Model):
    tenant: str
    username: str


def _with_target(known: dict) -> dict:
    """Return an action's JSON with its controllerId, which is told only in its own link."""
    links = wire.check_object(known.get("_links") or {}, "Action._links")
    found = re.search(r"/targets/([^/?]+)/actions/", str(links.get("self")))
    controller_id = urllib.parse.unquote(found.group(1)) if found else None
    return {**known, "_links": links, "controllerId": controller_id}


def _last_number(href: str | None) -> int | None:
    found = re.search(r"/(\d+)$", href or "")
    return int(found.group(1)) if found else None
