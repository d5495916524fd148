"""Walks through both APIs end on `rollouts serve` as on hawkBit.

Kept ones, and what hawkBit made of them: one for each kind of thing that was once otherwise on
`serve`, and random ones in which something was. Fresh ones, WALKS of them from the seed
WALKS_SEED on, only on a hawkBit of ours: `make conformance HAWKBIT_JAR=...`.
"""

import json
import os
import re
from contextlib import closing
from pathlib import Path

import pytest
from conformance import servers, walks
from rollouts.serve.dialect import DIALECTS, HAWKBIT_1_0_4

KEPT = {
    walk["title"]: walk
    for line in (Path(__file__).parent / "walked" / "hawkbit-1.0.4.jsonl").open(encoding="utf-8")
    for walk in [json.loads(line)]
}


@pytest.fixture(scope="session")
def walker(server):
    if not server.is_ours:
        pytest.skip("walks leave much behind and change the configuration: on a server of ours")
    with closing(walks.Walker(server)) as walker:
        yield walker


def _version(request) -> str:
    """Which hawkBit the server is or, as `rollouts serve`, answers as."""
    found = re.search(r"\d+\.\d+\.\d+", request.node.callspec.params["server"])
    return f"hawkbit-{found[0]}" if found else HAWKBIT_1_0_4


@pytest.mark.parametrize("title", KEPT)
def test_kept_walk_ends_as_on_hawkbit(walker, request, title):
    if _version(request) != HAWKBIT_1_0_4:
        pytest.skip("the kept ones are hawkBit 1.0.4's")
    kept = KEPT[title]
    seen = walks.outcome(walker.walk(kept["steps"]))
    kept = {"answers": kept["answers"], "end": kept["end"]}
    assert walks.difference(seen, kept) is None


def test_fresh_walks_end_alike(walker, request):
    if request.node.callspec.params["server"] == servers.SERVE:
        pytest.skip("it takes a hawkBit to compare with: make conformance")
    dialect = _version(request)
    if dialect not in DIALECTS:
        pytest.skip(f"`rollouts serve` has no dialect {dialect}")
    first, count = int(os.environ.get("WALKS_SEED", "1")), int(os.environ.get("WALKS", "20"))
    parted = {}
    with servers.serve(dialect) as ours, closing(walks.Walker(ours)) as our_walker:
        for seed in range(first, first + count):
            steps = walks.generate(seed)
            pair = (walks.outcome(one.walk(steps)) for one in (our_walker, walker))
            found = walks.difference(*pair)
            if found:
                parted[seed] = found
    assert not parted, f"{len(parted)} of {count} walks part, by seed: {parted}"
