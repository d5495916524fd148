"""Receiving a file: straight to disk in pieces, hashed on the way, never whole in memory.

Starlette's own form would put it into the folder for temporary files first, which on many
systems is memory.
"""

import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from starlette.requests import ClientDisconnect, Request

from . import errors
from .model import Artifact
from .store import Store

_FIELDS = ("filename", "md5sum", "sha1sum", "sha256sum")
_MAX_FIELD = 1024
_MAX_PARTS = 20
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass
class Received:
    """A file on disk, not yet under its final name, and what is stored of it in the database."""

    path: Path
    artifact: Artifact


class _Form:
    """What the parser calls: the parts of a multipart body as they come."""

    def __init__(self, file, max_bytes: int):
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self.size = 0
        self._parts = 0
        self.hashes = [hashlib.new(n, usedforsecurity=False) for n in ("md5", "sha1", "sha256")]
        self._file = file
        self._max_bytes = max_bytes
        self._head = bytearray()
        self._heads: dict[str, str] = {}
        self._name = None

    def callbacks(self) -> dict:
        return {
            "on_part_begin": self._on_part,
            "on_header_field": self._on_head,
            "on_header_value": self._on_value,
            "on_header_end": self._on_head_end,
            "on_headers_finished": self._on_heads,
            "on_part_data": self._on_data,
        }

    def _on_part(self) -> None:
        self._heads.clear()
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise errors.not_readable(f"The body has more than {_MAX_PARTS} parts.")

    def _on_head(self, data: bytes, start: int, end: int) -> None:
        self._head += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        if b":" not in self._head:
            self._head += b":"
        self._head += data[start:end]

    def _on_head_end(self) -> None:
        name, _, value = self._head.decode("utf-8", "replace").partition(":")
        self._heads[name.lower()] = value
        self._head.clear()

    def _on_heads(self) -> None:
        head = Message()
        head["content-disposition"] = self._heads.get("content-disposition", "")
        self._name = head.get_param("name", header="content-disposition")
        if self._name == "file":
            self.filename = head.get_filename()

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        piece = memoryview(data)[start:end]
        if self._name == "file":
            self._on_file(piece)
        elif self._name in _FIELDS:
            value = self.fields.get(self._name, "") + bytes(piece).decode("utf-8", "replace")
            self.fields[self._name] = value[:_MAX_FIELD]

    def _on_file(self, piece: memoryview) -> None:
        self.size += len(piece)
        if self.size > self._max_bytes:
            raise errors.file_too_large(self._max_bytes)
        self._file.write(piece)
        for each in self.hashes:
            each.update(piece)


@asynccontextmanager
async def receive(request: Request, store: Store) -> AsyncIterator[Received]:
    """The part `file` of a multipart body; its hashes are checked where some are given.

    `filename`, `md5sum`, `sha1sum`, `sha256sum` are taken from the form or the query.
    What is not kept is gone afterwards. Raises ApiError.
    """
    path = store.files.incoming()
    try:
        with path.open("wb") as file:
            form = _Form(file, store.settings.max_artifact_bytes)
            await _parse(request, form)
        yield Received(path, _checked(request, form))
    finally:
        path.unlink(missing_ok=True)


async def _parse(request: Request, form: _Form) -> None:
    head = Message()
    head["content-type"] = request.headers.get("content-type", "")
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        raise errors.FrameworkError(415, headers={"Accept": "multipart/form-data"})
    try:
        parser = MultipartParser(boundary.encode(), form.callbacks())
        async for piece in request.stream():
            if piece:
                parser.write(piece)
        parser.finalize()
    except (FormParserError, ClientDisconnect):
        raise errors.not_readable("The multipart body is broken.")


def _checked(request: Request, form: _Form) -> Artifact:
    if form.filename is None:
        raise errors.not_readable("There is no part `file` with a file name in the body.")
    given = {**dict(request.query_params), **form.fields}
    found = {each.name: each.hexdigest() for each in form.hashes}
    for kind, digest in found.items():
        wanted = given.get(kind + "sum")
        if wanted and wanted.lower() != digest:
            raise errors.wrong_hash(kind, wanted, digest)
    filename = given.get("filename") or form.filename
    if _CONTROL.search(filename):
        raise errors.constraint("A file name with control characters cannot be downloaded.")
    return Artifact(filename=filename, size=form.size, **found)
