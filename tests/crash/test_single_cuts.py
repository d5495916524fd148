"""The power goes once, at every event that an update has."""

import pytest
from crash.update import SCENARIOS, Update, delta_of, single_cuts, story
from simboard.power import FLASH, REQUEST, STREAM

CHUNKS = 8


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", SCENARIOS)
def test_update_ends_as_it_must_after_any_cut(name, chunk, record_property):
    scenario = SCENARIOS[name]
    cuts = single_cuts(scenario)[chunk::CHUNKS]
    wrong = {cut: update.wrong for cut in cuts if (update := Update(scenario, [cut]).run()).wrong}
    record_property("tally", ("power cuts", len(cuts), len(cuts) - len(wrong)))
    if wrong:
        cut = next(iter(wrong))
        lines = [f"{cut}: {reasons}" for cut, reasons in wrong.items()]
        pytest.fail("\n".join([*lines, f"The story of {cut}:", story(scenario, [cut])]))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_operation_request_and_4_kib_is_counted(name):
    scenario = SCENARIOS[name]
    update = Update(scenario).run()
    operations = update.flash.programs + sum(update.flash.erases.values())
    assert update.supply.counts[FLASH] == operations
    # Two of each block of the image, and more.
    assert operations > 2 * scenario.size // 4096
    assert update.supply.counts[REQUEST] == update.requests()
    fetched = len(delta_of(scenario)) if scenario.delta == "right" else scenario.size
    assert update.supply.counts[STREAM] >= fetched // 4096
    cuts = single_cuts(scenario)
    assert len(set(cuts)) == len(cuts)
    assert len(cuts) == (
        3 * operations + 3 * update.supply.counts[REQUEST] + update.supply.counts[STREAM]
    )
