"""Each fault of `rollouts serve --fault`: what does the server believe after the update?"""

import time

import pytest
from faults.lab import FAILURE, NEW, OLD, SUCCESS, errors

CONFIRMED = ["finished: installed, tested and confirmed"]
# The addresses of the lab's only artifact.
FILE = "/DEFAULT/controller/v1/dev-1/softwaremodules/1/artifacts/fw.bin"

# Whatever of these happens, the update ends well.
HARMLESS = [
    "cut-at=5000",
    "cut-at=100#1-3",
    "cut-at=1@any#1-6",
    "slow=60000",
    "drip#1",
    "drip@poll#1",
    "stall#1",
    "stall#2",
    "stall@deployment#1",
    "stall@feedback#1",
    "no-length",
    "no-length@any",
    "no-range",
    "no-range#2",
    "chunked",
    "chunked@any",
    "redirect",
    "redirect=http://127.0.0.1:1/#1-2",
    "redirect=/elsewhere@poll#1-2",
    "redirect@feedback#1-6",
    "gone#1-2",
    "gone@poll#1-2",
    "gone@deployment#1",
    "gone@config",
    "status=503@download#1-6",
    "status=503@poll#1-3",
    "status=503@deployment#1-3",
    "status=503@feedback#1-8",
    "status=503@config#1-3",
    "status=429@any#2-6",
    "status=500@any#1-3",
    "status=401@any#3-5",
    "status=404@download#1-2",
    "status=409@any#2-4",
    "status=302@any#2-4",
    "lost-answer@feedback#1-4",
    "lost-answer@feedback#5",
    "lost-answer@download#1-3",
    "lost-answer@any#1-4",
    "close-after=1",
    "close-after=3",
    "sleep=",
    "sleep=null",
    "sleep=00:00:00",
    "sleep=PT26H13M7.456S",
    "sleep=soon",
]


@pytest.mark.parametrize("fault", HARMLESS)
def test_update_ends_well_and_is_reported_once(lab, fault):
    assert lab.update(fault) == SUCCESS
    assert lab.finals() == CONFIRMED
    assert lab.runs() == NEW
    assert lab.server.faults.struck or fault.startswith("close-after")


# What the server never gives ends the action, with words; nothing is tried for ever.
FATAL = {
    "wrong-hash": "fw.bin: sha256 is",
    "wrong-hash#2": "fw.bin: sha256 is",
    "gone": "HTTP 410",
    "status=404@download": "HTTP 404",
    "status=400@download": "HTTP 400",
    "status=302@download": "a redirect to nowhere",
    f"redirect={FILE}": "over 5 redirects",
}


@pytest.mark.parametrize("fault", FATAL)
def test_update_that_cannot_succeed_ends_with_words(lab, fault):
    assert lab.update(fault) == FAILURE
    [final] = lab.finals()
    assert final.startswith("error: ") and FATAL[fault] in final
    assert lab.runs() == OLD
    assert len(lab.downloads()) <= 30


def test_clean_update_logs_no_error(lab, capsys):
    assert lab.update() == SUCCESS
    assert errors(capsys.readouterr().out) == []


@pytest.mark.parametrize("fault", ["lost-answer@feedback#5", "stall@feedback#5"])
def test_final_report_whose_answer_is_lost_is_sent_again_and_stored_once(lab, fault):
    assert lab.update(fault) == SUCCESS
    assert lab.finals() == CONFIRMED
    assert sum("/feedback" in line for line in lab.net.sent) == 6


def test_lost_answers_to_all_reports_are_told_as_soon_as_one_arrives(lab):
    assert lab.update("lost-answer@feedback") == SUCCESS
    sent = len(lab.net.sent)
    lab.server.faults.clear()
    assert lab.run() == SUCCESS
    assert lab.finals() == CONFIRMED
    assert "/feedback" in "".join(lab.net.sent[sent:])


def test_report_that_is_gone_is_told_when_the_action_is_offered_again(lab):
    assert lab.update("gone@feedback#1-5") == SUCCESS
    assert len(lab.finals()) == 1 and len(lab.downloads()) == 3


def test_report_refused_for_ever_installs_nothing_twice(lab):
    lab.update("status=400@feedback")
    assert lab.runs() == NEW and len(lab.downloads()) == 3
    lab.server.faults.clear()
    lab.run()
    assert lab.runs() == NEW and len(lab.downloads()) == 3


def test_connection_closed_while_idle_is_opened_again_silently(lab, capsys):
    lab.clock.on_sleep = lambda: time.sleep(0.001)
    lab.server.faults.add("idle-close=0.02")
    lab.run_idle(1000)
    assert lab.net.connections >= 3
    lab.server.faults.clear()  # a report that meets the close is an error, and sent again later
    lab.assign()
    assert lab.run(700) == SUCCESS
    assert lab.finals() == CONFIRMED
    assert errors(capsys.readouterr().out) == []


def test_silence_is_given_up_after_twenty_seconds(lab, capsys):
    lab.server.faults.add("stall@poll")
    lab.run_idle(19)
    assert errors(capsys.readouterr().out) == []
    lab.run_idle(24)
    assert "silent or too slow" in errors(capsys.readouterr().out)[0]


def test_one_byte_a_second_is_given_up_after_a_minute(lab, capsys):
    lab.server.faults.add("slow=50@poll#1-2")  # a byte in a second of the board's time
    lab.run_idle(50)
    assert errors(capsys.readouterr().out) == []
    lab.run_idle(80)
    assert "silent or too slow" in errors(capsys.readouterr().out)[0]


def test_retry_after_is_waited_for(lab):
    lab.server.faults.add("status=503:400@poll#1")
    lab.run_idle(399)
    assert len(lab.net.sent) == 1
    lab.run_idle(300)
    assert len(lab.net.sent) > 1


# After the reset of an update, the 2nd poll is the first of the new image.


def test_outage_after_the_reset_does_not_roll_back_a_good_image(lab):
    lab.update("status=503@poll#2-")
    lab.server.faults.clear()
    assert lab.run() == SUCCESS
    assert lab.finals() == CONFIRMED and len(lab.downloads()) == 3


def test_silence_after_the_reset_rolls_back_and_is_reported(lab):
    lab.update("lost-answer@poll#3-")  # the second was the last before the reset
    lab.server.faults.clear()
    assert lab.run() == FAILURE
    [final] = lab.finals()
    assert "rolled back" in final and "no poll was answered in 1800 s" in final
    assert lab.runs() == OLD and len(lab.downloads()) == 3


def test_broken_windows_cost_no_more_than_a_block_each(lab):
    assert lab.update("cut-at=6000") == SUCCESS
    assert len(lab.downloads()) == 12  # one block of 4 KiB from each
