"""Faults that last: nothing ends while they do, and the update does when they are over."""

import pytest
from faults.lab import NEW, OLD, SUCCESS


@pytest.mark.parametrize(
    "fault",
    [
        "cut-at=100",
        "drip",
        "stall",
        "status=503@any",
        "status=429@any",
        "status=401@any",
        "status=500@download",
        "redirect@any",
        "lost-answer@download",
        "lost-answer@poll",
    ],
)
def test_fault_that_lasts_ends_nothing(lab, fault):
    view = lab.update(fault)
    assert (view.target, view.is_installed) == ("pending", False)
    assert lab.finals() == [] and lab.runs() == OLD
    lab.server.faults.clear()
    assert lab.run() == SUCCESS
    assert lab.finals() == ["finished: installed, tested and confirmed"]


@pytest.mark.parametrize("fault", ["status=503", "lost-answer", "redirect=/x"])
def test_reports_that_never_arrive_are_told_when_they_can(lab, fault):
    lab.update(fault + "@feedback")
    assert lab.runs() == NEW and len(lab.downloads()) == 3
    lab.server.faults.clear()
    assert lab.run() == SUCCESS
    assert lab.finals() == ["finished: installed, tested and confirmed"]
    assert len(lab.downloads()) == 3
