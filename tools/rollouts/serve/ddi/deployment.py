"""An action as a device gets to see it. Source: ddi DdiDeploymentBase and its parts."""

import zlib

from sqlalchemy import select

from ... import parts
from .. import actions
from ..actions import SERVER_SAYS
from ..hub import Links
from ..media import present
from ..model import Action, ActionStatus, ActionType, Artifact, SoftwareModule, Target
from ..store import Work
from ..windows import Window

MAX_HISTORY = 100


def change_mark(work: Work, action: Action) -> int:
    """The `c` of a link: another one whenever the device should look again."""
    window = Window.of(action)
    seen = (
        action.id,
        action.revision,
        actions.is_forced(work, action),
        window and window.is_open(work.now),
    )
    return zlib.crc32(repr(seen).encode()) - 2**31


def deployment(work: Work, action: Action, links: Links) -> dict:
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
        chunks=[chunk(work, m, action.target, links) for m in action.distribution_set.modules],
        maintenanceWindow=state if window else None,
    )


def chunk(work: Work, module: SoftwareModule, target: Target, links: Links) -> dict:
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


def history(work: Work, action: Action, wanted: int | None) -> dict | None:
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
