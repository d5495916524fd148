"""Some faults against MicroPython's own sockets, in real time."""

import pytest
from faults.lab import FAILURE, SUCCESS, errors


@pytest.mark.parametrize(
    ("fault", "tries_more"),
    [
        ("chunked@any", 0),
        ("no-length@any", 0),
        ("redirect", 0),
        ("slow=100000", 0),
        ("cut-at=9000#2", 1),
        ("status=503@any#2", 1),
        ("lost-answer@feedback#5", 1),
    ],
)
def test_update_ends_well_and_is_reported_once(unix_lab, fault, tries_more):
    assert unix_lab.update(fault) == SUCCESS
    assert unix_lab.finals() == ["finished: installed, tested and confirmed"]
    assert len(errors("\n".join(unix_lab.log))) == tries_more
    assert unix_lab.server.faults.struck


def test_connection_closed_after_two_answers_costs_nothing(unix_lab):
    assert unix_lab.update("close-after=2") == SUCCESS
    assert unix_lab.finals() == ["finished: installed, tested and confirmed"]


def test_wrong_hash_is_reported_with_words(unix_lab):
    assert unix_lab.update("wrong-hash") == FAILURE
    assert ["fw.bin: sha256 is" in final for final in unix_lab.finals()] == [True]
