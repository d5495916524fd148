"""Asked of rollouts what hawkBit 1.0.4 was asked, the server answers and believes the same.

The recordings were made by rollout_talks.py from hawkBit 1.0.4, built from its sources.
"""

import json
from pathlib import Path

import pytest
import rollout_talks
from rollouts.testing import local_server

_FILE = Path(__file__).parent / "hawkbit-1.0.4" / "rollouts.jsonl"
_RECORDED = {
    line["talk"]: line["steps"] for line in map(json.loads, _FILE.read_text().splitlines())
}


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    with local_server(scheduler_period_ms=0, user="admin", password="admin") as server:
        yield server


def different(ours, theirs):
    return [
        f"{number} {want['title']}\n   want {json.dumps(want)}\n   got  {json.dumps(got)}"
        for number, (got, want) in enumerate(zip(ours, theirs, strict=True))
        if got != want
    ]


@pytest.mark.parametrize("name", _RECORDED)
def test_same_answers_and_beliefs_as_hawkbit(server, name):
    def settle():
        # Time for every rollout to come to rest; dynamic groups are filled one after the other.
        for _ in range(12 if name == "dynamic" else 6):
            server.step()
            server.clock.advance(61)

    server.reset()
    ours = rollout_talks.follow(server.url, name, settle)
    wrong = different(ours, _RECORDED[name])
    assert not wrong, f"{len(wrong)} of {len(ours)} steps differ:\n" + "\n".join(wrong)
