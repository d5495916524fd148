"""The device side: login, media types, paths, the poll's ETag, attributes, declared installs."""

import json

import cbor2
import httpx
import pytest
from serve_asks import Device


@pytest.fixture
def device(operator):
    return operator.device()


@pytest.fixture
def gateway(hawkbit):
    return f"GatewayToken {hawkbit.gateway_token}"


REFUSED = [
    None,
    "TargetToken wrong",
    "targettoken 0123456789abcdef0123456789abcdef",
    "Bearer x",
    "Basic YWRtaW46YWRtaW4=",
    "GatewayToken wrong",
    "TargetToken \xfc",
]


@pytest.mark.parametrize("authorization", REFUSED)
def test_stranger_gets_an_empty_401(device, authorization):
    heads = [(b"authorization", authorization.encode("latin1"))] if authorization else []
    answer = httpx.get(device.base, headers=heads)
    assert (answer.status_code, answer.content) == (401, b"")
    assert "www-authenticate" not in answer.headers


def test_token_of_another_device_or_tenant_is_refused(operator, device, hawkbit):
    operator.post_ok("/targets", [{"controllerId": "dev-2", "securityToken": "its own"}])
    assert device.get(device.base.replace("dev-1", "dev-2")).status_code == 401
    assert device.get(device.base.replace("DEFAULT", "OTHER")).status_code == 401
    assert device.get(device.base.replace("DEFAULT", "default")).status_code == 200


def test_kind_of_login_can_be_switched_off(operator, device, hawkbit, gateway):
    operator.config("authentication.targettoken.enabled", "yes")  # no word but true is true
    assert device.get(device.base).status_code == 401
    assert Device(hawkbit, "dev-1", gateway).get(device.base).status_code == 200


def test_unknown_device_registers_itself_with_the_gateway_token_only(operator, hawkbit, gateway):
    assert Device(hawkbit, "new").get(Device(hawkbit, "new").base).status_code == 401
    new = Device(hawkbit, "new", gateway)
    assert set(new.poll()["_links"]) == {"configData"}
    assert operator.target("new")["updateStatus"] == "registered"


@pytest.mark.parametrize("controller_id", ["ümlaut", "q?mark", "plus+sign", "colon:x"])
def test_odd_controller_ids_work_percent_encoded(operator, hawkbit, gateway, controller_id):
    device = Device(hawkbit, controller_id, gateway)
    href = device.poll()["_links"]["configData"]["href"]
    assert device.put(href, json={"data": {"a": "1"}}).status_code == 200
    assert operator.get(f"/targets/{device.base.rsplit('/', 1)[1]}").status_code == 200


@pytest.mark.parametrize(
    "path", ["with%20space", "a%2Fb", "back%5Cslash", "semi%3Bcolon", "pct%25", "x" * 257]
)
def test_bad_controller_ids_are_a_400_that_closes(hawkbit, gateway, path):
    url = f"{hawkbit.url}/DEFAULT/controller/v1/{path}"
    answer = httpx.get(url, headers={"Authorization": gateway})
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")


def test_etag_saves_the_body_until_something_changes(operator, device):
    etag = device.get(device.base).headers["etag"]
    for condition in (etag, "W/" + etag, f'"x", {etag}'):
        answer = device.get(device.base, headers={"If-None-Match": condition})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
    for condition in ("*", etag.strip('"')):
        assert device.get(device.base, headers={"If-None-Match": condition}).status_code == 200
    operator.release()
    assert device.get(device.base, headers={"If-None-Match": etag}).status_code == 200


ACCEPT = [
    ("*/*", 200, "application/hal+json;charset=UTF-8"),
    ("application/json", 200, "application/json;charset=UTF-8"),
    ("application/cbor", 200, "application/cbor;charset=UTF-8"),
    ("application/json;q=0.1, application/cbor", 200, "application/cbor;charset=UTF-8"),
    ("text/html", 406, "text/html;charset=utf-8"),
    ("text/plain", 406, None),
    ("application/json;q=much", 406, None),
]


@pytest.mark.parametrize(("accept", "status", "kind"), ACCEPT)
def test_accept_decides_the_media_type(device, accept, status, kind):
    answer = device.get(device.base, headers={"Accept": accept})
    assert (answer.status_code, answer.headers.get("content-type")) == (status, kind)


