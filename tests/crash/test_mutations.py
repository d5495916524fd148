"""The test of the crash test: it notices when a rule of the library is broken."""

import itertools
import random

import pytest
from crash.mutations import MUTATIONS, Mutation, PatchError, mutate
from crash.update import SCENARIOS, NeverActivated, Update, draw_pair, single_cuts
from simboard.host import FIRMWARE, UNIX

SEED = 5
PAIRS = 300


def attempts(scenario, firmware):
    """Yield what is wrong in ever more updates: never activated, then cuts and pairs by turns."""
    yield NeverActivated(scenario, firmware=firmware).run().wrong
    drawn = random.Random(SEED)
    cuts = list(single_cuts(scenario))
    drawn.shuffle(cuts)
    pairs = (draw_pair(scenario, drawn) for _ in range(PAIRS))
    for cut, pair in itertools.zip_longest(cuts, pairs):
        for made in ([cut] if cut else None, pair):
            if made:
                yield Update(scenario, made, firmware).run().wrong


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_broken_library_is_caught(mutation, tmp_path):
    firmware = (UNIX / "modules", mutate(mutation, tmp_path / "lib"))
    uncut = Update(SCENARIOS[mutation.scenario], firmware=firmware).run()
    assert not any("ended as" in text for text in uncut.wrong)  # it is no mere crash
    assert any(attempts(SCENARIOS[mutation.scenario], firmware))


def test_library_that_is_not_broken_is_not_caught():
    for scenario in (SCENARIOS["file"], SCENARIOS["nvs"]):
        assert NeverActivated(scenario, firmware=FIRMWARE).run().wrong == []


def test_patch_without_a_place_is_told(tmp_path):
    mutation = Mutation("none", "nvs", [("action", "not in the library", "")])
    with pytest.raises(PatchError, match="action.py has 0 of"):
        mutate(mutation, tmp_path / "lib")
