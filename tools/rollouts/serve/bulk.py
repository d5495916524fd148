"""What is done to many actions in one statement: a rollout's group may have thousands.

`which` is a condition on actions; `target_ids` a list, or a select of ids.
"""

from sqlalchemy import and_, exists, insert, literal, select, update

from . import config
from .actions import server_says
from .model import Action, ActionStatus, DistributionSet, Status
from .store import Work

_is_migration_step = exists().where(
    DistributionSet.id == Action.set_id, DistributionSet.required_migration_step
)


def supersede(work: Work, target_ids) -> None:
    """Cancel what a new assignment makes obsolete; required migration steps stay."""
    obsolete = and_(Action.active, Action.target_id.in_(target_ids), ~_is_migration_step)
    if config.get(work, config.AUTOCLOSE):
        status, why, active = Status.CANCELED, "close", False
    else:
        obsolete = and_(obsolete, Action.status != Status.CANCELING)
        status, why, active = Status.CANCELING, "cancel", True
    said = server_says(f"{why} obsolete action due to new update")
    add_entry(work, obsolete, status, [said])
    change(work, obsolete, status=status, active=active)


def cancel_scheduled(work: Work, target_ids) -> None:
    """What rollouts scheduled for these targets will not start any more."""
    waiting = and_(Action.status == Status.SCHEDULED, Action.target_id.in_(target_ids))
    change(work, and_(waiting, ~_is_migration_step), status=Status.CANCELED)


def add_entry(work: Work, which, status: Status, messages: list[str], timestamp=None):
    """The same entry in the history of many actions."""
    entry = {
        "action_id": Action.id, "status": literal(status), "created_at": literal(work.now),
        "timestamp": literal(work.now) if timestamp is None else timestamp,
        "messages": literal(messages, ActionStatus.messages.type),
    }  # fmt: skip
    rows = select(*entry.values()).where(which).order_by(Action.id)
    work.db.execute(insert(ActionStatus).from_select(list(entry), rows))


def change(work: Work, which, **values) -> None:
    """Change many actions; devices look at them again."""
    changed = update(Action).where(which).values(**values, revision=Action.revision + 1)
    work.db.execute(changed, execution_options={"synchronize_session": "fetch"})
