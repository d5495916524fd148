"""The bytes of a file as an answer: whole, a part, or several parts.

What hawkBit 1.0.4 honours: Range, and If-Range with the ETag. What it does not:
If-None-Match, If-Modified-Since, If-Unmodified-Since. A Range that it cannot read is
answered 416, not ignored. Source: hawkBit FileStreamingUtil.
"""

import re
from collections.abc import AsyncIterator, Iterable, Iterator
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from .media import IS_HEAD

_RANGE = re.compile(r"bytes=\d*-\d*(,\d*-\d*)*")
_BLOCK = 64 * 1024
_BOUNDARY = "THIS_STRING_SEPARATES_MULTIPART"
_OCTETS = "application/octet-stream"
_QUOTED = re.compile(r'[()<>@,;:\\"/\[\]?=]')

Span = tuple[int, int]  # first byte, and the one after the last


class Unsatisfiable(Exception):
    pass


def file_answer(request: Request, path: Path, size: int, name: str, sha1: str, changed_ms: int):
    """The answer to a GET of the file at `path`."""
    headers = {
        "content-disposition": disposition(name),
        "last-modified": formatdate(changed_ms // 1000, usegmt=True),
        "etag": f'"{sha1}"',
        "accept-ranges": "bytes",
    }
    wanted = request.headers.get("range")
    if wanted is None or request.headers.get("if-range", headers["etag"]) != headers["etag"]:
        return _stream(request, path, (0, size), {**headers, "content-length": str(size)}, 200)
    try:
        spans = parse(wanted, size)
    except Unsatisfiable:
        headers["content-range"] = f"bytes */{size}"
        return Response(status_code=416, headers=headers, media_type=_OCTETS)
    if len(spans) > 1:
        media_type = f"multipart/byteranges; boundary={_BOUNDARY}"
        return StreamingResponse(_blocks(path, _parts(spans, size)), 206, headers, media_type)
    start, end = spans[0]
    headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
    headers["content-length"] = str(end - start)
    return _stream(request, path, spans[0], headers, 206)


def disposition(name: str) -> str:
    """hawkBit's Content-Disposition: no space after the semicolon, quotes where needed."""
    if _QUOTED.search(name):
        name = '"%s"' % name.replace("\\", "\\\\").replace('"', '\\"')
    # A head carries latin-1; what is beyond has no place in it.
    return "attachment;filename=" + name.encode("latin1", "replace").decode("latin1")


def parse(wanted: str, size: int) -> list[Span]:
    """The parts asked for, in order. Unsatisfiable when any is, or when two overlap."""
    if not _RANGE.fullmatch(wanted):
        raise Unsatisfiable
    spans = sorted(_span(part, size) for part in wanted.removeprefix("bytes=").split(","))
    if any(before[1] > after[0] for before, after in zip(spans, spans[1:], strict=False)):
        raise Unsatisfiable
    return spans


def _span(part: str, size: int) -> Span:
    first, _, last = part.partition("-")
    if first:
        start, end = int(first), min(int(last) + 1, size) if last else size
    elif last:
        start, end = size - int(last), size
    else:
        raise Unsatisfiable
    if not 0 <= start < end:
        raise Unsatisfiable
    return start, end


def _parts(spans: list[Span], size: int) -> Iterator[tuple[bytes, Span]]:
    """Of a multipart body: what stands before each span, and at the end."""
    line = f"--{_BOUNDARY}"
    for start, end in spans:
        heads = f"Content-Type: {_OCTETS}\r\nContent-Range: bytes {start}-{end - 1}/{size}\r\n"
        yield f"{line}\r\n{heads}\r\n".encode(), (start, end)
        line = f"\r\n--{_BOUNDARY}"
    yield f"{line}--".encode(), (0, 0)


def _stream(request: Request, path: Path, span: Span, headers: dict, status: int):
    if request.scope.get(IS_HEAD):
        return Response(status_code=status, headers=headers, media_type=_OCTETS)
    return StreamingResponse(_blocks(path, [(b"", span)]), status, headers, _OCTETS)


async def _blocks(path: Path, parts: Iterable[tuple[bytes, Span]]) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        for before, (start, end) in parts:
            if before:
                yield before
            file.seek(start)
            while start < end and (block := file.read(min(_BLOCK, end - start))):
                start += len(block)
                yield block
