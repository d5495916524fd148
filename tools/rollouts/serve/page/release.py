"""An application image that was dropped onto the page becomes a release, or a clear refusal."""

from pathlib import Path

from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from rollouts.api.errors import RefusedError
from rollouts.release.image import Image, read_image

from .. import errors, hub
from ..mgmt.modules import ModuleCreate, add_artifact, create_module
from ..mgmt.sets import SetCreate, create_set
from ..store import Work
from ..upload import Received, receive


async def publish(request: Request, name: str, version: str, description: str) -> dict:
    """Module, artifact and set in one transaction: all of it or nothing.

    What is not given is taken from the image. Raises ApiError 400 for no image, 409 for a
    name and version that exist.
    """
    store = hub.store(request)
    try:
        received = await receive(request, store.files, store.settings.max_artifact_bytes)
    except errors.Empty:
        raise errors.constraint("the file is empty")
    try:
        image = await run_in_threadpool(_image, received)
        words = {
            "name": name or image.name,
            "version": version or image.version,
            "description": description or f"application image for {image.chip}",
        }
        with hub.work(request) as work:
            set_id = _store(work, received, words)
            store.files.keep(received.path, received.sha256)
    finally:
        received.path.unlink(missing_ok=True)
    return {"id": set_id, "chip": image.chip, **words}


def _image(received: Received) -> Image:
    try:
        return read_image(Path(received.path))
    except RefusedError as e:
        raise errors.constraint(str(e).replace(str(received.path), received.filename))


def _store(work: Work, received: Received, words: dict) -> int:
    if not (words["name"] and words["version"]):
        raise errors.constraint("the image has no name or no version of its own: give both")
    try:
        module = create_module(work, ModuleCreate(type="os", **words))
        made = create_set(work, SetCreate(type="os", modules=[{"id": module.id}], **words))
    except ValidationError as e:
        raise RequestValidationError(e.errors())
    add_artifact(work, module.id, received)
    return made.id
