"""watch, cancel and history: from assign's output to what the server believes."""

import time

import pytest


@pytest.fixture
def assigned(any_cli, image, devices):
    device = devices("dev-1")
    any_cli.ok("publish", image)
    any_cli.ok("assign", "fw:2.0.0", "dev-1")
    return device


def test_success_is_exit_0_and_the_last_words_of_the_device(any_cli, assigned):
    assigned.report(1, "proceeding", "none", "downloaded 40 %")
    assigned.report(1, "closed", "success", "installed fw 2.0.0")
    result = any_cli.ok("watch", "1")
    assert result.lines == [
        ["dev-1", "1", "fw:2.0.0", "finished", "in_sync", "installed fw 2.0.0"]
    ]


def test_an_error_is_exit_1(any_cli, assigned):
    assigned.report(1, "closed", "failure", "sha256 differs")
    result = any_cli("watch", "1", "--json")
    assert result.code == 1
    assert result.json == [
        {
            "action": 1,
            "controllerId": "dev-1",
            "distributionSet": "fw:2.0.0",
            "status": "error",
            "outcome": "failed",
            "updateStatus": "error",
            "message": "sha256 differs",
        }
    ]


def test_a_canceled_action_is_exit_1(any_cli, assigned):
    any_cli.ok("cancel", "1", "--force")
    assert any_cli("watch", "1").code == 1


def test_the_timeout_is_exit_5_and_shows_where_it_stands(any_cli, assigned):
    result = any_cli("watch", "1", "--timeout", "0.3", "--interval", "0.1")
    assert result.code == 5
    assert result.lines[0][:4] == ["dev-1", "1", "fw:2.0.0", "running"]
    assert "not all actions are closed after 0.3 s" in result.err


def test_progress_comes_as_lines_on_stderr_while_it_goes_on(cli, image, devices, monkeypatch):
    device = devices("dev-1")
    cli.ok("publish", image)
    cli.ok("assign", "fw:2.0.0", "dev-1")
    # The device goes on between two looks.
    steps = iter([("proceeding", "none", "downloaded 40 %"), ("closed", "success", "installed")])
    monkeypatch.setattr(time, "sleep", lambda _: device.report(1, *next(steps)))
    result = cli.ok("watch", "1")
    assert "dev-1 action 1 running: downloaded 40 %" in result.err
    assert len(result.out.splitlines()) == 1


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_the_output_of_assign_is_the_input_of_watch(any_cli, image, devices, form):
    device = devices("dev-1")
    any_cli.ok("publish", image)
    ids = any_cli.ok("assign", "fw:2.0.0", "dev-1", *form).out
    device.report(1, "closed", "success")
    any_cli.ok("watch", stdin=ids)


def test_a_set_that_is_installed_already_is_exit_0(any_cli, assigned):
    assigned.report(1, "closed", "success")
    again = any_cli.ok("assign", "fw:2.0.0", "dev-1")
    any_cli.ok("watch", stdin=again.out)


def test_a_target_without_an_action_needs_no_wait(cli):
    result = cli.ok("watch", stdin="-\tdev-1\thad it already\n")
    assert "nothing to wait for" in result.err


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [(["99"], None, 3), (["x"], None, 2), ([], "", 2), ([], '{"a": ', 2), ([], "[1]", 2)],
)
def test_ids_that_are_none_are_refused(cli, arguments, stdin, code):
    assert cli("watch", *arguments, stdin=stdin).code == code


def test_cancel_waits_for_the_device_and_force_does_not(any_cli, assigned):
    assert any_cli.ok("cancel", "1").lines == [["1", "dev-1", "canceling"]]
    assert any_cli.ok("cancel", "1").lines == [["1", "dev-1", "canceling"]]
    assert any_cli.ok("cancel", "1", "--force").lines == [["1", "dev-1", "canceled"]]
    result = any_cli("cancel", "1")
    assert result.code == 3 and "closed already: canceled" in result.err


def test_cancel_takes_ids_from_stdin_and_all_or_none(any_cli, assigned):
    result = any_cli("cancel", stdin="1\tdev-1\tassigned\n99\tdev-2\tassigned\n")
    assert result.code == 3 and "unknown action: 99" in result.err
    assert any_cli.ok("cancel", "--dry-run", stdin="1").lines == [
        ["1", "dev-1", "would be canceled"]
    ]
    assert any_cli.ok("history", "dev-1").lines[-1][3] == "running"


def test_history_has_a_line_per_entry_oldest_first(any_cli, assigned):
    assigned.report(1, "closed", "failure", "sha256 differs", "second line")
    lines = any_cli.ok("history", "dev-1").lines
    assert [line[3] for line in lines][-1] == "error"
    assert lines[-1][-1] == "sha256 differs, second line"
    assert {line[0] for line in lines} == {"1"} and {line[1] for line in lines} == {"fw:2.0.0"}


def test_history_as_json_keeps_actions_and_entries_together(any_cli, assigned):
    [one] = any_cli.ok("history", "dev-1", "--json", "--last", "1").json
    assert one["action"]["distributionSet"] == "fw:2.0.0"
    assert one["history"][0]["type"] == "running"


def test_history_of_an_unknown_target_or_action_is_refused(any_cli, assigned):
    assert any_cli("history", "nobody").code == 3
    assert any_cli("history", "dev-1", "--action", "99").code == 3


def test_watch_shows_the_whole_cause(any_cli, assigned):
    cause = ["artifact fw.app-bin", "sha256 differs", "got 12"]
    assigned.report(1, "closed", "failure", *cause)
    [line] = any_cli("watch", "1").lines
    assert line[-1] == "artifact fw.app-bin; sha256 differs; got 12"


def test_history_has_the_maintenance_window(cli, image, devices):
    devices("dev-1")
    cli.ok("publish", image)
    window = ["--window-schedule", "0 0 3 * * ?", "--window-duration", "00:10:00"]
    cli.ok("assign", "fw:2.0.0", "dev-1", *window, "--window-tz", "+02:00")
    assert cli.ok("history", "dev-1").lines[0][5] == "0 0 3 * * ? for 00:10:00 at +02:00"
    [one] = cli.ok("history", "dev-1", "--json").json
    kept = one["action"]["maintenanceWindow"]
    assert kept.pop("nextStartAt") > 0
    assert kept == {"schedule": "0 0 3 * * ?", "duration": "00:10:00", "timezone": "+02:00"}
