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
    assert operator.get("/targets/dev-1/tags").status_code == 204


@pytest.mark.parametrize(
    ("query", "found"),
    [("tag==lab", ["dev-1"]), ("tag!=lab", ["dev-2", "dev-3"]), ("tag.name==l*", ["dev-1"])],
)
def test_targets_are_searched_by_tag(operator, tag, query, found):
    operator.post(f"/targettags/{tag}/assigned/dev-1")
    content = operator.read(f"/targets?q={query}")["content"]
    assert [target["controllerId"] for target in content] == found


def test_unknown_target_leaves_all_untagged_unless_told_to_go_on(operator, tag):
    path = f"/targettags/{tag}/assigned"
    assert operator.post(path, json=["dev-1", "nobody"]).status_code == 404
    assert tagged(operator, tag) == []
    policy = {"onNotFoundPolicy": "ON_WHAT_FOUND_AND_SUCCESS"}
    assert operator.post(path, json=["dev-1", "nobody"], params=policy).status_code == 204
    assert tagged(operator, tag) == ["dev-1"]


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
