"""Tags of targets: made, put on, searched by, taken off."""

import pytest


@pytest.fixture
def tag(operator):
    for name in ("dev-1", "dev-2", "dev-3"):
        operator.device(name)
    return operator.post_ok("/targettags", [{"name": "lab", "colour": "#f00"}])[0]["id"]


def tagged(operator, tag):
    content = operator.read(f"/targettags/{tag}/assigned")["content"]
    return [target["controllerId"] for target in content]


def test_tag_is_put_on_and_taken_off(operator, tag):
    path = f"/targettags/{tag}/assigned"
    assert operator.post(path, json=["dev-1", "dev-2"]).status_code == 204
    assert operator.post(f"{path}/dev-1").status_code == 204  # once more changes nothing
    assert tagged(operator, tag) == ["dev-1", "dev-2"]
    assert [t["name"] for t in operator.read("/targets/dev-1/tags")] == ["lab"]
    assert operator.request("DELETE", path, json=["dev-1"]).status_code == 204
    assert operator.delete(f"{path}/dev-2").status_code == 204
    assert tagged(operator, tag) == []
    assert operator.read("/targets/dev-1/tags") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [("tag==lab", ["dev-1"]), ("tag!=lab", ["dev-2", "dev-3"]), ("tag.name==l*", ["dev-1"])],
)
def test_targets_are_searched_by_tag(operator, tag, query, found):
    operator.post(f"/targettags/{tag}/assigned/dev-1")
    content = operator.read(f"/targets?q={query}")["content"]
    assert [target["controllerId"] for target in content] == found


@pytest.mark.parametrize(
    ("names", "policy", "status", "found"),
    [
        (["dev-1", "nobody"], "FAIL", 404, []),
        (["dev-1", "nobody"], "ON_WHAT_FOUND_AND_FAIL", 404, ["dev-1"]),
        (["dev-1", "nobody"], "ON_WHAT_FOUND_AND_SUCCESS", 204, ["dev-1"]),
        (["dev-1", "dev-1"], "FAIL", 404, []),
        (["dev-1"], "fail", 400, []),
        ([], "FAIL", 400, []),
        ([7], "FAIL", 404, []),
    ],
)
def test_unknown_target_is_answered_as_hawkbit_does(operator, tag, names, policy, status, found):
    path = f"/targettags/{tag}/assigned"
    answer = operator.post(path, json=names, params={"onNotFoundPolicy": policy})
    assert answer.status_code == status
    assert tagged(operator, tag) == found


def test_deleted_tag_and_deleted_target_let_go_of_each_other(operator, tag):
    operator.post(f"/targettags/{tag}/assigned", json=["dev-1", "dev-2"])
    operator.delete("/targets/dev-1")
    assert tagged(operator, tag) == ["dev-2"]
    assert operator.delete(f"/targettags/{tag}").status_code == 204
    assert operator.get(f"/targettags/{tag}").status_code == 404
    assert operator.read("/targets?q=tag==lab")["total"] == 0


def test_name_of_a_tag_is_taken_once(operator, tag):
    assert operator.post("/targettags", json=[{"name": "lab"}]).status_code == 409
    changed = operator.put(f"/targettags/{tag}", json={"name": "home"}).json()
    assert changed["name"] == "home"
