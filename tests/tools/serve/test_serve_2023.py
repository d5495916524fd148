"""`--dialect 2023`: the request examples of the seed reference, sent as they are written there.

Each gets an answer of the documented status and shape: the members named, no others, of the
type named. Optional members of the reference are marked with `?`.
"""

from datetime import UTC, datetime

import httpx
import pytest
from rollouts.serve.model import (
    DistributionSet,
    DistributionSetMetadata,
    DistributionSetType,
    DistributionSetTypeElement,
    SoftwareModule,
    SoftwareModuleType,
    Target,
    TargetFilter,
)
from rollouts.serve.server import Server
from rollouts.serve.settings import Settings

# The examples were made then; one has a window of that day.
THEN_MS = int(datetime(2023, 8, 3, 12, 31, 45, tzinfo=UTC).timestamp() * 1000)
JSON = {"Accept": "application/json"}
SENDS = {"Content-Type": "application/json"}
SETS = "/rest/v1/distributionsets"

AUDIT = {"createdBy": str, "createdAt": int, "lastModifiedBy": str, "lastModifiedAt": int}
MODULE = AUDIT | {
    "name": str, "description?": str, "version": str, "type": str, "typeName": str,
    "vendor?": str, "deleted": bool, "encrypted": bool, "_links": {"self": {"href": str}},
    "id": int,
}  # fmt: skip
SET = AUDIT | {
    "name": str, "description?": str, "version": str, "modules": [MODULE],
    "requiredMigrationStep": bool, "type": str, "typeName": str, "complete": bool,
    "deleted": bool, "valid": bool, "_links": {"self": {"href": str}}, "id": int,
}  # fmt: skip
WHOLE_SET = SET | {
    "_links": {name: {"href": str} for name in ("self", "modules", "type", "metadata")}
}
TARGET = AUDIT | {
    "name": str, "controllerId": str, "updateStatus": str, "installedAt?": int,
    "securityToken": str, "requestAttributes": bool, "_links": {"self": {"href": str}},
}  # fmt: skip
FILTER = AUDIT | {
    "name": str, "query": str, "autoAssignDistributionSet": int,
    "autoAssignActionType": (str, type(None)), "autoAssignWeight": (int, type(None)),
    "confirmationRequired": (bool, type(None)), "_links": {"self": {"href": str}}, "id": int,
}  # fmt: skip
ENTRY = {"key": str, "value": str}
ASSIGNED = {
    "alreadyAssigned": int, "total": int, "assigned": int,
    "assignedActions": [{"_links": {"self": {"href": str}}, "id": int}],
}  # fmt: skip
ERROR = {"errorCode": str, "exceptionClass": str, "message": str, "parameters": [str]}


def page(of) -> dict:
    return {"content": [of], "total": int, "size": int}


