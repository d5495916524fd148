"""Modules, targets, actions, filters, configuration: what hawkBit 1.0.4 and 2023 answer."""

import httpx
import pytest
from recorded import answer, client_for
from rollouts.api import wire
from rollouts.api.errors import BadAnswerError
from rollouts.api.models import (
    Action,
    DistributionSetUpdate,
    MetadataEntry,
    NewDistributionSet,
    NewSoftwareModule,
    NewTarget,
    TargetAssignment,
)

OPEN_2023 = {
    "id": 5,
    "type": "update",
    "status": "pending",
    "detailStatus": "running",
    "_links": {"self": {"href": "https://h/rest/v1/targets/a%2Fb/actions/5"}},
}


def test_module_created_read_and_found():
    client, server = client_for(
        answer("mgmt_release", "create a module"),
        answer("mgmt_release", "read the module"),
        answer("mgmt_release", "find the module"),
    )
    new = NewSoftwareModule(name="rel-39585", version="2.0.0", type="os", vendor="acme")
    [made] = client.modules.create([new])
    assert made.id == client.modules.get(83).id == client.modules.find("name==rel*")[0].id == 83
    assert server.asked[0] == ("POST", "/rest/v1/softwaremodules")


def test_artifacts_are_a_list_without_pages():
    client, server = client_for(answer("mgmt_release", "artifacts"))
    artifacts = client.modules.artifacts(83)
    assert [one.provided_filename for one in artifacts][:2] == ["fw.app-bin", "fw2.app-bin"]
    assert server.query == {}


def test_module_metadata_can_be_for_the_device():
    client, server = client_for(
        answer("mgmt_release", "module metadata"), answer("mgmt_release", "module metadata, read")
    )
    metadata = client.modules.metadata(83)
    metadata.create([MetadataEntry(key="signature", value="AAAA", target_visible=True)])
    assert server.sent == [{"key": "signature", "value": "AAAA", "targetVisible": True}]
    assert metadata.find()[0].target_visible is True


def test_target_created_with_the_servers_token():
    client, server = client_for(answer("mgmt_release", "create a target without a token"))
    [target] = client.targets.create([NewTarget(controller_id="t-39588", name="t")])
    assert len(target.security_token) == 32
    assert server.sent == [{"controllerId": "t-39588", "name": "t"}]
    assert "securityToken" not in wire.to_json(target)


def test_target_without_sets_and_attributes_has_none():
    client, _ = client_for(
        answer("mgmt_release", "assignedDS of the target"),
        answer("mgmt_release", "installedDS of the target"),
        answer("mgmt_release", "attributes of the target"),
    )
    assert client.targets.assigned_set("dev") is None
    assert client.targets.installed_set("dev") is None
    assert client.targets.attributes("dev") == {}


def test_action_of_2026_tells_target_set_and_status():
    client, _ = client_for(answer("mgmt_release", "one action, failed"))
    action = client.targets.action("dev-39586", 77)
    assert (action.controller_id, action.active, action.status) == ("dev-39586", False, "error")
    assert (action.distribution_set, action.distribution_set_id) == ("rel-39585:1.0.0", 84)
    assert action.last_status_code == 3 and not action.is_success


def test_action_of_2023_is_read_the_same():
    action = wire.decode(Action, OPEN_2023)
    assert (action.controller_id, action.active, action.status) == ("a/b", True, "running")
    closed = wire.decode(Action, {**OPEN_2023, "status": "finished", "detailStatus": "finished"})
    assert closed.is_success
    failed = wire.decode(Action, {**OPEN_2023, "status": "finished", "detailStatus": "error"})
    assert not failed.active and not failed.is_success


def test_downloaded_ends_only_a_downloadonly_action():
    done = {**OPEN_2023, "active": False, "status": "downloaded"}
    del done["detailStatus"]
    assert wire.decode(Action, {**done, "forceType": "downloadonly"}).is_success
    assert not wire.decode(Action, {**done, "forceType": "forced"}).is_success


def test_history_is_oldest_first():
    client, server = client_for(answer("mgmt_release", "its history"))
    history = client.targets.action_history("dev-39586", 77)
    assert history[0].messages == ["sha256 differs", "Device reported status code: 3"]
    assert server.query["sort"] == "id:ASC"


