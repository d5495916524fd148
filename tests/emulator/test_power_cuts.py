"""KILLS=200: that many updates, or more, in which the emulator is ended and started again."""

import os
import time
from functools import partial

import pytest
from emulator import flash_file, power_cuts

KILLS = int(os.environ.get("KILLS") or 0)
SEED = int(os.environ.get("SEED") or 1)


def test_every_update_ends_right_whenever_the_power_is_cut(ready, office, app, capsys):
    if not KILLS:
        pytest.skip("make emulator KILLS=200 cuts the power that often, half a minute each")
    board, action_id = ready()
    office.publish(app, "2.0.1")
    wrong, kills, seed = [], 0, SEED
    while kills < KILLS:
        slot = "ota_1" if flash_file.boots_next(board.flash_file)[0] == "ota_0" else "ota_0"
        cuts = power_cuts.plan(seed)
        kills += power_cuts.run(board, cuts, partial(office.is_over, action_id), time.sleep)
        boots_next = flash_file.boots_next(board.flash_file)
        found = power_cuts.complaints(office, action_id, slot, boots_next)
        wrong += [f"SEED={seed}: {text}" for text in found]
        with capsys.disabled():
            print(
                f"\nseed {seed}: {kills} of {KILLS} kills: {'; '.join(found) or 'right'}", end=""
            )
        seed += 1
        action_id = office.assign(f"2.0.{(seed - SEED) % 2}")  # the set that it has not
    assert not wrong, "\n".join(wrong)
