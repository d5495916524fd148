"""Queries: what they find, and what is refused."""

import pytest
from rollouts.serve import rsql
from rollouts.serve.errors import ApiError


@pytest.fixture
def targets(operator):
    """Three targets: esp-1 and esp-2 by name, one of them with attributes, and other."""
    for controller_id, name in (("esp-1", "Kitchen"), ("esp-2", "Hall 100%"), ("other", "kit")):
        body = {"controllerId": controller_id, "name": name, "description": name[:3]}
        operator.post_ok("/targets", [body])
    device = operator.device("attr")
    device.put(device.base + "/configData", json={"data": {"hw.rev": "C3", "n": "1"}})
    return operator


FOUND = {
    "controllerid==esp-*": {"esp-1", "esp-2"},
    "controllerId==ESP-1": {"esp-1"},
    "name==kit*": {"esp-1", "other"},
    "name==*100%": {"esp-2"},
    "name==*0_": set(),
    'name=="Hall 100%"': {"esp-2"},
    "name!=kit*": {"esp-2", "attr"},
    "controllerid=in=(esp-1,other)": {"esp-1", "other"},
    "controllerid=out=(esp-1,other)": {"esp-2", "attr"},
    "name==kit*;controllerid==esp-*": {"esp-1"},
    "name==kit*,controllerid==attr": {"esp-1", "other", "attr"},
    "(name==kit*,controllerid==attr);controllerid==attr": {"attr"},
    "name==kit* and controllerid==esp-1 or controllerid == attr": {"esp-1", "attr"},
    "attribute.hw.rev==c3": {"attr"},
    "attribute.hw.rev!=c3": {"esp-1", "esp-2", "other"},
    "description==''": {"attr"},
    "updatestatus==unknown;createdat=gt=0": {"esp-1", "esp-2", "other", "attr"},
    "lastcontrollerrequestat=le=0": set(),
    "assignedds.name==x": set(),
    "assignedds.name!=x": {"esp-1", "esp-2", "other", "attr"},
}


@pytest.mark.parametrize("query", FOUND)
def test_query_finds(targets, query):
    page = targets.get("/targets", params={"q": query}).json()
    assert {t["controllerId"] for t in page["content"]} == FOUND[query]
    assert page["total"] == len(FOUND[query])


REFUSED = {
    "": "rsqlParamSyntax",
    "name": "rsqlParamSyntax",
    "name=like=x": "rsqlParamSyntax",
    "name==a b": "rsqlParamSyntax",
    "(name==a": "rsqlParamSyntax",
    "name==a;": "rsqlParamSyntax",
    "createdat=gt=soon": "rsqlParamSyntax",
    "createdat=gt=(1,2)": "rsqlParamSyntax",
    "colour==red": "rsqlInvalidField",
    "attribute==x": "rsqlInvalidField",
    "name.x==y": "rsqlInvalidField",
}


@pytest.mark.parametrize("query", REFUSED)
def test_query_is_refused(targets, query):
    answer = targets.get("/targets", params={"q": query})
    assert answer.status_code == 400
    assert answer.json()["errorCode"] == f"hawkbit.server.error.rest.param.{REFUSED[query]}"


@pytest.mark.parametrize("query", ["'; drop table target; --", "name==' or 1=1 --", "\x00", "((("])
def test_nonsense_is_a_syntax_error_and_nothing_else(query):
    with pytest.raises(ApiError) as error:
        rsql.parse(query)
    assert error.value.status == 400


def test_escaped_quote_is_part_of_the_value():
    assert rsql.parse(r'name=="say \"hi\""').values == ['say "hi"']


def test_filter_with_a_bad_query_is_refused(operator):
    answer = operator.post("/targetfilters", json={"name": "f", "query": "colour==red"})
    assert answer.status_code == 400
    assert answer.json()["errorCode"].endswith("rsqlInvalidField")