def test_last_status_of_an_action_without_any_is_none():
    client, _ = client_for(httpx.Response(200, json={"content": [], "total": 0, "size": 0}))
    assert client.targets.last_status("dev", 1) is None


def test_cancel_and_force_are_two_requests():
    client, server = client_for(httpx.Response(204), httpx.Response(204))
    client.targets.cancel_action("dev", 7)
    client.targets.cancel_action("dev", 7, force=True)
    assert [str(one.url.query, "ascii") for one in server.requests] == ["", "force=true"]


def test_filter_is_a_single_object():
    client, server = client_for(answer("mgmt_targets_of_a_set", "create a target filter"))
    one = client.filters.create("filter-39569", "controllerId==nomatch*")
    assert one.auto_assign_distribution_set is None
    assert server.sent == {"name": "filter-39569", "query": "controllerId==nomatch*"}


def test_auto_assignment_is_posted_below_the_filter():
    client, server = client_for(answer("mgmt_targets_of_a_set", "auto-assign with it"))
    assert client.filters.auto_assign(1, 74, type="soft").auto_assign_distribution_set == 74
    assert server.asked == [("POST", "/rest/v1/targetfilters/1/autoAssignDS")]
    assert server.sent == {"id": 74, "type": "soft"}


@pytest.mark.parametrize("response", [httpx.Response(204), httpx.Response(200, json={"value": 1})])
def test_configuration_is_set_on_servers_of_both_dialects(response):
    client, server = client_for(response)
    client.configuration.set("authentication.targettoken.enabled", True)
    assert server.sent == {"value": True}


def test_configuration_value_is_read():
    client, _ = client_for(answer("mgmt_release", "configuration: one key"))
    one = client.configuration.get("pollingTime")
    assert (one.value, one.global_) == ("00:05:00", False)


EMPTY = httpx.Response(204)
SET = {"id": 4, "name": "fw", "version": "2"}
MODULE = {**SET, "type": "os"}
TARGET = {"controllerId": "dev"}
FILTER = {"id": 4, "name": "f", "query": "name==x"}
ARTIFACT = {"id": 4, "providedFilename": "fw.bin", "size": 1, "hashes": {"sha256": "00"}}


def page(*content):
    return httpx.Response(200, json={"content": content, "total": len(content)})


NEW_SET = NewDistributionSet(name="fw", version="2")
NEW_MODULE = NewSoftwareModule(name="fw", version="2", type="os")
NEW_TARGET = NewTarget(controller_id="dev")


@pytest.mark.parametrize(
    ("call", "then"),
    [
        (lambda c: c.sets.create([NEW_SET])[0].id == 4, page(SET)),
        (lambda c: c.sets.update(4, DistributionSetUpdate(name="fw")).id == 4, SET),
        (lambda c: c.sets.assign(4, [TargetAssignment(id="dev")]).total == 1, page(TARGET)),
        (lambda c: c.modules.create([NEW_MODULE])[0].id == 4, page(MODULE)),
        (lambda c: c.modules.update(4, vendor="x").id == 4, MODULE),
        (lambda c: c.modules.upload(4, __file__, "fw.bin", "00").id == 4, [ARTIFACT]),
        (lambda c: c.targets.create([NEW_TARGET])[0].controller_id == "dev", TARGET),
        (lambda c: c.targets.update("dev", name="x").controller_id == "dev", TARGET),
        (lambda c: c.filters.update(4, name="f").id == 4, FILTER),
        (lambda c: c.filters.auto_assign(4, 1).id == 4, FILTER),
    ],
)
def test_an_empty_2xx_is_a_success_and_the_result_is_looked_up(call, then):
    answer = then if isinstance(then, httpx.Response) else httpx.Response(200, json=then)
    client, server = client_for(EMPTY, answer)
    assert call(client)
    assert server.asked[1][0] == "GET"


def test_an_upload_that_is_not_listed_is_an_error():
    client, _ = client_for(EMPTY, httpx.Response(200, json=[]))
    with pytest.raises(BadAnswerError, match="does not list it"):
        client.modules.upload(4, __file__, "fw.bin", "00")
