"""What hawkBit 1.0.4 and 1.1.0 answer differently: each row was asked of both."""

import pytest
from rollouts.serve.dialect import HAWKBIT_1_0_4, HAWKBIT_1_1_0
from rollouts.testing import local_server
from serve_asks import Operator

MODULE = '{"name":"new","version":"1","type":"os"}'
DETAILS = '{"status":{"execution":"proceeding","result":{"finished":"none"},"details":%s}}'
LISTS = [
    "distributionsets",
    "softwaremodules",
    "rollouts",
    "softwaremoduletypes",
    "distributionsettypes",
]


@pytest.fixture(scope="module")
def servers():
    with (
        local_server(dialect=HAWKBIT_1_0_4) as old,
        local_server(dialect=HAWKBIT_1_1_0) as new,
    ):
        yield old, new


@pytest.fixture
def both(servers):
    """An operator of each; dev-1 shall run set 1, of module 1; set 2 is empty."""
    operators = []
    for server in servers:
        server.reset()
        operator = Operator(server)
        operator.dev_1 = operator.device()
        operator.release()
        operator.set_of(name="empty")
        operators.append(operator)
    yield operators
    for operator in operators:
        operator.close()


def asked(client, method, url, body):
    heads = {} if body is None else {"Content-Type": "application/json"}
    return client.request(method, url, content=body, headers=heads).status_code


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        # A single thing where a list belongs, at any depth; null is no thing.
        ("POST", "/targets", '{"controllerId":"new"}', [400, 201]),
        ("POST", "/targets", "null", [400, 400]),
        ("POST", "/targets", '""', [400, 400]),
        ("POST", "/softwaremodules", MODULE, [400, 201]),
        ("POST", "/distributionsets", '{"name":"n","version":"1","modules":{"id":1}}', [400, 201]),
        ("POST", "/distributionsets/1/metadata", '{"key":"k","value":"v"}', [400, 201]),
        ("POST", "/distributionsets/2/assignedSM", '{"id":1}', [400, 204]),
        ("POST", "/distributionsets/1/assignedTargets", '{"id":"dev-1"}', [400, 200]),
        ("POST", "/targets/dev-1/assignedDS", '{"id":2}', [400, 400]),
        ("POST", "/targets/dev-1/assignedDS", '{"id":1}', [200, 200]),
        ("POST", "/targets/dev-1/assignedDS", "7", [400, 400]),
        ("POST", "/targettags", '{"name":"t"}', [400, 201]),
        ("PUT", "/targets/dev-1", '[{"name":"x"}]', [400, 400]),
        # What follows the JSON.
        ("PUT", "/targets/dev-1", '{"name":"y"} x', [200, 400]),
        ("PUT", "/targets/dev-1", '{"name":"y"}}', [200, 400]),
        ("PUT", "/targets/dev-1", '{"name":"y"}\n ', [200, 200]),
        ("PUT", "/targets/dev-1", '{"name":', [400, 400]),
        # A body that may be left out.
        ("POST", "/targets/dev-1/autoConfirm/activate", None, [204, 204]),
        ("POST", "/targets/dev-1/autoConfirm/activate", "null", [204, 204]),
    ],
)
def test_operator(both, method, path, body, statuses):
    assert [asked(one, method, path, body) for one in both] == statuses


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("POST", "deploymentBase/1/feedback", DETAILS % '"one"', [400, 200]),
        ("POST", "deploymentBase/1/feedback", DETAILS % "7", [400, 200]),
        ("POST", "deploymentBase/1/feedback", DETAILS % '{"a":1}', [400, 400]),
        ("POST", "deploymentBase/1/feedback", DETAILS % "null", [200, 200]),
        ("POST", "deploymentBase/1/feedback", DETAILS % "[]" + "x", [200, 400]),
        ("PUT", "configData", '{"data":{"a":["b"]}}', [400, 400]),
        ("PUT", "configData", '{"data":{"a":"b"}} rubbish', [200, 400]),
        ("POST", "confirmationBase/activateAutoConfirm", None, [415, 200]),
        ("POST", "confirmationBase/activateAutoConfirm", "", [200, 200]),
        ("POST", "confirmationBase/activateAutoConfirm", "null", [200, 200]),
    ],
)
def test_device(both, method, path, body, statuses):
    devices = [one.dev_1 for one in both]
    assert [asked(d, method, f"{d.base}/{path}", body) for d in devices] == statuses


@pytest.mark.parametrize(
    ("method", "path", "body", "statuses"),
    [
        ("GET", "", None, [200, 200]),
        ("GET", "/assignedSM", None, [200, 200]),
        ("PUT", "", '{"description":"x"}', [200, 404]),
        ("POST", "/invalidate", '{"actionCancelationType":"none"}', [204, 404]),
        ("POST", "/assignedTargets", '[{"id":"dev-1"}]', [404, 404]),
        ("POST", "/metadata", '[{"key":"k","value":"v"}]', [201, 201]),
        ("PUT", "/metadata/k", '{"value":"v"}', [204, 204]),
    ],
)
def test_deleted_set(both, method, path, body, statuses):
    for one in both:
        assert one.delete("/distributionsets/1").status_code == 204
    path = f"/distributionsets/1{path}"
    assert [asked(one, method, path, body) for one in both] == statuses


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("", [1, 1]),
        ("EXCLUDE_SOFT_DELETED", [1, 1]),
        ("INCLUDE_SOFT_DELETED", [1, 2]),
        ("ONLY_SOFT_DELETED", [1, 1]),
        ("include_soft_deleted", [1, None]),
        ("ONLY", [1, None]),
    ],
)
def test_soft_deleted_mode(both, mode, found):
    for one in both:
        one.delete("/distributionsets/1")
    query = f"?soft_deleted_mode={mode}"
    answers = [one.get(f"/distributionsets{query}").json() for one in both]
    assert [answer.get("total") for answer in answers] == found
    unknown = [{one.get(f"/{path}{query}").status_code for path in LISTS} for one in both]
    assert unknown == [{200}, {400 if found[1] is None else 200}]
    assert {one.get(f"/targets{query}").status_code for one in both} == {200}


def test_heads_and_members(both):
    old, new = both
    assert old.get("/targets/dev-1").headers["content-type"] == "application/json;charset=UTF-8"
    assert new.get("/targets/dev-1").headers["content-type"] == "application/json"
    assert new.get("/targets/nobody").headers["content-type"] == "application/json"
    refused = new.get("/targets", auth=("admin", "wrong"))
    assert refused.headers["www-authenticate"] == 'Basic realm="hawkBit", charset="UTF-8"'
    members = [list(one.target()) for one in both]
    assert members[0] != sorted(members[0]) and members[1] == sorted(members[0])
