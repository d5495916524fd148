"""What the device resources share: routes, the target that asks, an action as it sees it.

Source: ddi DdiDeploymentBase and its parts.
"""

import zlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from ... import parts
from .. import actions
from ..actions import SERVER_SAYS
from ..dialect import Dialect
from ..hub import Links, Transaction
from ..lookup import find_action, find_target
from ..media import CBOR, HAL, JSON, MediaRoute, present
from ..model import (
    Action,
    ActionStatus,
    ActionType,
    Artifact,
    SoftwareModule,
    Status,
    Target,
    UpdateStatus,
)
from ..store import Work
from ..targets import new_target
from ..windows import Window

MAX_HISTORY = 100
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


@dataclass
class Asking:
    """A device and what it asks within."""

    work: Work
    links: Links
    controller_id: str
    # Where it asks from, as hawkBit writes it.
    address: str

    def target(self) -> Target:
        return find_target(self.work, self.controller_id)

    def action(self, action_id: int) -> Action:
        return find_action(self.work, self.controller_id, action_id)

    def seen(self) -> Target:
        """The target that polls, registered if it is new; the poll is noted."""
        known = select(Target).where(Target.controller_id == self.controller_id)
        target = self.work.db.scalar(known) or self._register()
        if target.address != self.address:
            target.address = self.address
        if target.update_status == UpdateStatus.UNKNOWN:
            target.update_status = UpdateStatus.REGISTERED
        target.last_request_at = self.work.now
        return target

    def _register(self) -> Target:
        description = f"Registered itself: {self.controller_id}"[:512]
        target = new_target(self.controller_id, description=description)
        target.update_status = UpdateStatus.REGISTERED
        return self.work.add(target, by=PLUG_AND_PLAY)


async def _asking(request: Request, work: Transaction, tenant: str, controller_id: str) -> Asking:
    host = request.client.host if request.client else "127.0.0.1"
    address = f"http://[{host}]" if ":" in host else f"http://{host}"
    return Asking(work, Links(request), controller_id, address)


# Arguments of handlers: the device, and how many messages of an action it wants to see.
Device = Annotated[Asking, Depends(_asking)]
Wanted = Annotated[int | None, Query(alias="actionHistory")]


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


def change_mark(work: Work, action: Action) -> int:
    """The `c` of a link: another one whenever the device should look again."""
    window = Window.of(action)
    is_open = window and window.is_open(work.now)
    looks = action.id, action.revision, actions.is_forced(work, action), is_open
    return zlib.crc32(repr(looks).encode()) - 2**31


def deployment_body(device: Asking, action: Action, name: str, wanted: int | None) -> dict:
    """What there is to install or, by its `name`, to confirm, with the messages `wanted`."""
    body = {"id": str(action.id), name: _deployment(device.work, action, device.links)}
    return body | present(actionHistory=_history(device.work, action, wanted))


def _deployment(work: Work, action: Action, links: Links) -> dict:
    """How to handle it, and the files."""
    is_download_only = action.type == ActionType.DOWNLOADONLY
    forced = is_download_only or actions.is_forced(work, action)
    handling = "forced" if forced else "attempt"
    window = Window.of(action)
    closed = window is not None and not window.is_open(work.now)
    skips = closed or is_download_only
    state = "unavailable" if closed else "available"
    return present(
        download=handling,
        update="skip" if skips else handling,
        chunks=[_chunk(work, m, action.target, links) for m in action.distribution_set.modules],
        maintenanceWindow=state if window else None,
    )


def _chunk(work: Work, module: SoftwareModule, target: Target, links: Links) -> dict:
    visible = [{"key": m.key, "value": m.value} for m in module.metadata_ if m.target_visible]
    return present(
        part=parts.part(module.type.key),
        version=module.version,
        name=module.name,
        encrypted=module.encrypted or None,
        artifacts=[artifact(work, a, target, links) for a in module.artifacts],
        metadata=visible or None,
    )


def artifact(work: Work, item: Artifact, target: Target, links: Links) -> dict:
    href = links.download(
        work.settings.tenant, target.controller_id, item.module_id, item.filename
    )
    return {
        "filename": item.filename,
        "hashes": {"sha1": item.sha1, "md5": item.md5, "sha256": item.sha256},
        "size": item.size,
        "_links": {"download-http": {"href": href}, "md5sum-http": {"href": href + ".MD5SUM"}},
    }


def _history(work: Work, action: Action, wanted: int | None) -> dict | None:
    """The newest messages but the server's own; None when none is asked for or there."""
    if not wanted:
        return None
    most = wanted if 0 < wanted < MAX_HISTORY else MAX_HISTORY
    entries = work.db.scalars(
        select(ActionStatus)
        .where(ActionStatus.action_id == action.id)
        .order_by(ActionStatus.timestamp.desc(), ActionStatus.id.desc())
    )
    messages = [m for entry in entries for m in entry.messages if not m.startswith(SERVER_SAYS)]
    if not messages:
        return None
    return {"status": action.status.upper(), "messages": messages[:most]}