def test_cbor_has_links_as_a_list_and_is_taken_as_a_body(operator, device):
    answer = device.get(device.base, headers={"Accept": "application/cbor"})
    assert [link["rel"] for link in cbor2.loads(answer.content)["links"]] == ["configData"]
    heads = {"Content-Type": "application/cbor"}
    url = device.base + "/configData"
    body = cbor2.dumps({"data": {"hw": "esp32"}})
    assert device.put(url, content=body, headers=heads).status_code == 200
    assert operator.read("/targets/dev-1/attributes") == {"hw": "esp32"}
    assert device.put(url, content=b"\xff\xff", headers=heads).status_code == 400


@pytest.mark.parametrize("kind", ["application/hal+json", "text/plain", None])
def test_body_of_another_media_type_is_a_415(operator, device, kind):
    action_id = operator.release()
    heads = {"Content-Type": kind} if kind else {}
    url = f"{device.base}/deploymentBase/{action_id}/feedback"
    assert device.post(url, content=b"{}", headers=heads).status_code == 415


METHODS = [
    ("POST", "", 405, "GET"),
    ("GET", "/deploymentBase/1/feedback", 405, "POST"),
    ("POST", "/configData", 405, "PUT"),
    ("OPTIONS", "", 200, "GET,HEAD,OPTIONS"),
]


@pytest.mark.parametrize(("method", "path", "status", "allow"), METHODS)
def test_wrong_method_names_the_right_ones(device, method, path, status, allow):
    answer = device.request(method, device.base + path, json={})
    assert (answer.status_code, answer.headers["allow"]) == (status, allow)


def test_head_has_the_length_without_body_and_etag(device):
    answer = device.head(device.base)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 100
    assert "etag" not in answer.headers


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 404), ("/nothing", 404), ("/deploymentBase/999", 404), ("/deploymentBase/x", 400),
     ("/deploymentBase/99999999999999999999", 400), ("/deploymentBase/1?c=x", 400)],
)  # fmt: skip
def test_bad_paths(device, path, status):
    assert device.get(device.base + path).status_code == status


def test_action_of_another_device_is_not_found(operator, device):
    other = operator.device("dev-2")
    action_id = operator.release("dev-2")
    assert device.deployment(action_id).status_code == 404
    assert device.feedback(action_id, "closed", "success").status_code == 404
    assert other.deployment(action_id).status_code == 200


def state(execution: str = "closed", finished: str = "none", **more) -> dict:
    return {"execution": execution, "result": {"finished": finished}, **more}


BAD_REPORTS = {
    "empty": b"",
    "not JSON": b"hello",
    "bad UTF-8": json.dumps({"status": state(details=["?"])}).encode().replace(b"?", b"\xff"),
    "array": [],
    "no status": {},
    "status null": {"status": None},
    "no result": {"status": {"execution": "closed"}},
    "unknown word": {"status": state("flying")},
    "upper case": {"status": state("CLOSED")},
    "details a text": {"status": state(details="x")},
    "code too large": {"status": state(code=2**31)},
    "progress": {"status": {"execution": "closed", "result": {"finished": "none", "progress": 4}}},
    "timestamp": {"status": state(), "timestamp": "now"},
}


