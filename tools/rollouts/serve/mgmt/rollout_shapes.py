"""How rollouts and their groups look in answers."""

from .. import config
from ..media import present
from ..rollouts.evaluation import per_status
from ..rollouts.model import Rollout, RolloutGroup
from .shapes import Shapes, below

_THRESHOLD = "THRESHOLD"
_COMMANDS = ("start", "pause", "resume", "triggerNextGroup", "approve", "deny")


class RolloutShapes(Shapes):
    """Whole ones say how many targets are how far."""

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
        success = present(action=item.success_action, expression=item.success_action_expression)
        asks = config.get(self.work, config.CONFIRMATION_FLOW)
        return self._entity(
            item, f"rollouts/{item.rollout_id}/deploygroups", "target_filter_query",
            "target_percentage", "status", "total_targets", "dynamic",
            successCondition=_threshold(item.success_threshold),
            successAction=success,
            errorCondition=_threshold(item.error_threshold),
            errorAction=present(action="PAUSE", expression=item.error_action_expression),
            **({"confirmationRequired": item.confirmation_required} if asks else {}),
        )  # fmt: skip

    def whole_group(self, item: RolloutGroup) -> dict:
        return self.group(item) | {"totalTargetsPerStatus": per_status(self.work, item)}


def _threshold(expression: str | None) -> dict:
    return present(condition=_THRESHOLD, expression=expression)
