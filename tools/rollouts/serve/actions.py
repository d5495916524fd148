"""The life of an action, and what it makes of its target. Everything that changes a status.

An action is open (`active`) until the device closes it, the operator quits it by force, or
its cancellation is confirmed. Feedback writes an entry in its history each time; only
`closed` (and `downloaded` of a download-only action) ends it.

    assigned -> running | wait_for_confirmation -> running
    running -> retrieved              the device looked at it
    running, retrieved -> finished | error | downloaded
    any open -> canceling -> canceled, or back to running when the device refuses

Source: hawkBit JpaControllerManagement, JpaActionManagement; the recordings of 1.0.4.
"""

from sqlalchemy import Select, and_, exists, insert, literal, select, update

from . import config, errors
from .bodies import has_markup
from .model import (
    Action,
    ActionStatus,
    ActionType,
    DistributionSet,
    Status,
    Target,
    UpdateStatus,
)
from .store import Work
from .windows import Window

# Entries that begin so are the server's own; devices do not get them to see.
SERVER_SAYS = "Update Server: "
_PIECE = 512

# DDI execution -> the status of the entry it writes; `closed` is looked at apart.
_FEEDBACK = {
    "proceeding": Status.RUNNING,
    "scheduled": Status.RUNNING,
    "resumed": Status.RUNNING,
    "download": Status.DOWNLOAD,
    "downloaded": Status.DOWNLOADED,
    "canceled": Status.CANCELED,
    "rejected": Status.WARNING,
}


def server_says(text: str) -> str:
    return SERVER_SAYS + text


def first_open(work: Work, target: Target) -> Action | None:
    return work.db.scalar(opened(target).limit(1))


def opened(target: Target) -> Select:
    """The target's open actions in the order they are offered: by weight, then by age."""
    mine = select(Action).where(Action.target_id == target.id, Action.active)
    return mine.order_by(Action.weight.desc(), Action.id)


def add_entry(work: Work, action: Action, status: Status, messages, code=None, timestamp=None):
    """Write an entry. ApiError 429 when it has too many messages. Long ones are cut up."""
    pieces = [m[i : i + _PIECE] for m in messages for i in range(0, len(m) or 1, _PIECE)]
    errors.check_quota("Message", len(pieces), work.settings.max_messages)
    entry = ActionStatus(
        action_id=action.id,
        status=status,
        code=code,
        messages=pieces,
        timestamp=work.now if timestamp is None else timestamp,
        created_at=work.now,
    )
    work.db.add(entry)
    return entry


def check_entry_quota(work: Work, action: Action) -> None:
    """ApiError 429 when the history is full. What ends an action is not asked."""
    count = work.count(ActionStatus.action_id == action.id)
    errors.check_quota("ActionStatus", count + 1, work.settings.max_status_entries)


def retrieved(work: Work, action: Action) -> None:
    """The device looked at its deployment or cancellation: noted once in a row.

    hawkBit does this to a closed action too, which then is no longer `finished`.
    """
    newest = work.db.scalar(
        select(ActionStatus.status)
        .where(ActionStatus.action_id == action.id)
        .order_by(ActionStatus.id.desc())
        .limit(1)
    )
    if newest == Status.RETRIEVED:
        return
    what = "the cancellation" if action.is_canceling_or_canceled else "the deployment"
    add_entry(work, action, Status.RETRIEVED, [server_says(f"The target retrieved {what}.")])
    if not action.is_canceling_or_canceled:
        action.status = Status.RETRIEVED


def feedback(work: Work, action: Action, state, timestamp: int | None) -> None:
    """What the device says about its deployment; `state`: ddi.base.State."""
    execution, finished, code = state.execution, state.result.finished, state.code
    messages = _told(state)
    if not messages:
        result = f" with {finished}" if execution == "closed" else ""
        messages = [server_says(f"The target reported {execution}{result}.")]
    if execution == "closed":
        status = Status.ERROR if finished == "failure" else Status.FINISHED
    else:
        status = _FEEDBACK[execution]
        check_entry_quota(work, action)
    entry = add_entry(work, action, status, messages, code, timestamp)
    action.last_status_code = code
    if status == Status.ERROR:
        _end(action, Status.ERROR)
        action.target.update_status = UpdateStatus.ERROR
        action.target.assigned_set_id = None
    elif status == Status.FINISHED:
        _finish(action, entry.timestamp)
    elif status == Status.DOWNLOADED and action.type == ActionType.DOWNLOADONLY:
        _end(action, Status.DOWNLOADED)
        action.target.update_status = UpdateStatus.IN_SYNC
        action.target.request_attributes = True


def _told(state) -> list[str]:
    """A device's words, its status code as the last. ApiError where they have markup."""
    details = state.details or []
    if any(has_markup(line) for line in details):
        raise errors.constraint("details must not contain markup")
    code = [] if state.code is None else [f"Device reported status code: {state.code}"]
    return [*details, *code]


def _end(action: Action, status: Status) -> None:
    action.active = False
    action.status = status


