"""The 18 endpoints of distribution sets: what is asked, and what the answer becomes."""

import json

import httpx
import pytest
from recorded import answer, client_for
from rollouts.api.errors import ServerError
from rollouts.api.models import (
    DistributionSetUpdate,
    MaintenanceWindow,
    MetadataEntry,
    NewDistributionSet,
    Reference,
    TargetAssignment,
)

SETS = "/rest/v1/distributionsets"


def test_list_asks_for_whole_pages_and_gives_sets():
    page = answer("mgmt_login", "Accept application/json").json()
    client, server = client_for(httpx.Response(200, json={**page, "total": 1}))
    sets = client.sets.find("name==set*", sort="version:DESC")
    assert server.asked == [("GET", SETS)]
    wanted = {"q": "name==set*", "sort": "version:DESC", "limit": "500", "offset": "0"}
    assert server.query == wanted
    assert sets[0].label == "set-39347:1.0.0"
    assert sets[0].locked and sets[0].valid and not sets[0].deleted
    assert sets[0].modules[0].type == "os"


def test_create_gives_the_sets_in_the_order_asked_for():
    client, server = client_for(answer("mgmt_sets", "create three (list)"))
    names = ["testDS-39534", "testDS-39532", "testDS-39533"]
    new = [
        NewDistributionSet(name=name, version="one", modules=[Reference(id=64)]) for name in names
    ]
    made = client.sets.create(new)
    assert [one.name for one in made] == names
    assert made[1].id == 66
    assert server.asked == [("POST", SETS)]
    assert server.sent[0] == {"name": "testDS-39534", "version": "one", "modules": [{"id": 64}]}


def test_get_reads_one_set():
    client, server = client_for(answer("mgmt_sets", "read one"))
    one = client.sets.get(66)
    assert (one.id, one.type, one.description) == (66, "os_app", "DS description")
    assert one.created_at_ms == 1795469589542
    assert server.asked == [("GET", f"{SETS}/66")]


def test_get_of_a_soft_deleted_set_says_so():
    client, _ = client_for(answer("mgmt_sets", "read it afterwards"))
    assert client.sets.get(70).deleted


def test_update_sends_only_what_is_given():
    client, server = client_for(answer("mgmt_sets", "update, as in the reference"))
    one = client.sets.update(66, DistributionSetUpdate(name="new", required_migration_step=True))
    assert server.asked == [("PUT", f"{SETS}/66")]
    assert server.sent == {"name": "new", "requiredMigrationStep": True}
    assert one.version == "anotherVersion" and one.required_migration_step


@pytest.mark.parametrize(
    ("title", "scenario", "call", "asked", "sent"),
    [
        ("delete", "mgmt_sets", lambda c: c.sets.delete(64), ("DELETE", "/64"), None),
        (
            "assign",
            "mgmt_modules_of_a_set",
            lambda c: c.sets.add_modules(72, [69, 70]),
            ("POST", "/72/assignedSM"),
            [{"id": 69}, {"id": 70}],
        ),
        (
            "remove",
            "mgmt_modules_of_a_set",
            lambda c: c.sets.remove_module(72, 70),
            ("DELETE", "/72/assignedSM/70"),
            None,
        ),
        (
            "create",
            "mgmt_metadata",
            lambda c: c.sets.metadata(78).create([MetadataEntry(key="k", value="v")]),
            ("POST", "/78/metadata"),
            [{"key": "k", "value": "v"}],
        ),
        (
            "update",
            "mgmt_metadata",
            lambda c: c.sets.metadata(78).update("a/b.c", "new"),
            ("PUT", "/78/metadata/a%2Fb.c"),
            {"key": "a/b.c", "value": "new"},
        ),
        (
            "delete",
            "mgmt_metadata",
            lambda c: c.sets.metadata(78).delete("someKnownKey"),
            ("DELETE", "/78/metadata/someKnownKey"),
            None,
        ),
        (
            "invalidate soft",
            "mgmt_invalidate",
            lambda c: c.sets.invalidate(80, "soft"),
            ("POST", "/80/invalidate"),
            {"actionCancelationType": "soft"},
        ),
    ],
)
def test_a_call_without_result_takes_an_empty_answer(title, scenario, call, asked, sent):
    client, server = client_for(answer(scenario, title))
    assert call(client) is None
    assert server.asked == [(asked[0], SETS + asked[1])]
    assert sent is None or server.sent == sent


