"""Confirming an update before it begins: the same for the device's user and for the operator."""

from typing import Literal

from . import actions, errors
from .bodies import Body, Int32, Text, text
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
    details: list[Text | None] | None = None


def answer(work: Work, action: Action, body: Confirmation, by: str) -> None:
    """Confirm or deny. 404 when the action does not wait for it, 410 when it is over."""
    if not action.active:
        raise errors.Empty(410)
    if action.status != Status.WAIT_FOR_CONFIRMATION:
        raise errors.Empty(404)
    decide = actions.confirm if body.confirmation == "confirmed" else actions.deny
    details = [line for line in body.details or [] if line is not None]
    decide(work, action, details, body.code, by)
