"""KILLS=200: that many updates, or more, in which the emulator is ended and started again."""

import os
import time
from functools import partial

import pytest
from emulator import flash_file, power_cuts
from emulator.qemu import EmulatorError
from emulator.serial_log import LostNetworkError, SilentError

KILLS = int(os.environ.get("KILLS") or 0)
SEED = int(os.environ.get("SEED") or 1)


def cut(board, office, action_id, cuts):
    """Return how often the power was cut, and what is wrong."""
    try:
        made = power_cuts.run(board, cuts, partial(office.is_over, action_id), time.sleep)
    except (SilentError, LostNetworkError, EmulatorError) as e:
        return 0, [str(e)]
    finally:
        board.cut_power()
    boots_next = flash_file.boots_next(board.flash_file)
    return made, power_cuts.complaints(office, action_id, power_cuts.slots("ota_1"), boots_next)


def test_every_update_ends_right_whenever_the_power_is_cut(ready, staged, office, capsys):
    if not KILLS:
        pytest.skip("make emulator KILLS=200 cuts the power that often, a minute each")
    wrong, kills, seed = [], 0, SEED
    while kills < KILLS:
        cuts = power_cuts.plan(seed)
        office.server.reset()
        begins = ready if cuts[0].word in power_cuts.DOWNLOAD else staged
        board, action_id = begins()
        made, found = cut(board, office, action_id, cuts)
        kills += made
        wrong += [f"SEED={seed}: {text}" for text in found]
        with capsys.disabled():
            ended = "; ".join(found) or f"right, {office.believes(action_id)[0]}"
            print(f"\nseed {seed}: {kills} of {KILLS} kills: {ended}", end="", flush=True)
        if not found:
            board.flash_file.unlink()
        seed += 1
    assert not wrong, "\n".join(wrong)
