"""Targets: the devices as the operator sees them."""

from typing import Literal

from sqlalchemy import delete, select
from starlette.requests import Request
from starlette.responses import Response

from .. import actions, assignment, errors, hub
from ..bodies import Body, text
from ..consent import AutoConfirm
from ..fields import TARGET_FIELDS
from ..lookup import find_target
from ..media import NoContent, Reply
from ..model import Action, ActionStatus, DistributionSet, Target
from ..paging import Listing, Paging
from ..store import Work
from ..tokens import new_token
from .common import done, router
from .shapes import Shapes, present
from .terms import SetAssignment

resources = router("/targets")
LISTING = Listing(TARGET_FIELDS, "controllerid:ASC")

_MAX_NAME = 128


class TargetCreate(Body):
    controller_id: text(1, 256, required=True)
    name: text(1, _MAX_NAME) = None
    description: text(0, 512) = None
    address: text(0, 512) = None
    security_token: text(1, 128) = None
    request_attributes: bool | None = None


class TargetUpdate(Body):
    name: text(1, _MAX_NAME) = None
    description: text(0, 512) = None
    address: text(0, 512) = None
    security_token: text(1, 128) = None
    request_attributes: Literal[True] | None = None


@resources.get("")
async def list_targets(request: Request, paging: Paging):
    """All targets."""
    with hub.work(request) as work:
        rows = select(Target)
        return Reply(LISTING.fetch(work, rows, paging, Shapes(request, work).target))


@resources.post("")
async def create_targets(request: Request, body: list[TargetCreate]):
    """All of the list or none. Without a securityToken the server makes one."""
    with hub.work(request) as work:
        made = [_create(work, item) for item in body]
        shapes = Shapes(request, work)
        return Reply([shapes.target(t) for t in made], 201)


def _create(work: Work, item: TargetCreate) -> Target:
    if any(c.isspace() for c in item.controller_id):
        raise errors.constraint("a controllerId must not contain whitespace")
    asks = item.request_attributes
    made = work.add(
        Target(
            controller_id=item.controller_id,
            name=item.name or item.controller_id[:_MAX_NAME],
            description=item.description,
            address=item.address,
            security_token=item.security_token or new_token(),
            request_attributes=True if asks is None else asks,
        )
    )
    work.db.flush()
    return made


@resources.get("/{controller_id}")
async def read_target(request: Request, controller_id: str):
    """One target."""
    with hub.work(request) as work:
        return Reply(Shapes(request, work).whole_target(find_target(work, controller_id)))


@resources.put("/{controller_id}")
async def update_target(request: Request, controller_id: str, body: TargetUpdate):
    """Change what is given; requestAttributes true asks the device for its attributes."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        changes = body.model_dump(exclude_none=True)
        for name, value in changes.items():
            setattr(found, name, value)
        if changes:
            work.touch(found)
        return Reply(Shapes(request, work).whole_target(found))


@resources.delete("/{controller_id}")
async def delete_target(request: Request, controller_id: str):
    """Remove a target with all its actions."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        mine = select(Action.id).where(Action.target_id == found.id)
        work.db.execute(delete(ActionStatus).where(ActionStatus.action_id.in_(mine)))
        work.db.execute(delete(Action).where(Action.target_id == found.id))
        work.db.delete(found)
    return done()


@resources.get("/{controller_id}/attributes")
async def read_attributes(request: Request, controller_id: str):
    """What the device said about itself; 204 when nothing."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        attributes = {a.key: a.value for a in found.attributes}
    return Reply(attributes) if attributes else NoContent()


@resources.get("/{controller_id}/assignedDS")
async def read_assigned(request: Request, controller_id: str):
    """The set the target shall run; 204 when there is none."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        return _set_or_nothing(request, work, found.assigned_set)


@resources.get("/{controller_id}/installedDS")
async def read_installed(request: Request, controller_id: str):
    """The set the target runs; 204 when there is none."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        return _set_or_nothing(request, work, found.installed_set)


def _set_or_nothing(request: Request, work: Work, found: DistributionSet | None) -> Response:
    return NoContent() if found is None else Reply(Shapes(request, work).whole_set(found))


@resources.post("/{controller_id}/assignedDS")
async def assign_set(
    request: Request, controller_id: str, body: SetAssignment | list[SetAssignment],
    offline: bool = False,
):  # fmt: skip
    """Assign a set: one object, or a list of one."""
    items = body if isinstance(body, list) else [body]
    with hub.work(request) as work:
        find_target(work, controller_id)
        if not items:
            raise errors.constraint("the list of sets must not be empty")
        if any(item != items[0] for item in items):
            raise errors.multi_assignment()
        found = assignment.assignable(work, items[0].id)
        wanted = {controller_id: items[0].terms()}
        result = assignment.assign(work, found, wanted, offline)
        return Reply(Shapes(request, work).assigned(result))


@resources.get("/{controller_id}/autoConfirm")
async def read_auto_confirm(request: Request, controller_id: str):
    """Do updates of this target begin without asking?"""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        active = found.auto_confirm_at is not None
        shapes = Shapes(request, work)
        switch = "deactivate" if active else "activate"
        status = present(
            active=active,
            initiator=found.auto_confirm_initiator,
            remark=found.auto_confirm_remark,
            activatedAt=found.auto_confirm_at,
        )
        path = f"/autoConfirm/{switch}"
        return Reply({**status, "_links": {switch: shapes.links.target(controller_id, path)}})


@resources.post("/{controller_id}/autoConfirm/activate")
async def activate_auto_confirm(request: Request, controller_id: str, body: AutoConfirm):
    """Begin updates of this target without asking."""
    with hub.work(request) as work:
        found = find_target(work, controller_id)
        initiator = body.initiator if body.initiator is not None else work.user
        actions.activate_auto_confirm(work, found, initiator, body.remark)
    return done()


@resources.post("/{controller_id}/autoConfirm/deactivate")
async def deactivate_auto_confirm(request: Request, controller_id: str):
    """Ask again before an update of this target."""
    with hub.work(request) as work:
        actions.deactivate_auto_confirm(find_target(work, controller_id))
    return done()
