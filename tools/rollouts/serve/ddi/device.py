"""What the device resources have in common: their routes, the target that asks."""

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from ..dialect import Dialect
from ..media import CBOR, HAL, JSON, MediaRoute
from ..model import Action, Status, Target, UpdateStatus
from ..store import Work
from ..targets import new_target

BASE = "/{tenant}/controller/v1/{controller_id}"
# Who made the targets that registered themselves.
PLUG_AND_PLAY = "CONTROLLER_PLUG_AND_PLAY"


class DeviceRoute(MediaRoute):
    produces = (HAL, JSON, CBOR)
    consumes = (JSON, CBOR)
    strict = False

    def needs_type(self, rules: Dialect) -> bool:
        return rules.types_no_body or super().needs_type(rules)


def router(route_class=DeviceRoute) -> APIRouter:
    return APIRouter(prefix=BASE, route_class=route_class, tags=["DDI"])


def done() -> Response:
    return Response(status_code=200)


def seen(work: Work, request: Request, controller_id: str) -> Target:
    """The target that polls, registered if it is new; the poll is noted."""
    target = work.db.scalar(select(Target).where(Target.controller_id == controller_id))
    if target is None:
        target = _register(work, controller_id)
    host = request.client.host if request.client else "127.0.0.1"
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    if target.address != address:
        target.address = address
    if target.update_status == UpdateStatus.UNKNOWN:
        target.update_status = UpdateStatus.REGISTERED
    target.last_request_at = work.now
    return target


def _register(work: Work, controller_id: str) -> Target:
    description = f"Registered itself: {controller_id}"[:512]
    target = new_target(controller_id, description=description)
    target.update_status = UpdateStatus.REGISTERED
    work.add(target, by=PLUG_AND_PLAY)
    work.db.flush()
    return target


def installed_action(work: Work, target: Target) -> int | None:
    """The action that installed what runs; gone once the device looked at it again."""
    if target.installed_set_id is None:
        return None
    newest = (
        select(Action.id)
        .where(
            Action.target_id == target.id,
            Action.set_id == target.installed_set_id,
            Action.status == Status.FINISHED,
            ~Action.active,
        )
        .order_by(Action.id.desc())
        .limit(1)
    )
    return work.db.scalar(newest)
