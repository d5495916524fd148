"""The journal's record in NVS of the simulated board."""

from hawkbit.journal import Journal, NVSStore
from runner import raises
from simboard.errors import PowerOff
from simboard.power import FLASH, MIDDLE, Cut
from small_board import Board

BASE = "http://server/DEFAULT/controller/v1/dev1"


def opened(*args):
    """Return a journal that has read its store."""
    journal = Journal(*args)
    journal.load()
    return journal


def booted():
    board = Board()
    board.boot()
    return board


def test_empty_nvs_is_no_record():
    booted()
    assert NVSStore().load() is None
    assert opened(NVSStore(), BASE, print).record == {}


def test_record_survives_a_reset():
    board = booted()
    opened(NVSStore(), BASE, print).write(state="staged")
    board.boot()
    assert opened(NVSStore(), BASE, print).record["state"] == "staged"


def test_longest_record_fits():
    booted()
    details = ["x" * 256, "y" * 256]
    reports = [["922337203685477580%d" % i, "closed", "failure", details] for i in range(4)]
    journal = opened(NVSStore(), BASE, print)
    journal.write(reports=reports, cause="z" * 256, key="0" * 160, action="9" * 19)
    assert opened(NVSStore(), BASE, print).record["reports"] == reports


def test_power_cut_while_saving_keeps_the_old_record():
    board = booted()
    store = NVSStore()
    store.save(b"old")
    board.supply.cuts.append(Cut(FLASH, board.supply.counts[FLASH] + 1, MIDDLE))
    raises(PowerOff, store.save, b"new")
    board.boot()
    assert NVSStore().load() == b"old"


def test_record_over_the_limit_raises_and_keeps_the_old_one():
    booted()
    store = NVSStore()
    store.save(b"old")
    raises(OSError, store.save, b"x" * 4001)
    assert store.load() == b"old"
