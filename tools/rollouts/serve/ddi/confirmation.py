"""DDI: the device's user confirms an update before it begins."""

from starlette.responses import Response

from .. import actions, consent
from ..bodies import PathId
from ..consent import AutoConfirm, Confirmation
from ..media import Reply
from ..model import Status
from .device import Device, Wanted, change_mark, deployment_body, done, router

resources = router()


@resources.get("/confirmationBase")
async def confirmation_base(device: Device):
    """Is auto-confirmation on, and what waits? Registers a new target."""
    target = device.seen()
    status = consent.auto_confirm_status(target)
    status.setdefault("activatedAt", 0)
    switch = "deactivateAutoConfirm" if status["active"] else "activateAutoConfirm"
    found = {switch: device.links.device(f"confirmationBase/{switch}")}
    action = actions.first_open(device.work, target)
    if action and action.status == Status.WAIT_FOR_CONFIRMATION:
        path = f"confirmationBase/{action.id}?c={change_mark(device.work, action)}"
        found["confirmationBase"] = device.links.device(path)
    return Reply({"autoConfirm": status, "_links": found})


@resources.post("/confirmationBase/activateAutoConfirm")
async def activate(device: Device, body: AutoConfirm | None = None):
    """Start updates without asking from now on. 409 when that is so already."""
    consent.activate(device.work, device.target(), body)
    return done()


@resources.post("/confirmationBase/deactivateAutoConfirm")
async def deactivate(device: Device):
    """Ask again before an update."""
    consent.deactivate(device.target())
    return done()


@resources.get("/confirmationBase/{action_id}")
async def confirmation(device: Device, action_id: PathId, c: int = 0, wanted: Wanted = None):
    """What there is to confirm."""
    action = device.action(action_id)
    if action.active:
        actions.lapse(device.work, action)
    if not (action.active and action.status == Status.WAIT_FOR_CONFIRMATION):
        # Not raised: that the window is over stays written down.
        return Response(status_code=404)
    return Reply(deployment_body(device, action, "confirmation", wanted))


@resources.post("/confirmationBase/{action_id}/feedback")
async def confirmation_feedback(device: Device, action_id: PathId, body: Confirmation):
    """The user's answer. A denied action stays and is offered again."""
    consent.answer(device.work, device.action(action_id), body, "Target")
    return done()
