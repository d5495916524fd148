"""A file as multipart/form-data, read block by block: memory does not grow with the file."""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from rollouts.api.errors import RefusedError

BLOCK_BYTES = 256 * 1024


class MultipartFile:
    """The body of an upload: iterate it for the bytes, as often as the request is tried.

    `on_bytes(n)`: called with the bytes of the file that were handed over since the last
    call; a repeated request begins with a negative one that takes back the first try.
    """

    def __init__(
        self,
        file: Path | str,
        filename: str,
        on_bytes: Callable[[int], object] | None = None,
    ):
        self._file = Path(file)
        self._on_bytes = on_bytes or (lambda count: None)
        self._size = os.stat(file).st_size
        if not self._size:
            raise RefusedError(f"{file} is empty: hawkBit takes no empty file")
        self._handed_over = 0
        boundary = secrets.token_hex(16)
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{_quoted(filename)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + self._size + len(self._tail)),
        }

    def __iter__(self) -> Iterator[bytes]:
        self._count(-self._handed_over)
        yield self._head
        with open(self._file, "rb") as source:
            while self._handed_over < self._size:
                block = source.read(min(BLOCK_BYTES, self._size - self._handed_over))
                if not block:
                    raise RefusedError(f"{self._file} became shorter while it was sent")
                yield block
                self._count(len(block))
        yield self._tail

    def _count(self, count: int) -> None:
        self._handed_over += count
        self._on_bytes(count)


def _quoted(filename: str) -> str:
    # The three characters that would end the header's value, as HTML's form submission has it.
    return filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def sha256_of(file: Path | str) -> str:
    """Return the hex digest of a file, read in blocks."""
    with open(file, "rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
