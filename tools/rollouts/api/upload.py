"""A file on its way to the server, read block by block: memory does not grow with it."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path

from rollouts.api.errors import RefusedError


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
