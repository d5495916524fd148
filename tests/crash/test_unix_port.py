"""A sample of the cuts on MicroPython's unix port, with its own LittleFS and real sockets."""

import random

import interpreters
import pytest
from crash.unix_port import sample
from crash.update import SCENARIOS

SEED = 7
SINGLES = 6
PAIRS = 2

NO_UNIX = interpreters.reason_absent("unix")
pytestmark = pytest.mark.skipif(bool(NO_UNIX), reason=str(NO_UNIX))


@pytest.mark.parametrize("name", ["file", "nvs", "no-rollback", "delta"])
def test_sample_of_cuts_ends_as_it_must(name, record_property):
    made = 0
    for update in sample(SCENARIOS[name], SINGLES, PAIRS, random.Random(SEED)):
        assert update.wrong == [], "\n".join([str(update.cuts), *update.lines])
        made += len(update.cuts)
    assert made == SINGLES + 2 * PAIRS
    record_property("tally", ("power cuts on the unix port", made, made))