@pytest.mark.parametrize("case", BAD_REPORTS)
def test_bad_report_is_not_readable_and_changes_nothing(operator, device, case):
    action_id = operator.release()
    body = BAD_REPORTS[case]
    answer = device.post(
        f"{device.base}/deploymentBase/{action_id}/feedback",
        content=body if isinstance(body, bytes) else json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == "hawkbit.server.error.rest.body.notReadable"
    assert operator.history(action_id) == ["running"]


def test_odd_but_legal_report_is_taken(operator, device):
    action_id = operator.release()
    answer = device.feedback(
        action_id, "proceeding", details=[None, 1, True, "ü\0"], code="43", extra=1, timestamp=-1
    )
    assert answer.status_code == 200
    entry = operator.read(f"/targets/dev-1/actions/{action_id}/status")["content"][0]
    assert entry["messages"] == ["1", "true", "ü\0", "Device reported status code: 43"]
    assert entry["code"] == 43


def put_data(device, **body) -> httpx.Response:
    return device.put(device.base + "/configData", json=body)


def test_attributes_are_merged_replaced_and_removed(operator, device):
    steps = [
        ({"data": {"a": "1", "b": 2, "c": True}}, {"a": "1", "b": "2", "c": "true"}),
        ({"data": {"a": None}}, {"b": "2", "c": "true"}),
        ({"mode": "replace", "data": {"d": "4", "e": ""}}, {"d": "4", "e": ""}),
        ({"mode": "remove", "data": {"d": "x", "unknown": ""}}, {"e": ""}),
    ]
    for body, left in steps:
        assert put_data(device, **body).status_code == 200
        assert operator.read("/targets/dev-1/attributes") == left
    assert "_links" not in device.poll()
    operator.put("/targets/dev-1", json={"requestAttributes": True})
    assert set(device.poll()["_links"]) == {"configData"}


BAD_DATA = [
    {"mode": "MERGE", "data": {"a": "1"}},
    {"data": {}},
    {"data": None},
    {"data": []},
    {},
    {"data": {"a": {}}},
    {"data": {"k" * 129: "v"}},
    {"data": {"k": "v" * 129}},
    {"data": {"ok": "1", "k": "a~b"}},
    {"data": {"k": "ü"}},
    {"data": {"`": "v"}},
]


@pytest.mark.parametrize("body", BAD_DATA, ids=lambda b: str(b)[:40])
def test_bad_attributes_refuse_the_whole_body(operator, device, body):
    assert put_data(device, **body).status_code == 400
    assert operator.get("/targets/dev-1/attributes").status_code == 204


def test_more_than_100_attributes_are_refused(device):
    assert put_data(device, data={f"k{i}": "v" for i in range(100)}).status_code == 200
    answer = put_data(device, data={"one more": "v"})
    assert answer.status_code == 429
    assert put_data(device, data={"k1": "other"}).status_code == 200


def test_attributes_of_an_unknown_device_register_nothing(operator, hawkbit, gateway):
    assert put_data(Device(hawkbit, "new", gateway), data={"a": "1"}).status_code == 404
    assert operator.read("/targets")["total"] == 0


def test_declared_install_is_in_sync_once_and_unknown_sets_are_not_found(operator, device):
    operator.set_of(operator.module(), name="fw")
    url = device.base + "/installedBase"
    body = {"name": "fw", "version": "1.0.0"}
    assert device.put(url, json=body).status_code == 201
    assert operator.target()["updateStatus"] == "in_sync"
    assert device.links() == {"installedBase"}
    assert device.put(url, json=body).status_code == 200
    assert device.put(url, json={**body, "version": "9"}).status_code == 404
    assert device.put(url, json={"name": "fw"}).status_code == 400


def test_deployment_says_what_the_set_holds(operator, device):
    os_id = operator.module("fw", fw_bin=b"firmware")
    app_id = operator.module("app", "application", app_tar=b"tar")
    entries = [
        {"key": "seen", "value": "1", "targetVisible": True},
        {"key": "hidden", "value": "2"},
    ]
    operator.post_ok(f"/softwaremodules/{os_id}/metadata", entries)
    action_id = operator.assign("dev-1", operator.set_of(os_id, app_id, kind="os_app"))
    chunks = device.deployment(action_id).json()["deployment"]["chunks"]
    assert [(c["part"], c["name"]) for c in chunks] == [("os", "fw"), ("bApp", "app")]
    assert chunks[0]["metadata"] == [{"key": "seen", "value": "1"}]
    assert "metadata" not in chunks[1]
    assert chunks[1]["artifacts"][0]["size"] == 3


def test_history_leaves_out_what_the_server_said(operator, device):
    action_id = operator.release()
    device.deployment(action_id)
    device.feedback(action_id, "proceeding", details=["half", "way"])
    device.feedback(action_id, "proceeding")
    url = f"{device.base}/deploymentBase/{action_id}"
    found = device.get(url + "?actionHistory=-1").json()["actionHistory"]
    assert found["status"] == "RETRIEVED"
    assert found["messages"] == ["half", "way", "Assignment initiated by user 'admin'"]
    assert len(device.get(url + "?actionHistory=2").json()["actionHistory"]["messages"]) == 2
    assert "actionHistory" not in device.get(url).json()
