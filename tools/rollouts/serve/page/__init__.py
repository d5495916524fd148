"""The operator's page at `/`: files as they are, a stream of changes, and what it asks for."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

from . import resources

_FOLDER = Path(__file__).parent
_INDEX = _FOLDER / "index.html"
_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, no scripts in the page: what a device says is text and stays text.
_HEADS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'",
    "Referrer-Policy": "no-referrer",
}

files = APIRouter(include_in_schema=False)


def _serve(address: str, path: Path) -> None:
    @files.get(address)
    def file() -> FileResponse:
        return FileResponse(path, headers=_HEADS, media_type=_KINDS[path.suffix])


_serve("/", _INDEX)
for _path in sorted(_FOLDER.iterdir()):
    if _path.suffix in _KINDS and _path != _INDEX:
        _serve(f"/page/{_path.name}", _path)

ROUTERS = [files, resources.resources, resources.events]
