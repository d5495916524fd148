"""How things look in answers. Lists have `_links.self` only, single things all their links."""

from functools import lru_cache
from urllib.parse import urlsplit

from pydantic.alias_generators import to_camel
from starlette.requests import Request

from .. import config
from ..assignment import Assigned
from ..hub import Links
from ..media import present
from ..model import (
    Action,
    ActionStatus,
    ActionType,
    Artifact,
    DistributionSet,
    DistributionSetType,
    SoftwareModule,
    SoftwareModuleType,
    Status,
    Target,
    TargetFilter,
    TargetTag,
)
from ..rollouts.evaluation import per_status
from ..rollouts.model import Rollout, RolloutGroup
from ..store import Work
from ..windows import Window

_COMMANDS = ("start", "pause", "resume", "triggerNextGroup", "approve", "deny")


@lru_cache
def _wire_names(*columns: str) -> tuple[tuple[str, str], ...]:
    return tuple((to_camel(column), column) for column in columns)


def columns(entity, *names: str) -> dict:
    """Columns of an entity; on the wire they are called the same, in camelCase."""
    return {wire: getattr(entity, name) for wire, name in _wire_names(*names)}


def audit(entity) -> dict:
    return columns(entity, "created_by", "created_at", "last_modified_by", "last_modified_at")


def below(shape: dict, **suffixes: str) -> dict:
    """`shape` with links to what lies below its own."""
    own = shape["_links"]["self"]["href"]
    shape["_links"] |= {name: {"href": own + suffix} for name, suffix in suffixes.items()}
    return shape


