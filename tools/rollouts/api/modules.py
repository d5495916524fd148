"""Software modules and their artifacts."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from rollouts.api import paging, rsql, wire
from rollouts.api.errors import BadAnswerError
from rollouts.api.metadata import Metadata
from rollouts.api.models import Artifact, NewSoftwareModule, SoftwareModule
from rollouts.api.transport import Transport, path
from rollouts.api.upload import MultipartFile, sha256_of

_MODULES = "softwaremodules"


class SoftwareModules:
    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[SoftwareModule]:
        return paging.read(self._transport, path(_MODULES), SoftwareModule, query, sort)

    def create(self, new_modules: Sequence[NewSoftwareModule]) -> list[SoftwareModule]:
        """Create NewSoftwareModules; returned in the order asked for."""
        answer = self._transport.post(path(_MODULES), wire.encode(list(new_modules)))
        made = {
            (one.name, one.version, one.type): one for one in self._created(answer, new_modules)
        }
        try:
            return [made[new.name, new.version, new.type] for new in new_modules]
        except KeyError as error:
            raise BadAnswerError(f"the created modules do not include {error}") from error

    def get(self, module_id: int) -> SoftwareModule:
        return wire.decode(SoftwareModule, self._transport.get(path(_MODULES, module_id)))

    def update(
        self, module_id: int, description: str | None = None, vendor: str | None = None
    ) -> SoftwareModule:
        """Name, version and type of a module cannot be changed."""
        given = {"description": description, "vendor": vendor}
        body = {key: value for key, value in given.items() if value is not None}
        answer = self._transport.put(path(_MODULES, module_id), body)
        return self.get(module_id) if answer is None else wire.decode(SoftwareModule, answer)

    def delete(self, module_id: int) -> None:
        self._transport.delete(path(_MODULES, module_id))

    def metadata(self, module_id: int) -> Metadata:
        return Metadata(self._transport, _MODULES, module_id)

    def artifacts(self, module_id: int) -> list[Artifact]:
        # The one list that is not paged.
        answer = self._transport.get(path(_MODULES, module_id, "artifacts"))
        return wire.decode_list(Artifact, answer)

    def artifact(self, module_id: int, artifact_id: int) -> Artifact:
        where = path(_MODULES, module_id, "artifacts", artifact_id)
        return wire.decode(Artifact, self._transport.get(where))

    def download(self, module_id: int, artifact: Artifact) -> bytes:
        """Return the content of an artifact. Raises BadAnswerError when it is not that."""
        where = path(_MODULES, module_id, "artifacts", artifact.id, "download")
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
        answer = self._transport.request(
            "POST",
            path(_MODULES, module_id, "artifacts"),
            MultipartFile(file, filename, on_bytes),
            {"filename": filename, "sha256sum": sha256},
        )
        artifact = self._uploaded(answer, module_id, filename)
        if artifact.hashes.sha256 != sha256:
            raise BadAnswerError(
                f"the server holds {filename} with sha256 {artifact.hashes.sha256}, not {sha256}"
            )
        return artifact

    def delete_artifact(self, module_id: int, artifact_id: int) -> None:
        self._transport.delete(path(_MODULES, module_id, "artifacts", artifact_id))

    # What to do with a 2xx without a body: look.

    def _created(self, answer, new_modules):
        if answer is not None:
            return wire.decode_list(SoftwareModule, answer)
        return [one for new in new_modules for one in self.find(rsql.matching("name", new.name))]

    def _uploaded(self, answer, module_id, filename):
        if answer is not None:
            return wire.decode(Artifact, answer)
        for artifact in self.artifacts(module_id):
            if artifact.provided_filename == filename:
                return artifact
        raise BadAnswerError(f"the server took {filename} and does not list it")
