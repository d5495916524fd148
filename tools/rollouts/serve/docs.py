"""The API as a page at `/docs`, made from the same description as `/openapi.json`.

One table without scripts: nothing is loaded from elsewhere, so it works without a network.
"""

from html import escape

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

pages = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.4 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem }}
td, th {{ padding: .2rem .6rem; text-align: left; vertical-align: top }}
code {{ white-space: nowrap }}
</style></head><body><h1>{title}</h1><p>{description}
Described for programs in <a href="openapi.json">openapi.json</a>.</p>{tables}</body></html>"""
_TABLE = """<h2>{tag}</h2><table><tr><th>Request<th>Path<th>Body<th>What it does</tr>
{rows}</table>"""
_ROW = "<tr><td><code>{method}</code><td><code>{path}</code><td>{body}<td>{what}</tr>"


@pages.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    schema = request.app.openapi()
    rows: dict[str, list[str]] = {}
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            rows.setdefault(operation["tags"][0], []).append(_row(method, path, operation))
    tables = [_TABLE.format(tag=escape(t), rows="\n".join(r)) for t, r in rows.items()]
    info = {name: escape(schema["info"][name]) for name in ("title", "description")}
    return HTMLResponse(_PAGE.format(tables="".join(tables), **info))


def _row(method: str, path: str, operation: dict) -> str:
    what = " ".join(operation.get("description", "").split())
    body = _body(operation.get("requestBody", {}).get("content", {}))
    return _ROW.format(
        method=method.upper(), path=escape(path), body=escape(body), what=escape(what)
    )


def _body(content: dict) -> str:
    """The name of the body's model; a list of it with brackets."""
    for media_type, described in content.items():
        schema = described["schema"]
        name = schema.get("$ref", schema.get("items", {}).get("$ref", "")).rpartition("/")[2]
        if not name:
            return media_type
        return f"[{name}]" if schema.get("type") == "array" else name
    return ""