class Shapes:
    """Makes the answers to one request."""

    def __init__(self, request: Request, work: Work):
        self.links = Links(request)
        self.work = work
        # Are updates confirmed before they begin?
        self._asks = config.get(work, config.CONFIRMATION_FLOW)

    def _entity(self, item, path: str, *names: str, **members) -> dict:
        """What all things with a name have, and columns and `members` of this kind."""
        return {
            **audit(item),
            **present(name=item.name, description=item.description),
            **columns(item, "id", *names),
            **members,
            "_links": {"self": self.links.mgmt(f"{path}/{item.id}")},
        }

    def distribution_set(self, item: DistributionSet) -> dict:
        names = "version", "locked", "deleted", "valid", "required_migration_step", "complete"
        modules = [self.module(m) for m in item.modules]
        kind = {"type": item.type.key, "typeName": item.type.name}
        return self._entity(item, "distributionsets", *names, **kind, modules=modules)

    def whole_set(self, item: DistributionSet) -> dict:
        shape = self.distribution_set(item)
        shape["_links"]["type"] = self.links.mgmt(f"distributionsettypes/{item.type_id}")
        return below(shape, modules="/assignedSM?offset=0&limit=50", metadata="/metadata")

    def module(self, item: SoftwareModule) -> dict:
        return self._entity(
            item, "softwaremodules", "version", "encrypted", "deleted", "locked",
            type=item.type.key, typeName=item.type.name, **present(vendor=item.vendor),
            # No default type asks for artifacts (minArtifacts 0), so a module is complete.
            complete=True,
        )  # fmt: skip

    def whole_module(self, item: SoftwareModule) -> dict:
        shape = self.module(item)
        shape["_links"]["type"] = self.links.mgmt(f"softwaremoduletypes/{item.type_id}")
        return below(shape, artifacts="/artifacts", metadata="/metadata")

    def artifact(self, item: Artifact) -> dict:
        path = f"softwaremodules/{item.module_id}/artifacts/{item.id}"
        return {
            **audit(item),
            **columns(item, "id", "size"),
            "hashes": columns(item, "sha1", "md5", "sha256"),
            "providedFilename": item.filename,
            "_links": {"self": self.links.mgmt(path)},
        }

    def whole_artifact(self, item: Artifact) -> dict:
        return below(self.artifact(item), download="/download")

    def target(self, item: Target) -> dict:
        return {
            **audit(item),
            **present(
                **columns(
                    item, "name", "description", "controller_id", "update_status", "installed_at",
                    "address", "security_token", "request_attributes",
                ),
                lastControllerRequestAt=item.last_request_at,
                ipAddress=urlsplit(item.address).hostname if item.address else None,
                pollStatus=self._poll_status(item),
                autoConfirmActive=item.auto_confirm_at is not None if self._asks else None,
            ),
            "_links": {"self": self.links.target(item.controller_id)},
        }  # fmt: skip

    def whole_target(self, item: Target) -> dict:
        same = {n: f"/{n}" for n in ("assignedDS", "installedDS", "attributes", "metadata")}
        actions = "/actions?offset=0&limit=50&sort=id%3ADESC"
        shape = below(self.target(item), **same, actions=actions)
        return below(shape, autoConfirm="/autoConfirm") if "autoConfirmActive" in shape else shape

    def _poll_status(self, item: Target) -> dict | None:
        polled = item.last_request_at
        if polled is None:
            return None
        expected, overdue = config.patience_ms(self.work)
        return {
            "lastRequestAt": polled,
            "nextExpectedRequestAt": polled + expected,
            "overdue": self.work.now > polled + overdue,
        }

    def action(self, item: Action) -> dict:
        return {
            **audit(item),
            **columns(item, "id", "active", "status", "weight"),
            "type": "cancel" if item.is_canceling_or_canceled else "update",
            "forceType": item.type,
            **present(forceTime=item.force_time if item.type == ActionType.TIMEFORCED else None),
            **({"rollout": r.id, "rolloutName": r.name} if (r := item.rollout) else {}),
            **present(maintenanceWindow=self._window(item), lastStatusCode=item.last_status_code),
            "_links": self._action_links(item),
        }

    def _action_links(self, item: Action) -> dict:
        return {"self": self.links.target(item.target.controller_id, f"/actions/{item.id}")}

    def _window(self, item: Action) -> dict | None:
        window = Window.of(item)
        if window is None:
            return None
        return present(
            schedule=item.window_schedule,
            duration=item.window_duration,
            timezone=item.window_timezone,
            nextStartAt=window.start(self.work.now) or 0,
        )

    def whole_action(self, item: Action) -> dict:
        shape = below(self.action(item), status="/status?offset=0&limit=50&sort=id%3ADESC")
        if item.status in (Status.CANCELING, Status.CANCELED):
            shape = below(shape, canceledaction="")
        target = self.links.target(item.target.controller_id)
        shape["_links"] |= {
            "target": {**target, "name": item.target.name},
            "distributionset": self.named_set(item.distribution_set),
        }
        if item.rollout is not None:
            rollout = self.links.mgmt(f"rollouts/{item.rollout_id}")
            shape["_links"]["rollout"] = {**rollout, "name": item.rollout.name}
        return shape

    def named_set(self, item: DistributionSet) -> dict:
        link = self.links.mgmt(f"distributionsets/{item.id}")
        return {**link, "name": f"{item.name}:{item.version}"}

    def entry(self, item: ActionStatus) -> dict:
        return {
            "id": item.id,
            "type": item.status,
            "messages": item.messages or [None],  # so hawkBit joins an entry without any
            "reportedAt": item.created_at,
            "timestamp": item.timestamp,
            **present(code=item.code),
        }

    def assigned(self, result: Assigned) -> dict:
        actions = [{"id": a.id, "_links": self._action_links(a)} for a in result.actions]
        return {
            "alreadyAssigned": result.already,
            "assignedActions": actions,
            "assigned": len(actions),
            "total": len(actions) + result.already,
        }

    def target_filter(self, item: TargetFilter) -> dict:
        """The one shape that says null where there is nothing."""
        return {
            **audit(item),
            **columns(item, "id", "name", "query", "confirmation_required"),
            "autoAssignDistributionSet": item.set_id,
            "autoAssignActionType": item.action_type,
            "autoAssignWeight": item.weight,
            "_links": {"self": self.links.mgmt(f"targetfilters/{item.id}")},
        }

    def whole_filter(self, item: TargetFilter) -> dict:
        return below(self.target_filter(item), autoAssignDS="/autoAssignDS")

    def module_type(self, item: SoftwareModuleType) -> dict:
        names = "key", "deleted", "min_artifacts", "max_assignments"
        return self._entity(item, "softwaremoduletypes", *names)

    def set_type(self, item: DistributionSetType) -> dict:
        return self._entity(item, "distributionsettypes", "key", "deleted")

    def tag(self, item: TargetTag) -> dict:
        return self._entity(item, "targettags", **present(colour=item.colour))

    def whole_tag(self, item: TargetTag) -> dict:
        return below(self.tag(item), assignedTargets="/assigned?offset=0&limit=50")

    def rollout(self, item: Rollout) -> dict:
        return self._entity(
            item, "rollouts", "target_filter_query", "status", "total_targets", "deleted",
            "weight", "dynamic",
            distributionSetId=item.set_id, forcetime=item.force_time, type=item.action_type,
        )  # fmt: skip

    def whole_rollout(self, item: Rollout) -> dict:
        commands = {command: f"/{command}" for command in _COMMANDS}
        groups = "/deploygroups?offset=0&limit=50"
        shape = below(self.rollout(item), groups=groups, **commands)
        shape["_links"]["distributionset"] = self.named_set(item.distribution_set)
        return shape | {
            "totalTargetsPerStatus": per_status(self.work, item),
            "totalGroups": len(item.groups),
            **present(
                startAt=item.start_at,
                approveDecidedBy=item.approval_decided_by,
                approvalRemark=item.approval_remark,
            ),
        }

    def group(self, item: RolloutGroup) -> dict:
        return self._entity(
            item, f"rollouts/{item.rollout_id}/deploygroups", "target_filter_query",
            "target_percentage", "status", "total_targets", "dynamic",
            successCondition=present(condition="THRESHOLD", expression=item.success_threshold),
            successAction=present(
                action=item.success_action, expression=item.success_action_expression
            ),
            errorCondition=present(condition="THRESHOLD", expression=item.error_threshold),
            errorAction=present(action="PAUSE", expression=item.error_action_expression),
            **({"confirmationRequired": item.confirmation_required} if self._asks else {}),
        )  # fmt: skip

    def whole_group(self, item: RolloutGroup) -> dict:
        return self.group(item) | {"totalTargetsPerStatus": per_status(self.work, item)}
