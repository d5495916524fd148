"""The operator's side, beyond what the recordings and the reference's examples cover."""

import time

import httpx
import pytest
from serve_asks import FIRMWARE


def test_login_is_asked_for_before_anything_is_told(hawkbit):
    for path in ("/rest/v1/targets", "/rest/v1/nothing", "/rest"):
        answer = httpx.get(hawkbit.url + path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="hawkBit"'
    for login in (("admin", "wrong"), ("DEFAULT\\admin", "admin"), ("", "")):
        assert httpx.get(hawkbit.url + "/rest/v1/userinfo", auth=login).status_code == 401
    broken = {"Authorization": "Basic !!!"}
    assert httpx.get(hawkbit.url + "/rest/v1/userinfo", headers=broken).status_code == 401


def test_everything_that_can_be_read_without_an_id_is_answered(hawkbit, operator):
    paths = operator.get(f"{hawkbit.url}/openapi.json").json()["paths"]
    read = [p for p, ways in paths.items() if p.startswith("/rest/v1/") and "get" in ways]
    read = [path.removeprefix("/rest/v1") for path in read if "{" not in path]
    assert {"/targets", "/targettags", "/rollouts", "/actions"} < set(read)
    answers = {path: operator.get(path).status_code for path in read}
    assert {path: status for path, status in answers.items() if status != 200} == {}


def test_pages_follow_each_other_without_gap(operator):
    names = [f"t-{i:03}" for i in range(7)]
    operator.post_ok("/targets", [{"controllerId": n} for n in names])
    seen = []
    for offset in range(0, 9, 3):
        page = operator.read(f"/targets?limit=3&offset={offset}&sort=name:desc")
        assert page["total"] == 7 and page["size"] == len(page["content"])
        seen += [t["controllerId"] for t in page["content"]]
    assert seen == names[::-1]


def test_limit_is_capped_at_500_and_odd_values_are_the_default(operator):
    operator.post_ok("/targets", [{"controllerId": f"t{i}"} for i in range(501)])
    sizes = {q: operator.read(f"/targets?{q}")["size"] for q in ("limit=9999", "limit=0", "")}
    assert sizes == {"limit=9999": 500, "limit=0": 50, "": 50}
    assert operator.get("/targets?limit=x").status_code == 400


@pytest.mark.parametrize(
    ("sort", "code"),
    [("name", "sortParamSyntax"), ("colour:ASC", "invalidField"), ("name:UP", "invalidDirection")],
)
def test_bad_sort_says_which_part_is_wrong(operator, sort, code):
    answer = operator.get("/targets", params={"sort": sort})
    assert answer.json()["errorCode"] == f"hawkbit.server.error.rest.param.{code}"


BAD_TARGETS = [
    {"controllerId": "with space"},
    {"controllerId": ""},
    {"controllerId": "x" * 257},
    {"controllerId": "x", "name": "<b>"},
    {"controllerId": "x", "description": "d" * 513},
    {"controllerId": "x", "securityToken": "t" * 129},
    {"controllerId": None},
    {"name": "no id"},
    {"controllerId": {}},
]


@pytest.mark.parametrize("body", BAD_TARGETS, ids=lambda b: str(b)[:40])
def test_bad_target_is_refused(operator, body):
    assert operator.post("/targets", json=[body]).status_code == 400
    assert operator.read("/targets")["total"] == 0


def test_target_gets_a_token_of_32_digits_and_its_id_as_name(operator):
    target = operator.post_ok("/targets", [{"controllerId": "x"}])[0]
    assert (target["name"], len(target["securityToken"])) == ("x", 32)


def test_filter_assigns_by_itself_what_matches_now_and_later(operator):
    operator.device("esp-1")
    set_id = operator.set_of(operator.module(fw_bin=FIRMWARE))
    made = operator.post_ok("/targetfilters", {"name": "f", "query": "name==esp*"})
    path = f"/targetfilters/{made['id']}/autoAssignDS"
    assert operator.get(path).status_code == 204
    assert operator.post(path, json={"id": set_id, "type": "timeforced"}).status_code == 400
    operator.post_ok(path, {"id": set_id, "type": "soft", "weight": 7})
    operator.device("esp-2")
    deadline = time.monotonic() + 10
    while operator.read("/actions")["total"] < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    actions = operator.read("/actions")["content"]
    assert [(a["forceType"], a["weight"]) for a in actions] == [("soft", 7)] * 2
    assert operator.delete(path).status_code == 204
    assert operator.get(path).status_code == 204


def test_filter_can_be_changed_and_deleted(operator):
    made = operator.post_ok("/targetfilters", {"name": "f", "query": "name==a"})
    path = f"/targetfilters/{made['id']}"
    assert operator.put(path, json={"query": "name==b"}).json()["query"] == "name==b"
    assert operator.put(path, json={"query": "("}).status_code == 400
    assert (
        operator.post("/targetfilters", json={"name": "f", "query": "name==a"}).status_code == 409
    )
    assert operator.delete(path).status_code == 204
    assert operator.get(path).status_code == 404


def test_configuration_in_one_go_is_all_or_nothing(operator):
    good = {"pollingTime": "00:01:00", "maintenanceWindowPollCount": 5}
    assert operator.put("/system/configs", json={**good, "nope": 1}).status_code == 400
    assert operator.read("/system/configs/pollingTime")["global"]
    assert operator.put("/system/configs", json=good).status_code == 204
    configs = operator.read("/system/configs")
    assert configs["pollingTime"]["value"] == "00:01:00"
    assert configs["pollingTime"]["links"][0]["rel"] == "self"
    assert operator.delete("/system/configs/pollingTime").status_code == 204
    assert operator.read("/system/configs/pollingTime")["value"] == "00:05:00"
    assert operator.delete("/system/configs/nope").status_code == 400


def test_operator_confirms_for_the_device(operator):
    operator.config("user.confirmation.flow.enabled", True)
    device = operator.device()
    action_id = operator.release()
    path = f"/targets/dev-1/actions/{action_id}/confirmation"
    assert operator.put(path, json={"confirmation": "denied"}).status_code == 204
    assert operator.action(action_id)["status"] == "wait_for_confirmation"
    assert operator.put(path, json={"confirmation": "confirmed"}).status_code == 204
    assert operator.put(path, json={"confirmation": "confirmed"}).status_code == 404
    device.feedback(action_id, "closed", "success")
    assert operator.put(path, json={"confirmation": "confirmed"}).status_code == 410


def test_operator_switches_auto_confirmation(operator):
    operator.config("user.confirmation.flow.enabled", True)
    operator.device()
    path = "/targets/dev-1/autoConfirm"
    assert not operator.target()["autoConfirmActive"]
    body = {"initiator": "me", "remark": "trusted"}
    assert operator.post(path + "/activate", json=body).status_code == 204
    assert operator.read(path)["initiator"] == "me"
    assert operator.post(path + "/activate", json={}).status_code == 409
    assert operator.post(path + "/deactivate").status_code == 204
    assert not operator.read(path)["active"]


def test_metadata_of_targets_and_modules(operator):
    operator.device()
    module_id = operator.module()
    for owner in ("/targets/dev-1", f"/softwaremodules/{module_id}"):
        path = f"{owner}/metadata"
        assert operator.post(path, json=[{"key": "a.b", "value": "1"}]).status_code == 201
        assert (
            operator.put(path + "/a.b", json={"value": "2", "targetVisible": True}).status_code
            == 204
        )
        assert operator.read(path + "/a.b")["value"] == "2"
        assert operator.delete(path + "/a.b").status_code == 204
        assert operator.get(path + "/a.b").status_code == 404


def test_101_metadata_entries_are_refused(operator):
    set_id = operator.set_of(operator.module())
    path = f"/distributionsets/{set_id}/metadata"
    entries = [{"key": f"k{i}", "value": "v"} for i in range(100)]
    assert operator.post(path, json=entries).status_code == 201
    answer = operator.post(path, json=[{"key": "more", "value": "v"}])
    assert answer.status_code == 429


def test_module_in_a_set_is_deleted_softly(operator):
    module_id = operator.module(fw_bin=FIRMWARE)
    operator.set_of(module_id)
    assert operator.delete(f"/softwaremodules/{module_id}").status_code == 204
    assert operator.read(f"/softwaremodules/{module_id}")["deleted"]
    assert operator.read(f"/softwaremodules/{module_id}/artifacts") == []
    assert operator.read("/softwaremodules")["total"] == 0
    assert operator.upload(module_id, "x.bin", b"x").status_code == 404
    again = {"name": "fw", "version": "1.0.0", "type": "os"}
    assert operator.post("/softwaremodules", json=[again]).status_code == 409


def test_module_changes_vendor_but_not_name(operator):
    module_id = operator.module()
    path = f"/softwaremodules/{module_id}"
    changed = operator.put(path, json={"vendor": "acme", "name": "other"}).json()
    assert (changed["vendor"], changed["name"]) == ("acme", "fw")


def test_own_types_of_modules_and_sets(operator):
    runtime = operator.post_ok("/softwaremoduletypes", [{"key": "runtime", "name": "Runtime"}])[0]
    body = {"key": "rt", "name": "Runtime set", "mandatorymodules": [{"id": runtime["id"]}]}
    made = operator.post_ok("/distributionsettypes", [body])[0]
    path = f"/distributionsettypes/{made['id']}"
    assert [t["key"] for t in operator.read(path + "/mandatorymoduletypes")] == ["runtime"]
    assert operator.read(path + "/optionalmoduletypes") == []
    assert operator.get(path + "/others").status_code == 404
    set_id = operator.set_of(operator.module("rt", "runtime"), kind="rt")
    assert operator.read(f"/distributionsets/{set_id}")["complete"]


def test_only_forced_can_be_made_of_an_action(operator):
    operator.device()
    action_id = operator.release(type="soft")
    path = f"/targets/dev-1/actions/{action_id}"
    assert operator.put(path, json={"forceType": "soft"}).status_code == 400
    assert operator.put(path, json={"forceType": "forced"}).json()["forceType"] == "forced"
    assert operator.get("/targets/dev-1/actions/999").status_code == 404


def test_statistics_count_actions_by_status(operator):
    operator.device()
    operator.release()
    set_id = operator.read("/distributionsets")["content"][0]["id"]
    path = f"/distributionsets/{set_id}/statistics"
    assert operator.read(path)["actions"] == {"total": 1, "RUNNING": 1}
    assert operator.read(path + "/rollouts") == {"rollouts": {"total": 0}}
    assert operator.read(path + "/autoassignments") == {"totalAutoAssignments": 0}
    assert operator.get(path + "/others").status_code == 404


def test_same_target_twice_with_other_terms_is_refused(operator):
    operator.device()
    set_id = operator.set_of(operator.module())
    path = f"/distributionsets/{set_id}/assignedTargets"
    body = [{"id": "dev-1"}, {"id": "dev-1", "type": "soft"}]
    assert operator.post(path, json=body).status_code == 400
    assert operator.post(path, json=[{"id": "dev-1"}] * 2).json()["assigned"] == 1


@pytest.mark.parametrize("offline", ["true", "false"])
def test_only_the_very_name_is_assigned(operator, offline):
    names = ["a", 'q"', "ä€😀", "A.b"]
    made = operator.post("/targets", json=[{"controllerId": name, "name": "x"} for name in names])
    assert made.status_code == 201, made.text
    path = f"/distributionsets/{operator.set_of(operator.module())}/assignedTargets"
    for near in ["a\0", "a\0b", "\0", "", " a", "a ", 'q\\"', "\\u00e4€😀", "A_b", "1"]:
        answer = operator.post(path, json=[{"id": near}], params={"offline": offline})
        assert answer.status_code < 500 and answer.json().get("assigned", 0) == 0, ascii(near)
    body = [{"id": name} for name in names]
    answer = operator.post(path, json=body, params={"offline": offline})
    assert answer.json()["assigned"] == len(names)


def test_offline_assignment_is_finished_at_once(operator):
    device = operator.device()
    set_id = operator.set_of(operator.module())
    path = f"/distributionsets/{set_id}/assignedTargets?offline=true"
    over = {"schedule": "0 0 0 1 1 ? 2020", "duration": "00:10:00", "timezone": "+00:00"}
    body = [{"id": "dev-1", "maintenanceWindow": over}]  # hawkBit asks for no window here
    assert operator.post(path, json=body).json()["assigned"] == 1
    assert operator.target()["updateStatus"] == "in_sync"
    assert device.links() == {"installedBase"}


def test_poll_status_says_when_a_device_is_overdue(operator, hawkbit):
    operator.device().poll()
    assert not operator.target()["pollStatus"]["overdue"]
    hawkbit.clock.advance(601)
    assert operator.target()["pollStatus"]["overdue"]


METADATA = [
    # POST one of a known key, POST it with a new one, PUT it, PUT it as visible.
    ("/distributionsets/1", [201, 201, 204, 204]),
    ("/softwaremodules/1", [201, 409, 500, 204]),
    ("/targets/dev-1", [409, 409, 204, 204]),
]


@pytest.mark.parametrize(("owner", "statuses"), METADATA)
def test_known_key_of_metadata(operator, owner, statuses):
    operator.device()
    operator.set_of(operator.module())
    path, known = f"{owner}/metadata", {"key": "k", "value": "v"}
    operator.post_ok(path, [known])
    new = {"key": "new", "value": "v"}
    answers = [operator.post(path, json=body) for body in ([known], [new, known])]
    for body in ({"value": "w"}, {"value": "w", "targetVisible": True}):
        answers.append(operator.put(f"{path}/k", json=body))
    assert [answer.status_code for answer in answers] == statuses


def test_module_that_is_not_there_is_unknown_before_the_set_is_locked(operator):
    operator.device()
    operator.release()
    path = "/distributionsets/1/assignedSM"
    answers = [operator.post(path, json=[{"id": number}]) for number in (99, 1)]
    assert [answer.status_code for answer in answers] == [404, 423]
