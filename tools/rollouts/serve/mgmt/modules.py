"""Software modules and their artifacts."""

from starlette.requests import Request
from starlette.responses import Response

from .. import errors, hub
from ..bodies import Body, PathId, text
from ..fields import MODULE_FIELDS
from ..hub import Transaction
from ..lookup import changeable_module, find_module, find_type
from ..media import FileRoute, Reply
from ..model import Artifact, SetModule, SoftwareModule, SoftwareModuleType
from ..paging import Listing
from ..ranges import file_answer
from ..store import Work
from ..upload import receive
from .common import Entities, Full, Show, done, router
from .shapes import Shapes

resources = router("/softwaremodules")
files = router("/softwaremodules", FileRoute)


class ModuleCreate(Body):
    name: text(1, 128, required=True)
    version: text(1, 64, required=True)
    type: text(1, 64, required=True)
    vendor: text(0, 256) = None
    description: text(0, 512) = None
    encrypted: bool | None = None


class ModuleUpdate(Body):
    vendor: text(0, 256) = None
    description: text(0, 512) = None
    locked: bool | None = None


def create_module(work: Work, item: ModuleCreate) -> SoftwareModule:
    values = item.model_dump()
    values["type"] = find_type(work, SoftwareModuleType, item.type)
    values["encrypted"] = bool(item.encrypted)
    return work.add(SoftwareModule(**values))


entities = Entities(resources, PathId, find_module, Shapes.module, Shapes.whole_module)
entities.offer_list(Listing(MODULE_FIELDS), SoftwareModule)
entities.offer_create(ModuleCreate, create_module)
entities.offer_update(ModuleUpdate, changeable_module)


@resources.delete("/{module_id}")
async def delete_module(work: Transaction, module_id: PathId):
    """A module that a set contains stays as deleted, without its files; another is gone."""
    found = find_module(work, module_id)
    if found.deleted:
        raise errors.none_of("SoftwareModule", [module_id])
    hashes = [a.sha256 for a in found.artifacts]
    if work.count(SetModule.module_id == module_id):
        found.deleted = True
        found.artifacts.clear()
    else:
        work.db.delete(found)
    for sha256 in hashes:
        work.store.drop_unused(work, sha256)
    return done()


@resources.get("/{module_id}/artifacts")
async def list_artifacts(work: Transaction, show: Show, module_id: PathId, full: Full):
    """The module's files: a plain list. `full` adds the link to the bytes."""
    shape = show.whole_artifact if full else show.artifact
    return Reply([shape(a) for a in find_module(work, module_id).artifacts])


_FORM = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        **{n: {"type": "string"} for n in ("filename", "md5sum", "sha1sum", "sha256sum")},
    },
}
_MULTIPART = {"requestBody": {"content": {"multipart/form-data": {"schema": _FORM}}}}


@resources.post("/{module_id}/artifacts", openapi_extra=_MULTIPART)
async def upload_artifact(request: Request, module_id: PathId):
    """Add a file: the part `file` of a multipart body. Hashes given with it are checked."""
    store = hub.store(request)
    with store.work() as work:
        _check_takes_files(work, module_id)
    async with receive(request, store) as received:
        if not received.artifact.size:
            raise errors.Empty(400)  # hawkBit says no more about an empty file
        # Looked at again: somebody may have locked the module during the upload.
        with store.work() as work:
            _check_takes_files(work, module_id)
            new = add_artifact(work, module_id, received.artifact)
            answer = Reply(Shapes(request, work).whole_artifact(new), 201)
            store.files.keep(received.path, new.sha256)
            return answer


def _check_takes_files(work: Work, module_id: int) -> None:
    found = changeable_module(work, module_id)
    if found.locked:
        raise errors.locked("SoftwareModule", module_id, "to add a file")
    count = work.count(Artifact.module_id == module_id)
    errors.check_quota("Artifact", count + 1, work.settings.max_artifacts)


def add_artifact(work: Work, module_id: int, item: Artifact) -> Artifact:
    # Names come as they are, `..` too: they are shown, never opened.
    if not 1 <= len(item.filename) <= 256 or set("<>") & set(item.filename):
        raise errors.constraint("a file name has 1 to 256 characters and no < or >")
    if work.count(Artifact.module_id == module_id, Artifact.filename == item.filename):
        raise errors.already_exists(f"The module has a file {item.filename!r} already.")
    item.module_id = module_id
    return work.add(item)


def _artifact(work: Work, module_id: int, artifact_id: int) -> Artifact:
    find_module(work, module_id)
    found = work.db.get(Artifact, artifact_id)
    if found is None or found.module_id != module_id:
        raise errors.not_found("Artifact", artifact_id)
    return found


@resources.get("/{module_id}/artifacts/{artifact_id}")
async def read_artifact(work: Transaction, show: Show, module_id: PathId, artifact_id: PathId):
    """One file: name, size, hashes."""
    found = _artifact(work, module_id, artifact_id)
    return Reply(show.whole_artifact(found))


@files.get("/{module_id}/artifacts/{artifact_id}/download")
async def download_artifact(
    request: Request, work: Transaction, module_id: PathId, artifact_id: PathId
) -> Response:
    """The bytes of a file."""
    item = _artifact(work, module_id, artifact_id)
    path = work.store.files.path(item.sha256)
    if not path.exists():
        raise errors.binary_missing(item.filename)
    return file_answer(request, path, item.size, item.filename, item.sha1, item.created_at)


@resources.delete("/{module_id}/artifacts/{artifact_id}")
async def delete_artifact(work: Transaction, module_id: PathId, artifact_id: PathId):
    """Remove a file from a module that is not locked."""
    found = _artifact(work, module_id, artifact_id)
    if found.module.locked:
        raise errors.locked("SoftwareModule", module_id, "to remove a file")
    work.db.delete(found)
    work.store.drop_unused(work, found.sha256)
    return done()
