"""The operator's page at `/`: three files as they are, over the Management API."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

_FOLDER = Path(__file__).parent
# Nothing from elsewhere, no scripts in the page: what a device says is text and stays text.
_HEADS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
}

files = APIRouter(include_in_schema=False)


@files.get("/")
def index() -> FileResponse:
    return FileResponse(_FOLDER / "index.html", headers=_HEADS)


@files.get("/page/page.css")
def style() -> FileResponse:
    return FileResponse(_FOLDER / "page.css", headers=_HEADS)


@files.get("/page/page.js")
def script() -> FileResponse:
    return FileResponse(_FOLDER / "page.js", headers=_HEADS)
