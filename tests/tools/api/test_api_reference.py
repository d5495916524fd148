"""The answers that the reference of 2023 documents are read as those of today."""

import json
import re
from pathlib import Path

import httpx
import pytest
from recorded import client_for

REFERENCE = Path(__file__).parents[4] / "shared/seeds/002_b2779dc8766a3cdb.txt"
ANSWER = re.compile(r"(?m)^HTTP/1.1 20\d.*\n(?:[A-Z][\w-]*: .*\n|\s*\n)*(?=[\[{])")
pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason="no ../shared/seeds here")

SET = "/rest/v1/distributionsets/{distributionSetId}"
CALLS = {
    "GET /rest/v1/distributionsets": lambda sets: sets.find()[0].label == "DS:1.0",
    f"GET {SET}": lambda sets: sets.get(7).complete,
    f"PUT {SET}": lambda sets: sets.update(7, {}).modules,
    f"GET {SET}/assignedSM": lambda sets: len(sets.modules(7)) == 3,
    f"GET {SET}/assignedTargets": lambda sets: sets.assigned_targets(7)[0].update_status,
    f"POST {SET}/assignedTargets": lambda sets: sets.assign(7, []).already_assigned == 1,
    f"GET {SET}/installedTargets": lambda sets: sets.installed_targets(7)[0].installed_at_ms,
    f"GET {SET}/autoAssignTargetFilters": lambda sets: sets.auto_assign_target_filters(7)[0].query,
    f"GET {SET}/metadata": lambda sets: sets.metadata(7).find()[0].key,
    f"POST {SET}/metadata": lambda sets: sets.metadata(7).create([]) is None,
    f"GET {SET}/metadata/{{metadataKey}}": lambda sets: sets.metadata(7).get("k").value,
    f"PUT {SET}/metadata/{{metadataKey}}": lambda sets: sets.metadata(7).update("k", "v") is None,
}


def examples():
    """Return {heading: JSON of its last answer example}."""
    found, heading = {}, None
    for part in re.split(r"(?m)^(?=(?:GET|POST|PUT|DELETE) /rest/v1/\S+$)", REFERENCE.read_text()):
        heading = part.split("\n", 1)[0].strip()
        for answer in re.finditer(
            r"(?m)^HTTP/1.1 20\d.*\n(?:[A-Z][\w-]*: .*\n|\s*\n)*(?=[\[{])", part
        ):
            found[heading] = json.JSONDecoder().raw_decode(part[answer.end() :])[0]
    return found


@pytest.mark.parametrize("heading", CALLS)
def test_the_documented_answer_is_read(heading):
    client, server = client_for(httpx.Response(200, json=examples()[heading]))
    assert CALLS[heading](client.sets)
    assert server.asked[0][0] == heading.split()[0]


def test_created_sets_keep_the_order_they_were_asked_for_in():
    from rollouts.api.models import NewDistributionSet

    answer = examples()["POST /rest/v1/distributionsets"]
    client, _ = client_for(httpx.Response(201, json=answer))
    names = ["three", "one", "two"]
    made = client.sets.create([NewDistributionSet(name=name, version=name) for name in names])
    assert [(one.name, one.id) for one in made] == [("three", 31), ("one", 33), ("two", 32)]