def check(value, shape, where: str = "answer") -> None:
    if isinstance(shape, dict):
        needed = {name for name in shape if not name.endswith("?")}
        allowed = {name.rstrip("?") for name in shape}
        assert needed <= set(value) <= allowed, (where, set(value) ^ allowed)
        for name, part in shape.items():
            if name.rstrip("?") in value:
                check(value[name.rstrip("?")], part, f"{where}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), where
        for part in value:
            check(part, shape[0], where + "[]")
    else:
        assert isinstance(value, shape), (where, value)


def arrange(server: Server) -> None:
    """What the examples speak of, under the ids that they use."""
    with server.store.work() as work:
        runtime = SoftwareModuleType(key="runtime", name="runtime", max_assignments=1)
        work.add(runtime)
        kinds = {t.key: t for t in work.db.query(SoftwareModuleType)} | {"runtime": runtime}
        kind = DistributionSetType(key="test_default_ds_type", name="OS mandatory")
        kind.elements = [
            DistributionSetTypeElement(module_type=kinds[key], mandatory=key == "os")
            for key in ("os", "application", "runtime")
        ]
        work.add(kind)

        def module(name: str, key: str, **more):
            made = SoftwareModule(name=name, version="1.0", type=kinds[key], vendor="v", **more)
            return work.add(made)

        modules = [module("one", "os"), module("one app", "application")]
        spare = [module("r", "runtime", id=94), module("b", "application", id=93)]
        spare += [module("os", "os", id=108), module("application", "application", id=107)]
        modules.append(module("removed", "runtime", id=50))
        for i in (8, 10, 11, 12, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 29, 30):
            made = DistributionSet(id=i, name=f"DS {i}", version="1.0", type=kind, modules=modules)
            work.add(made)
        for i, key in ((20, "knownKey"), (27, "knownKey"), (30, "knownKey"), (29, "knownKey0")):
            work.db.add(DistributionSetMetadata(owner_id=i, key=key, value="knownValue"))
        for name in ("filter1", "filter2"):
            work.add(TargetFilter(name=name, query="name==a", set_id=22))
        sets = {"target1": 23, "targetExist": 10, "installed": 25}
        for name in ("target1", "target2", "target3", "target4", "target5", *list(sets)[1:]):
            target = Target(controller_id=name, name=name, security_token="t")
            target.assigned_set_id = target.installed_set_id = sets.get(name)
            work.add(target)


@pytest.fixture(scope="module")
def client():
    server = Server(Settings(dialect="2023")).start()
    server.clock.set(THEN_MS)
    server.call(arrange, server)
    # The reference's login: TENANT\USER.
    with httpx.Client(base_url=server.url, auth=("DEFAULT\\admin", "admin")) as client:
        yield client
    server.stop()


WINDOW = {"duration": "00:10:00", "schedule": "45 11 14 3 8 ? 2023", "timezone": "+00:00"}
NEW_SETS = [
    {
        "requiredMigrationStep": name == "three",
        "name": name,
        "description": "a description",
        "type": "test_default_ds_type",
        "version": name,
        "modules": [{"id": 108}, {"id": 107}],
    }
    for name in ("one", "two", "three")
]
UPDATE = {
    "requiredMigrationStep": True,
    "name": "another Name",
    "description": "a new description",
    "version": "another Version",
}
ASSIGNMENT = [
    {"maintenanceWindow": WINDOW, "forcetime": 1691065905424, "id": f"target{i}",
     "type": "timeforced"}
    for i in range(1, 6)
]  # fmt: skip
METADATA = [
    {"value": "knownValue1", "key": "knownKey1"},
    {"value": "knownValue2", "key": "knownKey2"},
]
INVALIDATION = {"cancelRollouts": True, "actionCancelationType": "soft"}
PAGED = "?offset=1&limit=2&sort=version%3ADESC&q=name%3D%3D"
TARGETS_PAGED = "?offset=1&limit=2&sort=name%3ADESC&q=controllerId%3D%3Dtarget*"

# method, path, body, status, shape: in the order of the reference
EXAMPLES = [
    ("GET", "", None, 200, page(SET)),
    ("GET", PAGED + "testDS*", None, 200, page(SET)),
    ("POST", "/", NEW_SETS, 201, [SET]),
    ("DELETE", "/16", None, 200, None),
    ("GET", "/12", None, 200, WHOLE_SET),
    ("PUT", "/18", UPDATE, 200, WHOLE_SET),
    ("GET", "/24/assignedSM", None, 200, page(MODULE)),
    ("GET", "/19/assignedSM" + PAGED + "one*", None, 200, page(MODULE)),
    ("POST", "/26/assignedSM", [{"id": 93}, {"id": 94}], 200, None),
    ("DELETE", "/11/assignedSM/50", None, 200, None),
    ("GET", "/10/assignedTargets", None, 200, page(TARGET)),
    ("GET", "/10/assignedTargets" + TARGETS_PAGED, None, 200, page(TARGET)),
    ("POST", "/23/assignedTargets", ASSIGNMENT, 200, ASSIGNED),
    ("GET", "/25/installedTargets", None, 200, page(TARGET)),
    ("GET", "/22/autoAssignTargetFilters", None, 200, page(FILTER)),
    ("GET", "/29/metadata", None, 200, page(ENTRY)),
    ("GET", "/29/metadata?offset=1&limit=2&sort=key%3ADESC&q=key%3D%3Dknown*", None, 200,
     page(ENTRY)),
    ("POST", "/21/metadata", METADATA, 201, [ENTRY]),
    ("DELETE", "/30/metadata/knownKey", None, 200, None),
    ("GET", "/27/metadata/knownKey", None, 200, ENTRY),
    ("PUT", "/20/metadata/knownKey", {"value": "valueForUpdate", "key": "knownKey"}, 200, ENTRY),
    ("POST", "/8/invalidate", INVALIDATION, 200, None),
]  # fmt: skip


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e[0]} {e[1]}")
def test_example_of_the_reference_gets_the_documented_answer(client, example):
    method, path, body, status, shape = example
    answer = client.request(method, SETS + path, json=body)
    assert answer.status_code == status, answer.text
    if shape is None:
        assert answer.content == b""
    else:
        check(answer.json(), shape)
    kind = "application/json" if path.endswith("knownKey") and method == "GET" else None
    if method == "PUT" and path == "/18":
        kind = "application/json"
    if shape is not None:
        wanted = kind or "application/hal+json"
        assert answer.headers["content-type"].split(";")[0] == wanted