def _finish(action: Action, timestamp: int) -> None:
    """Installed. A report that is dated before the last installation moves nothing on the
    target: it stays pending for ever (a device with a wrong clock)."""
    _end(action, Status.FINISHED)
    target = action.target
    target.request_attributes = True
    if target.installed_at is not None and target.installed_at >= timestamp:
        return
    target.installed_set_id = action.set_id
    target.installed_at = timestamp
    if action.type == ActionType.DOWNLOADONLY:  # installed all the same, over whatever came since
        target.assigned_set_id = action.set_id
    if target.installed_set_id == target.assigned_set_id:
        target.update_status = UpdateStatus.IN_SYNC


def cancel_feedback(work: Work, action: Action, state, timestamp: int | None) -> None:
    """What the device says about a cancellation. Only closed (not as a failure) ends it."""
    execution, finished, code = state.execution, state.result.finished, state.code
    details = _told(state)
    if not action.is_canceling_or_canceled:
        raise errors.not_cancelable("The action is not being canceled.")
    if execution == "closed" and finished != "failure":
        before, after = "Cancellation confirmed.", "The cancellation is complete."
        messages = [server_says(before), *details, server_says(after)]
        _canceled(work, action, messages, code, timestamp)
        return
    if execution == "closed":
        status, said = Status.ERROR, "The target could not cancel."
    elif execution == "rejected":
        status, said = Status.CANCEL_REJECTED, "The target refused to cancel."
    elif execution == "canceled":
        status, said = Status.WARNING, "canceled is no answer to a cancellation."
    else:
        status, said = Status.RUNNING, None
        check_entry_quota(work, action)
    messages = [server_says(said), *details] if said else details
    add_entry(work, action, status, messages, code, timestamp)
    if status in (Status.ERROR, Status.CANCEL_REJECTED):
        action.status = Status.RUNNING


def is_forced(work: Work, action: Action) -> bool:
    """Has the device to install it at once, by its type or by the time that is over?"""
    if action.type == ActionType.TIMEFORCED:
        return (action.force_time or 0) <= work.now
    return action.type == ActionType.FORCED


def request_cancel(
    work: Work, action: Action, why: str = server_says("manual cancelation requested")
) -> None:
    """Ask the device to stop; it has to confirm."""
    if action.is_canceling_or_canceled:
        raise errors.not_cancelable("It is being canceled or was canceled already.")
    if not action.active:
        raise errors.not_cancelable("The action is closed.")
    action.status = Status.CANCELING
    add_entry(work, action, Status.CANCELING, [why])


def force_quit(work: Work, action: Action) -> None:
    """End a cancellation without the device."""
    if not (action.active and action.is_canceling_or_canceled):
        raise errors.not_force_quitable(action.id)
    _canceled(work, action, [server_says("A force quit has been performed.")])


def quit_by_server(work: Work, action: Action) -> None:
    """Its rollout was deleted."""
    _canceled(work, action, [server_says("A force quit has been performed by server.")])


def _canceled(work: Work, action: Action, messages, code=None, timestamp=None) -> None:
    """The target is left with its next open action, or with what it runs."""
    add_entry(work, action, Status.CANCELED, messages, code, timestamp)
    _end(action, Status.CANCELED)
    work.db.flush()
    target = action.target
    following = work.db.scalar(opened(target).order_by(None).order_by(Action.id).limit(1))
    if following is not None:
        target.assigned_set_id = following.set_id
        return
    target.assigned_set_id = target.installed_set_id
    target.update_status = UpdateStatus.IN_SYNC


def lapse(work: Work, action: Action) -> None:
    """Cancel an open action whose maintenance windows are all over."""
    window = Window.of(action)
    if window and not action.is_canceling_or_canceled and window.is_over(work.now):
        request_cancel(work, action, "manual cancelation requested")


# --- many in one statement: a rollout's group may have thousands. `which` is a condition on
# actions; `target_ids` a list, or a select of ids.

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
    add_entries(work, obsolete, status, [said])
    change_all(work, obsolete, status=status, active=active)


def cancel_scheduled(work: Work, target_ids) -> None:
    """What rollouts scheduled for these targets will not start any more."""
    waiting = and_(Action.status == Status.SCHEDULED, Action.target_id.in_(target_ids))
    change_all(work, and_(waiting, ~_is_migration_step), status=Status.CANCELED)


def add_entries(work: Work, which, status: Status, messages: list[str], timestamp=None):
    """The same entry in the history of many actions."""
    entry = {
        "action_id": Action.id, "status": literal(status), "created_at": literal(work.now),
        "timestamp": literal(work.now) if timestamp is None else timestamp,
        "messages": literal(messages, ActionStatus.messages.type),
    }  # fmt: skip
    rows = select(*entry.values()).where(which).order_by(Action.id)
    work.db.execute(insert(ActionStatus).from_select(list(entry), rows))


def change_all(work: Work, which, **values) -> None:
    """Change many actions; devices look at them again."""
    changed = update(Action).where(which).values(**values, revision=Action.revision + 1)
    work.db.execute(changed, execution_options={"synchronize_session": "fetch"})
