"""DDI: the files of a deployment."""

from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from .. import actions, errors
from ..bodies import PathId
from ..lookup import find_module
from ..media import FileRoute, Reply
from ..model import Action, Artifact, SetModule, SoftwareModule, Status, Target
from ..ranges import disposition, file_answer
from ..store import Work
from .device import Device, artifact, installed_action, router

resources = router()
files = router(FileRoute)

_MD5SUM = ".MD5SUM"
_FOLDER = "/softwaremodules/{module_id}/artifacts"


@resources.get(_FOLDER)
async def artifact_list(device: Device, module_id: PathId):
    """The files of a module."""
    work, target = device.work, device.target()
    module = find_module(work, module_id)
    installed = select(SetModule).join(Action, Action.set_id == SetModule.set_id)
    mine = Action.id == installed_action(work, target), SetModule.module_id == module_id
    if work.db.scalar(installed.where(*mine)) is None:
        _open_action(work, target, module_id)
    found = [artifact(work, a, target, device.links) for a in module.artifacts]
    return Reply(found, tagged=False)


@files.get(_FOLDER + "/{filename}")
async def download(request: Request, device: Device, module_id: PathId, filename: str):
    """A file, or with .MD5SUM behind its name the line that md5sum prints for it.

    A whole GET writes an entry in the action's history, one with a Range does not.
    """
    work, target = device.work, device.target()
    module = find_module(work, module_id)
    item = _file(module, filename)
    sum_only = item is None and filename.endswith(_MD5SUM)
    if sum_only:
        item = _file(module, filename.removesuffix(_MD5SUM))
    if item is None:
        raise errors.Empty(404)
    if not sum_only and not _matches(request, item.sha1):
        raise errors.Empty(412)
    action = _open_action(work, target, module_id)
    path = work.store.files.path(item.sha256)
    if not path.exists():
        raise errors.binary_missing(item.filename)
    if sum_only or "range" not in request.headers:
        said = f"Target downloads {request.scope['raw_path'].decode('latin1')}"
        actions.check_entry_quota(work, action)
        actions.add_entry(work, action, Status.DOWNLOAD, [actions.server_says(said)])
    if sum_only:
        line = f"{item.md5}  {item.filename}".encode("ascii", "replace")
        head = {"content-disposition": disposition(item.filename + _MD5SUM)}
        return Response(line, headers=head, media_type="text/plain;charset=UTF-8")
    return file_answer(request, path, item.size, item.filename, item.sha1, item.created_at)


def _file(module: SoftwareModule, filename: str) -> Artifact | None:
    """By its name without regard to case or outer spaces."""
    wanted = filename.strip().lower()
    return next((a for a in module.artifacts if a.filename.strip().lower() == wanted), None)


def _matches(request: Request, sha1: str) -> bool:
    """If-Match is compared with the bare sha1: the ETag as received does not match."""
    given = request.headers.get("if-match")
    return given is None or bool({sha1, "*"} & {tag.strip() for tag in given.split(",")})


def _open_action(work: Work, target: Target, module_id: int) -> Action:
    """The open action, not being canceled, that brings the module. ApiError 404."""
    with_modules = actions.opened(target).join(SetModule, SetModule.set_id == Action.set_id)
    going = Action.status.not_in((Status.CANCELING, Status.CANCELED))
    action = work.db.scalar(with_modules.where(SetModule.module_id == module_id, going).limit(1))
    if action is None:
        raise errors.module_not_assigned(module_id, target.controller_id)
    return action
