"""Targets: the devices as the operator sees them."""

from typing import Literal

from sqlalchemy import delete, select
from starlette.responses import Response

from .. import assignment, consent, errors
from ..bodies import Body, text
from ..consent import AutoConfirm
from ..fields import TARGET_FIELDS
from ..hub import Transaction
from ..lookup import find_target
from ..media import NoContent, Reply
from ..model import Action, ActionStatus, DistributionSet, Target
from ..paging import Listing
from ..store import Work
from ..targets import MAX_CONTROLLER_ID, MAX_NAME, new_target
from .common import Entities, Show, done, router
from .shapes import Shapes
from .terms import SetAssignments

resources = router("/targets")


class TargetUpdate(Body):
    name: text(1, MAX_NAME) = None
    description: text(0, 512) = None
    address: text(0, 512) = None
    security_token: text(1, 128) = None
    request_attributes: Literal[True] | None = None


class TargetCreate(TargetUpdate):
    controller_id: text(1, MAX_CONTROLLER_ID, required=True)
    request_attributes: bool | None = None


def create_target(work: Work, item: TargetCreate) -> Target:
    return work.add(new_target(**item.model_dump(exclude_none=True)))


entities = Entities(resources, str, find_target, Shapes.target, Shapes.whole_target)
entities.offer_list(Listing(TARGET_FIELDS, "controllerid:ASC"), Target)
entities.offer_create(TargetCreate, create_target)
entities.offer_update(TargetUpdate)


@resources.delete("/{controller_id}")
async def delete_target(work: Transaction, controller_id: str):
    """Remove a target with all its actions."""
    found = find_target(work, controller_id)
    mine = select(Action.id).where(Action.target_id == found.id)
    work.db.execute(delete(ActionStatus).where(ActionStatus.action_id.in_(mine)))
    work.db.execute(delete(Action).where(Action.target_id == found.id))
    work.db.delete(found)
    return done()


@resources.get("/{controller_id}/attributes")
async def read_attributes(work: Transaction, controller_id: str):
    """What the device said about itself; 204 when nothing."""
    found = find_target(work, controller_id)
    attributes = {a.key: a.value for a in found.attributes}
    return Reply(attributes) if attributes else NoContent()


@resources.get("/{controller_id}/assignedDS")
async def read_assigned(work: Transaction, show: Show, controller_id: str):
    """The set the target shall run; 204 when there is none."""
    return _set_or_nothing(work, show, controller_id, Target.assigned_set_id)


@resources.get("/{controller_id}/installedDS")
async def read_installed(work: Transaction, show: Show, controller_id: str):
    """The set the target runs; 204 when there is none."""
    return _set_or_nothing(work, show, controller_id, Target.installed_set_id)


def _set_or_nothing(work: Work, show: Shapes, controller_id: str, which) -> Response:
    """The set in that column of the target; nothing, too, where there is no target."""
    mine = select(which).where(Target.controller_id == controller_id).scalar_subquery()
    found = work.db.scalar(select(DistributionSet).where(DistributionSet.id == mine))
    return NoContent() if found is None else Reply(show.whole_set(found))


@resources.post("/{controller_id}/assignedDS")
async def assign_set(
    work: Transaction, show: Show, controller_id: str, items: SetAssignments,
    offline: bool = False,
):  # fmt: skip
    """Assign a set: one object, or a list of one."""
    if not offline:  # hawkBit records nothing, and no error, for a target it does not know
        find_target(work, controller_id)
    if not items:
        raise errors.constraint("the list of sets must not be empty")
    if any(item != items[0] for item in items):
        raise errors.multi_assignment()
    found = assignment.assignable(work, items[0].id)
    wanted = {controller_id: items[0].terms()}
    result = assignment.assign(work, found, wanted, offline)
    return Reply(show.assigned(result))


@resources.get("/{controller_id}/autoConfirm")
async def read_auto_confirm(work: Transaction, show: Show, controller_id: str):
    """Do updates of this target begin without asking?"""
    found = find_target(work, controller_id)
    status = consent.auto_confirm_status(found)
    switch = "deactivate" if status["active"] else "activate"
    path = f"/autoConfirm/{switch}"
    return Reply({**status, "_links": {switch: show.links.target(controller_id, path)}})


@resources.post("/{controller_id}/autoConfirm/activate")
async def activate_auto_confirm(
    work: Transaction, controller_id: str, body: AutoConfirm | None = None
):
    """Begin updates of this target without asking."""
    found = find_target(work, controller_id)
    consent.activate(work, found, body)
    work.touch(found)
    return done()


@resources.post("/{controller_id}/autoConfirm/deactivate")
async def deactivate_auto_confirm(work: Transaction, controller_id: str):
    """Ask again before an update of this target."""
    found = find_target(work, controller_id)
    consent.deactivate(found)
    work.touch(found)
    return done()