def test_accept_json_gets_json(client):
    answer = client.get(SETS, headers=JSON)
    assert answer.headers["content-type"].split(";")[0] == "application/json"


def test_one_of_five_had_the_set_already(client):
    answer = client.post(f"{SETS}/23/assignedTargets", json=[{"id": "target1"}]).json()
    assert (answer["alreadyAssigned"], answer["assigned"], answer["total"]) == (1, 0, 1)


def test_q_on_modules_of_a_set_finds(client):
    found = client.get(f"{SETS}/19/assignedSM?q=name%3D%3Done*").json()
    assert sorted(m["name"] for m in found["content"]) == ["one", "one app"]


def test_existing_metadata_is_a_conflict_and_missing_is_not_found(client):
    entry = {"key": "knownKey", "value": "x"}
    answer = client.post(f"{SETS}/27/metadata", json=[entry])
    assert answer.status_code == 409
    check(answer.json(), ERROR)
    assert client.put(f"{SETS}/27/metadata/none", json=entry).status_code == 404


def test_set_in_use_is_read_only(client):
    answer = client.post(f"{SETS}/23/assignedSM", json=[{"id": 94}])
    assert answer.status_code == 403
    assert answer.json()["errorCode"] == "hawkbit.server.error.entityReadOnly"


def test_second_invalidation_is_refused(client):
    client.post(f"{SETS}/19/invalidate", json=INVALIDATION)
    answer = client.post(f"{SETS}/19/invalidate", json=INVALIDATION)
    assert answer.json()["errorCode"] == "hawkbit.server.error.distributionset.invalid"


def test_actions_have_status_and_detail_status(client):
    page_ = client.get("/rest/v1/actions?q=status==pending;detailstatus==running").json()
    assert page_["total"] >= 4
    action = page_["content"][0]
    assert (action["status"], action["detailStatus"]) == ("pending", "running")
    assert "active" not in action


def test_configuration_comes_back_when_it_is_set(client):
    answer = client.put("/rest/v1/system/configs/pollingTime", json={"value": "00:10:00"})
    assert (answer.status_code, answer.json()["value"]) == (200, "00:10:00")


def test_plain_user_name_logs_in_too(client):
    assert client.get("/rest/v1/userinfo", auth=("admin", "admin")).status_code == 200
    assert client.get("/rest/v1/userinfo", auth=("OTHER\\admin", "admin")).status_code == 401
