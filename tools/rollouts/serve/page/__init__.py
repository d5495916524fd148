"""The operator's page at `/`: files as they are, over the Management API."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

_FOLDER = Path(__file__).parent
_FILES = {
    "/": "index.html",
    "/page/page.css": "page.css",
    "/page/page.js": "page.js",
    "/page/icon.svg": "icon.svg",
}
# Nothing from elsewhere, no scripts in the page: what a device says is text and stays text.
_HEADS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
}

files = APIRouter(include_in_schema=False)


def _serve(path: str, name: str) -> None:
    @files.get(path)
    def file() -> FileResponse:
        return FileResponse(_FOLDER / name, headers=_HEADS)


for _path, _name in _FILES.items():
    _serve(_path, _name)
