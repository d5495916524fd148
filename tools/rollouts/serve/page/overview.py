"""What the page shows, as rows by kind and id: small, flat and equal while nothing changed."""

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import selectinload

from .. import config
from ..media import present
from ..model import Action, ActionStatus, DistributionSet, SoftwareModule, Target
from ..rollouts.evaluation import per_status
from ..rollouts.model import Rollout
from ..store import Work

# A page shows this many rollouts, the newest ones.
_ROLLOUTS = 20

Rows = dict[str, dict]


def rows(work: Work) -> dict[str, Rows]:
    """Kind -> id -> row. Times are milliseconds since 1970."""
    return {"targets": _targets(work), "sets": _sets(work), "rollouts": _rollouts(work)}


def _targets(work: Work) -> Rows:
    overdue_ms, actions = config.patience_ms(work)[1], _newest_actions(work)
    found = {}
    for t in work.db.execute(select(Target.__table__).order_by(Target.controller_id)):
        polled = t.last_request_at
        found[t.controller_id] = present(
            name=t.name, status=t.update_status, polledAt=polled,
            overdueAt=polled and polled + overdue_ms, installed=t.installed_set_id,
            assigned=t.assigned_set_id, action=actions.get(t.id),
        )  # fmt: skip
    return found


def _newest_actions(work: Work) -> dict[int, dict]:
    """By the number of the target."""
    said = _newest_messages(work)
    tells_percent = cast(ActionStatus.messages, String).contains("%", autoescape=True)
    percents = _newest_messages(work, tells_percent)
    newest = select(func.max(Action.id)).group_by(Action.target_id)
    found = {}
    for action in work.db.execute(select(Action.__table__).where(Action.id.in_(newest))):
        found[action.target_id] = present(
            id=action.id, set=action.set_id, status=action.status, type=action.type,
            active=action.active, said=said.get(action.id), progress=percents.get(action.id),
        )  # fmt: skip
    return found


def _newest_messages(work: Work, *conditions) -> dict[int, str]:
    """The last message of each open action, or the last under these conditions."""
    newest = (
        select(func.max(ActionStatus.id))
        .join(Action, Action.id == ActionStatus.action_id)
        .where(Action.active, *conditions)
        .group_by(ActionStatus.action_id)
    )
    wanted = select(ActionStatus.action_id, ActionStatus.messages).where(
        ActionStatus.id.in_(newest)
    )
    return {action_id: messages[-1] for action_id, messages in work.db.execute(wanted) if messages}


def _sets(work: Work) -> Rows:
    parts = selectinload(DistributionSet.modules)
    wanted = (
        select(DistributionSet)
        .where(~DistributionSet.deleted)
        .order_by(DistributionSet.id.desc())
        .options(parts.selectinload(SoftwareModule.artifacts))
        .options(parts.selectinload(SoftwareModule.metadata_))
    )
    return {str(found.id): _set(found) for found in work.db.scalars(wanted)}


def _set(found: DistributionSet) -> dict:
    return present(
        id=found.id,
        name=found.name,
        version=found.version,
        description=found.description or None,
        createdAt=found.created_at,
        assignable=found.complete and found.valid,
        valid=found.valid,
        signed=any(m.key == "signature" for s in found.modules for m in s.metadata_),
        files=[
            {"name": a.filename, "size": a.size, "sha256": a.sha256}
            for module in found.modules
            for a in module.artifacts
        ],
    )


def _rollouts(work: Work) -> Rows:
    newest = select(Rollout).where(~Rollout.deleted).order_by(Rollout.id.desc())
    wanted = newest.limit(_ROLLOUTS).options(selectinload(Rollout.groups))
    return {str(found.id): _rollout(work, found) for found in work.db.scalars(wanted)}


def _rollout(work: Work, found: Rollout) -> dict:
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "set": found.set_id,
        "query": found.target_filter_query,
        "groups": [
            {
                "name": group.name,
                "status": group.status,
                "total": group.total_targets,
                **per_status(work, group),
            }
            for group in found.groups
        ],
    }
