"""The journal's record in NVS of the simulated board."""

import sys

from hawkbit.journal import Journal, NVSStore
from hawkbit.report import Reports
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


def test_record_of_just_the_size_of_a_page_is_kept_and_a_larger_one_refused():
    booted()
    store = NVSStore()
    store.save(bytes(4000))
    assert "4001 bytes" in str(raises(OSError, store.save, bytes(4001)))
    assert store.load() == bytes(4000)


def test_save_is_committed():
    # On today's ESP-IDF set_blob() is enough; its documentation wants both.
    booted()
    store = NVSStore(key="k")
    calls = []

    class Recorder:
        def set_blob(self, key, data):
            calls.append((key, data))

        def commit(self):
            calls.append("commit")

    store._nvs = Recorder()
    store.save(b"x")
    assert calls == [("k", b"x"), "commit"]


def test_newest_of_the_longest_reports_fits():
    # CPython's JSON has 12 bytes for what NVS holds in 4.
    for character in "x\x01é漢" + ("😀" if sys.implementation.name == "micropython" else ""):
        booted()
        details = [character * 256, character * 256]
        store = NVSStore()
        journal = opened(store, BASE, print)
        journal.write(installed=["n" * 128, "v" * 64], answered="9" * 19)
        queue = Reports(None, journal, lambda name, info: None)
        for number in range(6):
            action = "922337203685477580%d" % number
            journal.renew(action=action, key="0" * 10, state="testing")
            queue.end("failure", details)
            newest = opened(store, BASE, print).record["reports"][-1]
            assert newest == [action, "closed", "failure", details], (character, newest)


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
