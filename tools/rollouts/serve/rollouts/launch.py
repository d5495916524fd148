"""The actions of a rollout: scheduled for all groups at its start, started group by group.

Statements over whole groups, since a group may have thousands of targets.
Source: hawkBit JpaRolloutExecutor (createActions), JpaDeploymentManagement
(startScheduledActions).
"""

from sqlalchemy import Select, and_, case, exists, insert, literal, select, update

from .. import actions, config
from ..actions import server_says
from ..model import Action, ActionType, Status, Target, UpdateStatus
from ..store import Work
from .model import Rollout, RolloutGroup, RolloutTarget

# Who hawkBit says it was when groups go on by themselves.
SYSTEM = "system"
_is_sure = exists().where(Target.id == Action.target_id, Target.auto_confirm_at.is_not(None))
_SKIPPED = "Distribution Set is already assigned. Skipping this action."


def schedule(work: Work, rollout: Rollout, group: RolloutGroup, by: str) -> None:
    """An action for each target of a group, to be started later."""
    given = exists().where(
        RolloutTarget.target_id == Target.id, RolloutTarget.group_id == group.id
    )
    add_actions(work, rollout, group, select(Target.id).where(given).order_by(Target.id), by)


def add_actions(
    work: Work, rollout: Rollout, group: RolloutGroup, targets: Select, by: str
) -> int:
    """Scheduled actions for `targets`, in place of those that were. How many."""
    actions.cancel_scheduled(work, targets)
    values = {
        "rollout_id": rollout.id, "rollout_group_id": group.id, "set_id": rollout.set_id,
        "type": rollout.action_type, "weight": rollout.weight, "status": Status.SCHEDULED,
        "active": False, "revision": 1, "created_by": by, "created_at": work.now,
        "last_modified_by": by, "last_modified_at": work.now,
    }  # fmt: skip
    if rollout.action_type == ActionType.TIMEFORCED:
        values["force_time"] = rollout.force_time
    rows = targets.add_columns(*[literal(value) for value in values.values()])
    done = work.db.execute(insert(Action).from_select(["target_id", *values], rows))
    return done.rowcount


def start(work: Work, rollout: Rollout, group: RolloutGroup, by: str) -> None:
    """Start the scheduled actions of a group."""
    scheduled = and_(Action.rollout_group_id == group.id, Action.status == Status.SCHEDULED)
    _skip_assigned(work, rollout, scheduled)
    if not work.db.scalar(select(exists().where(scheduled))):
        return
    going = select(Action.target_id).where(scheduled)
    actions.supersede(work, going)
    _assign(work, rollout, going, by)
    asks = config.get(work, config.CONFIRMATION_FLOW)
    _say_started(work, rollout, group, scheduled, asks)
    status = Status.RUNNING
    if asks and group.confirmation_required:
        status = case((_is_sure, Status.RUNNING), else_=Status.WAIT_FOR_CONFIRMATION)
    touched = {"last_modified_by": by, "last_modified_at": work.now}
    actions.change_all(work, scheduled, status=status, active=True, **touched)


def _skip_assigned(work: Work, rollout: Rollout, scheduled) -> None:
    """Who has the set already is done."""
    has_it = exists().where(
        Target.id == Action.target_id, Target.assigned_set_id == rollout.set_id
    )
    skipped = and_(scheduled, has_it)
    actions.add_entries(work, skipped, Status.RUNNING, [server_says(_SKIPPED)], Action.created_at)
    actions.change_all(work, skipped, status=Status.FINISHED)


def _say_started(work: Work, rollout: Rollout, group: RolloutGroup, scheduled, asks) -> None:
    by = f"Initiated by Rollout Group '{group.name}' [Rollout {rollout.name}:{rollout.id}]"
    status = Status.WAIT_FOR_CONFIRMATION if asks else Status.RUNNING
    if not asks:
        said = [(scheduled, [by])]
    elif not group.confirmation_required:
        confirmed = f"Assignment confirmed by initiator [{rollout.created_by}]."
        said = [(scheduled, [by, confirmed])]
    else:
        waits = "Waiting for the confirmation by the device."
        said = [(_is_sure, [by, "Auto-confirmed."]), (~_is_sure, [by, waits])]
    for which, messages in said:
        actions.add_entries(work, and_(scheduled, which), status, messages, Action.created_at)


def _assign(work: Work, rollout: Rollout, going: Select, by: str) -> None:
    assigned = update(Target).where(Target.id.in_(going)).values(
        assigned_set_id=rollout.set_id, update_status=UpdateStatus.PENDING,
        last_modified_by=by, last_modified_at=work.now,
    )  # fmt: skip
    work.db.execute(assigned, execution_options={"synchronize_session": "fetch"})
