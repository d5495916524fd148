"""DDI: the device's user confirms an update before it begins."""

from starlette.requests import Request
from starlette.responses import Response

from .. import actions, consent
from ..bodies import PathId
from ..consent import AutoConfirm, Confirmation
from ..hub import LinksHere, Transaction
from ..lookup import find_action, find_target
from ..media import Reply
from ..model import Status
from .base import deployment_body
from .device import change_mark, done, router, seen

resources = router()


@resources.get("/confirmationBase")
async def confirmation_base(
    request: Request, work: Transaction, links: LinksHere, controller_id: str
):
    """Is auto-confirmation on, and what waits? Registers a new target."""
    target = seen(work, request, controller_id)
    status = consent.auto_confirm_status(target)
    status.setdefault("activatedAt", 0)
    switch = "deactivateAutoConfirm" if status["active"] else "activateAutoConfirm"
    found = {switch: links.device(f"confirmationBase/{switch}")}
    action = actions.first_open(work, target)
    if action and action.status == Status.WAIT_FOR_CONFIRMATION:
        path = f"confirmationBase/{action.id}?c={change_mark(work, action)}"
        found["confirmationBase"] = links.device(path)
    return Reply({"autoConfirm": status, "_links": found})


@resources.post("/confirmationBase/activateAutoConfirm")
async def activate(work: Transaction, controller_id: str, body: AutoConfirm | None = None):
    """Start updates without asking from now on. 409 when that is so already."""
    consent.activate(work, find_target(work, controller_id), body)
    return done()


@resources.post("/confirmationBase/deactivateAutoConfirm")
async def deactivate(work: Transaction, controller_id: str):
    """Ask again before an update."""
    consent.deactivate(find_target(work, controller_id))
    return done()


@resources.get("/confirmationBase/{action_id}")
async def confirmation(
    work: Transaction, links: LinksHere, controller_id: str, action_id: PathId,
    c: int = 0, actionHistory: int | None = None,  # noqa: N803 (the wire's word)
):  # fmt: skip
    """What there is to confirm."""
    action = find_action(work, controller_id, action_id)
    if action.active:
        actions.lapse(work, action)
    if not (action.active and action.status == Status.WAIT_FOR_CONFIRMATION):
        # Not raised: that the window is over stays written down.
        return Response(status_code=404)
    return Reply(deployment_body(work, action, links, "confirmation", actionHistory))


@resources.post("/confirmationBase/{action_id}/feedback")
async def confirmation_feedback(
    work: Transaction, controller_id: str, action_id: PathId, body: Confirmation
):
    """The user's answer. A denied action stays and is offered again."""
    consent.answer(work, find_action(work, controller_id, action_id), body, "Target")
    return done()
