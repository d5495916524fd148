"""Software modules and their artifacts."""

from rollouts.api import paging, wire
from rollouts.api.errors import BadAnswerError
from rollouts.api.metadata import Metadata
from rollouts.api.models import Artifact, SoftwareModule
from rollouts.api.transport import path
from rollouts.api.upload import MultipartFile, sha256_of

_MODULES = "softwaremodules"


class SoftwareModules:
    def __init__(self, transport):
        self._transport = transport

    def list(self, query=None, sort="id:ASC"):
        return paging.read(self._transport, path(_MODULES), SoftwareModule, query, sort)

    def create(self, new_modules):
        """Create NewSoftwareModules; returned in the order asked for."""
        answer = self._transport.post(path(_MODULES), wire.encode(list(new_modules)))
        made = {
            (one.name, one.version, one.type): one
            for one in wire.decode_list(SoftwareModule, answer)
        }
        try:
            return [made[new.name, new.version, new.type] for new in new_modules]
        except KeyError as error:
            raise BadAnswerError(f"the created modules do not include {error}") from error

    def get(self, module_id):
        return wire.decode(SoftwareModule, self._transport.get(path(_MODULES, module_id)))

    def update(self, module_id, description=None, vendor=None):
        """Name, version and type of a module cannot be changed."""
        given = {"description": description, "vendor": vendor}
        body = {key: value for key, value in given.items() if value is not None}
        return wire.decode(SoftwareModule, self._transport.put(path(_MODULES, module_id), body))

    def delete(self, module_id):
        self._transport.delete(path(_MODULES, module_id))

    def metadata(self, module_id):
        return Metadata(self._transport, _MODULES, module_id)

    def artifacts(self, module_id):
        # The one list that is not paged.
        answer = self._transport.get(path(_MODULES, module_id, "artifacts"))
        return wire.decode_list(Artifact, answer)

    def artifact(self, module_id, artifact_id):
        where = path(_MODULES, module_id, "artifacts", artifact_id)
        return wire.decode(Artifact, self._transport.get(where))

    def upload(self, module_id, file, filename, sha256=None, on_bytes=None):
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
        artifact = wire.decode(Artifact, answer)
        if artifact.hashes.sha256 != sha256:
            raise BadAnswerError(
                f"the server holds {filename} with sha256 {artifact.hashes.sha256}, not {sha256}"
            )
        return artifact

    def delete_artifact(self, module_id, artifact_id):
        self._transport.delete(path(_MODULES, module_id, "artifacts", artifact_id))
