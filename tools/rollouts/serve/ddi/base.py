"""DDI: the poll, deployments, cancellations, attributes and what is installed.

Source: hawkBit DdiRootController.
"""

import re
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import delete, select
from starlette.responses import Response

from .. import actions, assignment, config, errors
from ..bodies import Body, Int32, Int64, Lines, PathId, Text
from ..hub import Links
from ..media import Reply, present
from ..model import Action, DistributionSet, Status, Target, TargetAttribute
from ..polling import Polling, wire
from ..store import Work
from ..windows import Window
from .device import Device, Wanted, change_mark, deployment_body, done, installed_action, router

resources = router()

_ATTRIBUTE = re.compile(r"""[a-zA-Z0-9_\-!@#$%^&*()+=\[\]{}|;:'",.<>/\\?\s]{0,128}""")


class Progress(Body):
    cnt: Int32 | None = None
    of: Int32 | None = None


class Result(Body):
    finished: Literal["success", "failure", "none"]
    progress: Progress | None = None


class State(Body):
    execution: Literal[
        "closed", "proceeding", "canceled", "scheduled", "rejected", "resumed",
        "downloaded", "download",
    ]  # fmt: skip
    result: Result
    code: Int32 | None = None
    details: Lines | None = None


class ActionFeedback(Body):
    status: State
    timestamp: Int64 | None = None


class ConfigData(Body):
    data: Annotated[dict[str, Text | None], Field(min_length=1)]
    mode: Literal["merge", "replace", "remove"] = "merge"


class AssignedVersion(Body):
    name: Text
    version: Text


@resources.get("")
async def poll(device: Device):
    """The poll: how long to sleep, and at most one thing to do. Registers a new target."""
    work, target = device.work, device.seen()
    action = actions.first_open(work, target)
    if action:
        actions.lapse(work, action)
    sleep = wire(sleep_s(work, target, action))
    links = _links_for(work, device.links, target, action)
    return Reply(present(config={"polling": {"sleep": sleep}}, _links=links or None))


def sleep_s(work: Work, target: Target, action: Action | None) -> float:
    """How long the target shall wait; shorter while a maintenance window comes near."""
    polling = Polling(config.get(work, config.POLLING_TIME), work.settings)
    normal = polling.interval(work, target).draw(work.settings)
    window = Window.of(action) if action else None
    start = window.start(work.now) if window else None
    if start is None or start <= work.now:
        return normal
    near = (start - work.now) / 1000 / config.get(work, config.WINDOW_POLL_COUNT)
    return max(min(near, normal), work.settings.min_polling_s)


def _links_for(work: Work, links: Links, target: Target, action: Action | None) -> dict:
    found = {}
    if action is not None:
        work.db.flush()  # the mark follows the action's revision
        mark = f"?c={change_mark(work, action)}"
        rel = "deploymentBase"
        if action.status == Status.WAIT_FOR_CONFIRMATION:
            rel = "confirmationBase"
        elif action.is_canceling_or_canceled:
            rel, mark = "cancelAction", ""
        found[rel] = links.device(f"{rel}/{action.id}{mark}")
    installed = installed_action(work, target)
    if installed is not None:
        found["installedBase"] = links.device(f"installedBase/{installed}")
    if target.request_attributes:
        found["configData"] = links.device("configData")
    return found


@resources.get("/deploymentBase/{action_id}")
async def deployment_base(device: Device, action_id: PathId, c: int = 0, wanted: Wanted = None):
    """What to install. The server notes that the device looked."""
    action = device.action(action_id)
    if action.active:
        actions.lapse(device.work, action)
    if action.is_canceling_or_canceled or action.status == Status.WAIT_FOR_CONFIRMATION:
        # Not raised: that the window is over stays written down.
        return Response(status_code=404)
    body = deployment_body(device, action, "deployment", wanted)
    actions.retrieved(device.work, action)
    return Reply(body)


@resources.post("/deploymentBase/{action_id}/feedback")
async def deployment_feedback(device: Device, action_id: PathId, body: ActionFeedback):
    """How it goes. `closed` ends the action; 410 when it is over already."""
    action = device.action(action_id)
    if action.status == Status.WAIT_FOR_CONFIRMATION:
        raise errors.Empty(404)
    if not action.active:
        raise errors.Empty(410)
    actions.feedback(device.work, action, body.status, body.timestamp)
    return done()


@resources.get("/cancelAction/{action_id}")
async def cancel_action(device: Device, action_id: PathId):
    """Which action to stop."""
    action = device.action(action_id)
    if not action.is_canceling_or_canceled:
        raise errors.Empty(404)
    actions.retrieved(device.work, action)
    return Reply({"id": str(action_id), "cancelAction": {"stopId": str(action_id)}})


@resources.post("/cancelAction/{action_id}/feedback")
async def cancel_feedback(device: Device, action_id: PathId, body: ActionFeedback):
    """Whether it stopped: `closed` says yes, `rejected` no."""
    action = device.action(action_id)
    actions.cancel_feedback(device.work, action, body.status, body.timestamp)
    return done()


@resources.put("/configData")
async def config_data(device: Device, body: ConfigData):
    """The device's attributes: merged, replaced or removed."""
    _check_attributes(body)
    work, target = device.work, device.target()
    stored = {a.key: a.value for a in target.attributes}
    changed = _changed(stored, body)
    if len(changed) > len(stored):
        errors.check_quota("Attribute", len(changed), work.settings.max_attributes)
    if changed != stored:
        work.db.execute(delete(TargetAttribute).where(TargetAttribute.owner_id == target.id))
        work.db.add_all(
            TargetAttribute(owner_id=target.id, key=k, value=v) for k, v in changed.items()
        )
    if body.mode != "remove":
        target.request_attributes = False
    return done()


def _check_attributes(body: ConfigData) -> None:
    """Invalid ones refuse the whole body, whatever its mode."""
    for key, value in body.data.items():
        if not (_ATTRIBUTE.fullmatch(key) and _ATTRIBUTE.fullmatch(value or "")):
            raise errors.invalid_attributes(
                f"attribute {key!r}: at most 128 characters of ASCII without ~ and ` "
                "for the key and for the value"
            )


def _changed(stored: dict, body: ConfigData) -> dict:
    """The attributes afterwards. A null removes."""
    if body.mode == "remove":
        return {k: v for k, v in stored.items() if k not in body.data}
    kept = stored if body.mode == "merge" else {}
    return {k: v for k, v in {**kept, **body.data}.items() if v is not None}


@resources.get("/installedBase/{action_id}")
async def installed_base(device: Device, action_id: PathId, wanted: Wanted = None):
    """What an action that is over brought."""
    action = device.action(action_id)
    if action.active or action.is_canceling_or_canceled:
        raise errors.Empty(404)
    return Reply(deployment_body(device, action, "deployment", wanted))


@resources.put("/installedBase")
async def put_installed(device: Device, body: AssignedVersion):
    """The device says what it runs: 201 when that was news."""
    work, controller_id = device.work, device.controller_id
    named = DistributionSet.name == body.name, DistributionSet.version == body.version
    found = work.db.scalar(select(DistributionSet).where(*named))
    if found is None:
        raise errors.not_found("DistributionSet", {body.name: body.version})
    checked = assignment.assignable(work, found.id)
    work.user = controller_id  # what follows is the device's doing
    result = assignment.assign(work, checked, {controller_id: assignment.Terms()}, offline=True)
    if not result.actions and not result.already:
        raise errors.FrameworkError(500)  # hawkBit does so for a device that it does not know
    return Response(status_code=201 if result.actions else 200)
