"""New images that are no good, and good ones in bad weather; bootloaders with and without
rollback."""

from dataclasses import replace

import pytest
from crash.update import SCENARIOS, Update
from fake_ddi import empty
from simboard import behavior, host

BOOTLOADERS = pytest.mark.parametrize("bootloader", ["nvs", "no-rollback"])
PORTAL = (200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>")
NO_POLL = "no poll was answered in 600 s"


class Weather(Update):
    """While the new image runs, until `end_s`, the server has only `answer` for polls."""

    def __init__(self, scenario, answer, end_s):
        super().__init__(scenario)
        self._answer = answer
        self._end_ms = end_s * 1000
        self.server.fault("GET", self._weather)

    def _weather(self, request):
        if self.runs_new() and self.board.clock.now_ms() < self._end_ms:
            return self._answer
        faults, self.server.faults = self.server.faults, []
        answer = self.server.answer(request)
        self.server.faults = faults
        return answer


@BOOTLOADERS
@pytest.mark.parametrize(
    "name, cause",
    [
        (behavior.HANGS, "rolled back"),
        (behavior.CRASHES, "rolled back"),
        (behavior.CANNOT_IMPORT, "rolled back"),
        (behavior.SELF_TEST_FAILS, "self-test failed"),
        (behavior.NO_NETWORK, NO_POLL),
    ],
)
def test_image_that_is_no_good_goes_back_and_the_old_one_says_why(
    bootloader, name, cause, monkeypatch
):
    monkeypatch.setattr(host, "_HANG_CPU_S", 0.1)  # a second for each timer is a long wait
    update = Update(replace(SCENARIOS[bootloader], project_name=name)).run()
    assert update.wrong == []
    status, [report] = update.report()
    assert status == "error"
    assert "rolled back" in report and cause in report


def test_image_that_crashes_before_python_goes_back():
    # Without rollback in the bootloader nothing is left that could.
    update = Update(replace(SCENARIOS["nvs"], project_name=behavior.UNBOOTABLE)).run()
    assert update.wrong == []
    assert update.report()[0] == "error"


@BOOTLOADERS
@pytest.mark.parametrize("answer", [empty(401), empty(404), PORTAL])
def test_server_that_refuses_the_new_image_rolls_it_back(bootloader, answer):
    update = Weather(SCENARIOS[bootloader], answer, end_s=5000).run()
    assert not update.runs_new()
    status, [report] = update.report()
    assert status == "error"
    assert NO_POLL in report


@BOOTLOADERS
@pytest.mark.parametrize("status", [429, 500, 503])
def test_outage_at_the_end_of_the_time_confirms(bootloader, status):
    update = Weather(SCENARIOS[bootloader], empty(status), end_s=900).run()
    assert update.wrong == []
    assert update.report()[0] == "finished"


@BOOTLOADERS
def test_outage_that_ends_in_time_confirms(bootloader):
    update = Weather(SCENARIOS[bootloader], empty(503), end_s=300).run()
    assert update.wrong == []
    assert update.report()[0] == "finished"
