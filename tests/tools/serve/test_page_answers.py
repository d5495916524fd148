"""What the page asks the server for: the stream of changes, changes in bulk, an image."""

import json
from contextlib import contextmanager

import appimage
import httpx
import pytest


@contextmanager
def stream(operator, since=""):
    """The messages of the page's stream."""
    path = operator.server.url + f"/rest/page/events?since={since}"
    with operator.stream("GET", path, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def ask(operator, path):
    answer = operator.get(f"{operator.server.url}/rest/page/{path}")
    assert answer.is_success, answer.text
    return answer.json()


def test_stream_tells_only_the_rows_that_changed(operator):
    operator.device("dev-1")
    device = operator.device("dev-2")
    with stream(operator, ask(operator, "overview")["version"]) as messages:
        assert set(next(messages)) == {"version", "now"}
        device.poll()
        message = next(messages)
        assert set(message["targets"]) == {"dev-2"}
        assert message["sets"] == message["rollouts"] == {}
        operator.delete("/targets/dev-2")
        assert next(messages)["targets"] == {"dev-2": None}


def test_stream_begins_with_everything_for_a_page_that_missed_something(operator):
    operator.device("dev-1")
    before = ask(operator, "overview")["version"]
    operator.device("dev-2")
    for since in ("", "of-another-run-1", before):
        with stream(operator, since) as messages:
            first = next(messages)
            assert first["whole"] is True
            assert set(first["targets"]) == {"dev-1", "dev-2"}


def test_overview_tells_what_is_on_its_way_and_when_a_poll_is_overdue(operator):
    device = operator.device()
    operator.config("pollingTime", "00:10:00")
    device.poll()
    action = operator.release(type="soft")
    device.feedback(action, "proceeding", details=["downloaded 25 %"])
    device.feedback(action, "proceeding", details=["staged"])
    rows = ask(operator, "overview")
    row = rows["targets"]["dev-1"]
    assert row["overdueAt"] - row["polledAt"] == 15 * 60_000  # and pollingOverdueTime
    assert row["action"] == {
        "id": action, "set": 1, "status": "running", "type": "soft", "active": True,
        "said": "staged", "progress": "downloaded 25 %",
    }  # fmt: skip
    assert rows["sets"]["1"]["files"][0]["name"] == "fw.bin"
    assert "securityToken" not in json.dumps(rows)


def test_actions_are_changed_in_one_request_and_refusals_are_told(operator):
    for name in ("a/b", "dev-2"):
        operator.post_ok("/targets", [{"controllerId": name}])
    set_id = operator.set_of(operator.module(fw_bin=b"x"))
    body = [{"id": "a/b"}, {"id": "dev-2"}]
    answer = operator.post_ok(f"/distributionsets/{set_id}/assignedTargets", body)
    ids = [one["id"] for one in answer["assignedActions"]]
    path = operator.server.url + "/rest/page/actions"
    answer = operator.post(path, json={"change": "cancel", "actions": [*ids, 99]}).json()
    assert answer == {"changed": 2, "refused": ["action 99: There is no Action 99."]}
    answer = operator.post(path, json={"change": "cancel", "actions": ids}).json()
    assert answer["changed"] == 0
    assert operator.post(path, json={"change": "quit", "actions": ids}).json()["changed"] == 2
    assert ask(operator, "target?id=a%2Fb")["actions"][0]["status"] == "canceled"
    assert operator.post(path, json={"change": "delete", "actions": ids}).status_code == 400


def release(operator, data, **query):
    path = operator.server.url + "/rest/page/release"
    return operator.post(path, files={"file": ("fw.app-bin", data)}, params=query)


def test_image_becomes_a_set_that_can_be_assigned(operator):
    data = appimage.make("sensor", "3.1.4", chip="esp32s3")
    answer = release(operator, data)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {
        "id": 1, "chip": "ESP32-S3", "name": "sensor", "version": "3.1.4",
        "description": "application image for ESP32-S3",
    }  # fmt: skip
    operator.device()
    operator.assign("dev-1", 1)
    path = f"{operator.server.url}/rest/v1/softwaremodules/1/artifacts/1/download"
    assert operator.get(path).content == data


GOOD = appimage.make("sensor", "1.0.0")
NAMELESS = appimage.make("", "")
REFUSED = [
    (b"", {}, 400, "is empty"),
    (b"\x7fELF" * 99, {}, 400, "fw.app-bin is an ELF file"),
    (GOOD[:-1], {}, 400, "fw.app-bin"),
    (GOOD[:900] + b"x" + GOOD[901:], {}, 400, "damaged"),
    (NAMELESS, {}, 400, "no name or no version"),
    (NAMELESS, {"name": "x"}, 400, "no name or no version"),
    (GOOD, {"name": "x" * 129}, 400, "128 characters"),
    (GOOD, {"version": "<b>"}, 400, "markup"),
    (GOOD, {"name": "taken"}, 409, ""),
]


@pytest.mark.parametrize(("data", "query", "status", "words"), REFUSED)
def test_what_is_refused_leaves_nothing_behind(operator, data, query, status, words):
    operator.module("taken")
    answer = release(operator, data, **query)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert operator.read("/softwaremodules")["total"] == 1
    assert operator.read("/distributionsets")["total"] == 0


PLACES = ["overview", "events", "matches?q=id==x", "target?id=x", "token?id=x"]


@pytest.mark.parametrize("path", PLACES)
def test_nothing_is_told_without_the_login(operator, path):
    device = operator.device()
    for heads in ({}, {"Authorization": device.headers["Authorization"]}):
        assert (
            httpx.get(f"{operator.server.url}/rest/page/{path}", headers=heads).status_code == 401
        )


def test_unknown_target_is_a_404(operator):
    assert operator.get(operator.server.url + "/rest/page/target?id=x").status_code == 404


# Browsers send these with the login that they remember; the page's own requests are first.
ORIGINS = [
    ({"Origin": "{url}", "Sec-Fetch-Site": "same-origin"}, 201),
    ({}, 201),
    ({"Sec-Fetch-Site": "none"}, 201),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": ""}, 403),
    ({"Origin": "http://localhost:1"}, 403),
    ({"Origin": "{url}.evil.example"}, 403),
    ({"Origin": "{url}/"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
]


@pytest.mark.parametrize(("heads", "status"), ORIGINS)
def test_page_of_another_origin_changes_nothing(operator, heads, status):
    heads = {name: value.format(url=operator.server.url) for name, value in heads.items()}
    answer = operator.post("/targets", json=[{"controllerId": "x"}], headers=heads)
    assert answer.status_code == status
    assert operator.read("/targets")["total"] == (status == 201)


def test_page_allows_no_markup_no_frames_and_nothing_from_elsewhere(operator):
    heads = httpx.get(operator.server.url).headers
    policy = heads["content-security-policy"]
    for rule in ("default-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for"):
        assert rule in policy
    assert "unsafe" not in policy
    assert heads["x-content-type-options"] == "nosniff"


def test_device_sees_nothing_of_a_page_that_is_open(operator):
    """A stream that nobody reads does not hold up a device."""
    device = operator.device()
    with stream(operator):
        for _ in range(20):
            device.poll()
