"""Confirming an update before it begins: the same for the device's user and for the operator."""

from typing import Literal

from . import errors
from .actions import add_entry, check_entry_quota, opened, server_says
from .bodies import Body, Int32, Lines, text
from .media import present
from .model import Action, Status, Target
from .store import Work


class AutoConfirm(Body):
    """Who wants updates to begin without asking, and why."""

    initiator: text(0, 64) = None
    remark: text(0, 512) = None


def auto_confirm_status(target: Target) -> dict:
    """Whether it is on, and who wanted it; what is not known is left out."""
    return present(
        active=target.auto_confirm_at is not None,
        initiator=target.auto_confirm_initiator,
        remark=target.auto_confirm_remark,
        activatedAt=target.auto_confirm_at,
    )


class Confirmation(Body):
    confirmation: Literal["confirmed", "denied"]
    code: Int32 | None = None
    details: Lines | None = None


def activate(work: Work, target: Target, wish: AutoConfirm | None) -> None:
    """From now on actions start without asking; those that wait start now."""
    if target.auto_confirm_at is not None:
        raise errors.auto_confirm_active(target.controller_id)
    by, why = (wish.initiator, wish.remark) if wish else (None, None)
    target.auto_confirm_at = work.now
    target.auto_confirm_initiator, target.auto_confirm_remark = by or None, why or None
    said = f"Assignment confirmed by itself, as {by or 'n/a'} wishes: {why or 'n/a'}"
    waits = Action.status == Status.WAIT_FOR_CONFIRMATION
    for action in work.db.scalars(opened(target).where(waits)).all():
        action.status = Status.RUNNING
        add_entry(work, action, Status.RUNNING, [said])


def deactivate(target: Target) -> None:
    target.auto_confirm_at = target.auto_confirm_initiator = target.auto_confirm_remark = None


def answer(work: Work, action: Action, body: Confirmation, by: str) -> None:
    """Confirm, or deny: the action goes on waiting then, and is offered again at every poll.

    404 when the action does not wait for it, 410 when it is over.
    """
    if not action.active:
        raise errors.Empty(410)
    if action.status != Status.WAIT_FOR_CONFIRMATION:
        raise errors.Empty(404)
    check_entry_quota(work, action)
    messages = list(body.details or [])
    if body.confirmation == "confirmed":
        action.status = Status.RUNNING
        messages.append(server_says(f"{by} confirmed the action."))
    else:
        messages.append(server_says(f"{by} denied the action; it stays."))
    if body.code is not None:
        messages.append(f"Confirmation status code: {body.code}")
    add_entry(work, action, action.status, messages, body.code)
    action.last_status_code = body.code