def test_modules_are_read_from_the_page():
    client, server = client_for(answer("mgmt_modules_of_a_set", "list"))
    assert [one.type for one in client.sets.modules(72)] == ["application", "os"]
    assert server.asked == [("GET", f"{SETS}/72/assignedSM")]


def test_assigned_targets_hide_their_tokens():
    client, server = client_for(answer("mgmt_targets_of_a_set", "assignedTargets"))
    targets = client.sets.assigned_targets(74)
    assert server.asked == [("GET", f"{SETS}/74/assignedTargets")]
    assert targets[0].update_status == "pending"
    assert targets[0].security_token not in repr(targets)


def test_installed_targets_of_none_is_empty():
    client, _ = client_for(
        answer("mgmt_targets_of_a_set", "installedTargets (offline assignment)")
    )
    assert client.sets.installed_targets(75) == []


def test_auto_assign_filters_read_explicit_nulls():
    client, server = client_for(answer("mgmt_targets_of_a_set", "autoAssignTargetFilters"))
    [one] = client.sets.auto_assign_target_filters(74)
    assert (one.auto_assign_distribution_set, one.confirmation_required) == (74, None)
    assert server.asked == [("GET", f"{SETS}/74/autoAssignTargetFilters")]


def test_assign_finds_the_target_of_each_action_in_its_link():
    client, server = client_for(
        answer("mgmt_targets_of_a_set", "assign five, one of them unknown")
    )
    window = MaintenanceWindow(schedule="0 0 3 * * ?", duration="00:10:00", timezone="+00:00")
    how = TargetAssignment(
        id="tgt-39559", type="timeforced", forcetime=5, maintenance_window=window
    )
    result = client.sets.assign(74, [how])
    assert (result.assigned, result.already_assigned, result.total) == (5, 0, 5)
    assert {one.controller_id: one.id for one in result.assigned_actions}["tgt-39560"] == 67
    assert server.sent == [
        {
            "id": "tgt-39559",
            "type": "timeforced",
            "forcetime": 5,
            "maintenanceWindow": {
                "schedule": "0 0 3 * * ?",
                "duration": "00:10:00",
                "timezone": "+00:00",
            },
        }
    ]


def test_assign_offline_is_a_parameter():
    client, server = client_for(answer("mgmt_targets_of_a_set", "offline"))
    result = client.sets.assign(75, [TargetAssignment(id="tgt-39561")], offline=True)
    assert server.query == {"offline": "true"}
    assert (result.already_assigned, result.assigned_actions) == (1, [])


def test_metadata_list_that_ignores_paging_is_asked_for_once():
    client, server = client_for(answer("mgmt_metadata", "list with paging, as in the reference"))
    assert [one.key for one in client.sets.metadata(78).find("key==x")] == ["k2", "someKnownKey"]
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("scenario", "title", "status", "code"),
    [
        ("mgmt_sets", "read unknown", 404, "repo.entityNotFound"),
        ("mgmt_sets", "create again: same name and version", 409, "repo.entityAlreadyExists"),
        ("mgmt_sets", "update requiredMigrationStep of an assigned set", 423, "error.locked"),
        ("mgmt_invalidate", "assign an invalidated set", 400, "distributionset.invalid"),
        ("mgmt_targets_of_a_set", "incomplete set", 400, "distributionset.incomplete"),
        ("mgmt_metadata", "create, key of 129", 400, "DataIntegrityViolationException"),
    ],
)
def test_a_refusal_of_hawkbit_is_about_the_input_and_one_sentence(scenario, title, status, code):
    recorded = answer(scenario, title)
    client, server = client_for(recorded)
    with pytest.raises(ServerError) as caught:
        client.sets.get(1)
    error = caught.value
    assert error.status == status and error.has_code(code) and error.is_about_input
    assert recorded.json()["message"].rstrip(".") in str(error)
    assert "exceptionClass" not in str(error)
    assert json.loads(error.body) == recorded.json()
    assert server.sleeps_s == []


@pytest.mark.parametrize("title", ["unknown path", "wrong method", "wrong password"])
def test_an_error_of_the_framework_is_not_about_the_input(title):
    client, _ = client_for(answer("mgmt_login", title))
    with pytest.raises(ServerError) as caught:
        client.sets.get(1)
    assert not caught.value.is_about_input
