"""The description of the API: complete, and a page that needs nothing from elsewhere."""

import re

import httpx


def test_openapi_has_every_device_resource_and_the_18_endpoints(hawkbit):
    paths = httpx.get(hawkbit.url + "/openapi.json").json()["paths"]
    device = [m for p, o in paths.items() if "/controller/v1/" in p for m in o]
    assert len(device) == 15  # the 16th is a file's name with .MD5SUM behind it
    # The metadata of a set, module and target are described alike.
    sets = [p for p in paths if p.startswith("/rest/v1/distributionsets")]
    endpoints = [f"{m} {p}" for p in sets if "statistics" not in p for m in paths[p]]
    assert len(endpoints) == 18


def test_page_lists_them_and_loads_nothing(hawkbit):
    page = httpx.get(hawkbit.url + "/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "/rest/v1/distributionsets/{set_id}/invalidate" in page.text
    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="([^"]+)"', page.text) == ["openapi.json"]
