"""Software modules and their artifacts."""

import hashlib
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from rollouts.api import wire
from rollouts.api.errors import BadAnswerError, RefusedError
from rollouts.api.models import Artifact, NewSoftwareModule, SoftwareModule
from rollouts.api.resource import Resource, given


class SoftwareModules(Resource[SoftwareModule]):
    PATH = "softwaremodules"
    ENTITY = SoftwareModule

    def create(self, new_modules: Sequence[NewSoftwareModule]) -> list[SoftwareModule]:
        """Create NewSoftwareModules; returned in the order asked for."""
        return self._create(new_modules, lambda one: (one.name, one.version, one.type))

    def update(
        self, module_id: int, description: str | None = None, vendor: str | None = None
    ) -> SoftwareModule:
        """Name, version and type of a module cannot be changed."""
        return self._put(module_id, given(description=description, vendor=vendor))

    def artifacts(self, module_id: int) -> list[Artifact]:
        # The one list that is not paged.
        answer = self._transport.get(self._path(module_id, "artifacts"))
        return wire.decode_list(Artifact, answer)

    def artifact(self, module_id: int, artifact_id: int) -> Artifact:
        return self._read(Artifact, module_id, "artifacts", artifact_id)

    def download(self, module_id: int, artifact: Artifact) -> bytes:
        """Return the content of an artifact. Raises BadAnswerError when it is not that."""
        where = self._path(module_id, "artifacts", artifact.id, "download")
        data = self._transport.download(where)
        if hashlib.sha256(data).hexdigest() != artifact.hashes.sha256:
            raise BadAnswerError(f"the server sent another {artifact.provided_filename}")
        return data

    def upload(
        self,
        module_id: int,
        file: Path | str,
        filename: str,
        sha256: str | None = None,
        on_bytes: Callable[[int], object] | None = None,
    ) -> Artifact:
        """Send a file; the server checks the sha256, and its own is checked here.

        `sha256`: hex, computed from the file when not given. Raises BadAnswerError when the
        server holds other bytes, ServerError 409 when the name is taken in this module.
        """
        sha256 = sha256 or sha256_of(file)
        where = self._path(module_id, "artifacts")
        told = {"filename": filename, "sha256sum": sha256}
        with SentFile(file, on_bytes) as source:
            parts = {"file": (filename, source, "application/octet-stream")}
            answer = self._transport.request("POST", where, params=told, files=parts)
        artifact = self._uploaded(answer, module_id, filename)
        if artifact.hashes.sha256 != sha256:
            raise BadAnswerError(
                f"the server holds {filename} with sha256 {artifact.hashes.sha256}, not {sha256}"
            )
        return artifact

    def delete_artifact(self, module_id: int, artifact_id: int) -> None:
        self._transport.delete(self._path(module_id, "artifacts", artifact_id))

    def _uploaded(self, answer, module_id, filename):
        # What to do with a 2xx without a body: look.
        if answer is not None:
            return wire.decode(Artifact, answer)
        for artifact in self.artifacts(module_id):
            if artifact.provided_filename == filename:
                return artifact
        raise BadAnswerError(f"the server took {filename} and does not list it")


class SentFile(io.FileIO):
    """What httpx reads for an upload, from the start again for each try.

    `on_bytes(n)`: called with the bytes that were read since the last call; a repeated request
    begins with a negative one that takes back the first try. Raises RefusedError when it is
    empty, or becomes shorter on the way.
    """

    def __init__(self, file: Path | str, on_bytes: Callable[[int], object] | None = None):
        super().__init__(file)
        self._on_bytes = on_bytes or (lambda count: None)
        self._size = os.fstat(self.fileno()).st_size
        if not self._size:
            raise RefusedError(f"{file} is empty: hawkBit takes no empty file")

    def read(self, size: int | None = -1) -> bytes:
        left = self._size - self.tell()
        block = super().read(min(size or left, left))
        if left and not block:
            raise RefusedError(f"{self.name} became shorter while it was sent")
        self._on_bytes(len(block))
        return block

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        before = self.tell()
        self._on_bytes(super().seek(offset, whence) - before)
        return self.tell()


def sha256_of(file: Path | str) -> str:
    """Return the hex digest of a file, read in blocks."""
    with open(file, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
