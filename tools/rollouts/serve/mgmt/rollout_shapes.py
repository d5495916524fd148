"""How rollouts and their groups look in answers."""

from starlette.requests import Request

from .. import config
from ..links import Links
from ..model import Action
from ..rollouts.model import Rollout, RolloutGroup
from ..rollouts.totals import per_status
from ..store import Work
from .shapes import audit, present

_THRESHOLD = "THRESHOLD"
_COMMANDS = ("start", "pause", "resume", "triggerNextGroup", "approve", "deny")


class RolloutShapes:
    """Makes the answers to one request; whole ones say how many targets are how far."""

    def __init__(self, request: Request, work: Work):
        self.links = Links(request)
        self.work = work

    def rollout(self, item: Rollout) -> dict:
        return {
            **audit(item),
            **present(name=item.name, description=item.description),
            "id": item.id,
            "targetFilterQuery": item.target_filter_query,
            "distributionSetId": item.set_id,
            "status": item.status,
            "totalTargets": item.total_targets,
            "forcetime": item.force_time,
            "deleted": item.deleted,
            "type": item.action_type,
            "weight": item.weight,
            "dynamic": item.dynamic,
            "_links": {"self": self.links.mgmt(f"rollouts/{item.id}")},
        }

    def whole_rollout(self, item: Rollout) -> dict:
        shape, path = self.rollout(item), f"rollouts/{item.id}"
        link, released = self.links.mgmt, item.distribution_set
        shape["_links"] |= {command: link(f"{path}/{command}") for command in _COMMANDS}
        shape["_links"]["groups"] = link(f"{path}/deploygroups?offset=0&limit=50")
        shape["_links"]["distributionset"] = {
            **link(f"distributionsets/{item.set_id}"),
            "name": f"{released.name}:{released.version}",
        }
        return shape | {
            "totalTargetsPerStatus": per_status(self.work, Action.rollout_id, item),
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
        return {
            **audit(item),
            **present(name=item.name, description=item.description),
            "id": item.id,
            "successCondition": _threshold(item.success_threshold),
            "successAction": success,
            "errorCondition": _threshold(item.error_threshold),
            "errorAction": present(action="PAUSE", expression=item.error_action_expression),
            "targetFilterQuery": item.target_filter_query,
            "targetPercentage": item.target_percentage,
            **({"confirmationRequired": item.confirmation_required} if asks else {}),
            "status": item.status,
            "totalTargets": item.total_targets,
            "dynamic": item.dynamic,
            "_links": {
                "self": self.links.mgmt(f"rollouts/{item.rollout_id}/deploygroups/{item.id}")
            },
        }

    def whole_group(self, item: RolloutGroup) -> dict:
        counted = per_status(self.work, Action.rollout_group_id, item)
        return self.group(item) | {"totalTargetsPerStatus": counted}


def _threshold(expression: str | None) -> dict:
    return present(condition=_THRESHOLD, expression=expression)
