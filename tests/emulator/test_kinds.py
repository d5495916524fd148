"""By delta, signed, an application, from deep sleep, in a window: each with its fault."""

import datetime
import os
import time
from functools import partial

import pytest
from emulator import board_files, flash_file, power_cuts, releases
from emulator.conftest import run_tool
from emulator.test_updates import ends, goes_well

SEED = int(os.environ.get("SEED") or 1)
WORKS = "def work():\n    pass\n"


@pytest.fixture
def key(office, tmp_path):
    """A private key that signs releases; its public half lies beside it."""
    office.run("keygen", tmp_path / "release.pem")
    return tmp_path / "release.pem"


@pytest.fixture
def by_delta(ready, next_app, app):
    return lambda: ready(image=next_app, publish=("--delta-from", app))


@pytest.fixture
def signed(ready, office, key):
    """Return a function: signed(key) -> (board, id of the action); `key`: another's."""

    def make(by=key):
        public = key.with_suffix(".pub.pem").read_text()
        config = board_files.config_py(office.setup(), TRUSTED_KEYS=[public])
        return ready(config=config, publish=("--sign", by, "--counter", "3"))

    return make


@pytest.fixture
def applied(ready, tmp_path):
    """Return a function: applied("def work()...") -> (board, id): an update to that module."""

    def make(module=WORKS):
        tar = tmp_path / "app.tar"
        tar.write_bytes(releases.application(application=module))
        main = board_files.example_py("update_application.py")
        board, action_id = ready(main=main, image=tar, publish=("--type", "application"))
        flash_file.put(board.flash_file, "/boot.py", board_files.boot_py_of_application())
        flash_file.put(board.flash_file, "/app/application.py", WORKS.encode())
        return board, action_id

    return make


@pytest.fixture
def sleepy(ready):
    return lambda: ready(main=board_files.example_py("deep_sleep.py"))


SLOTS = power_cuts.slots("ota_1")
APPLICATIONS = {"finished": ("/app.a", "good"), "error": ("/app", "back")}


@pytest.mark.parametrize(
    ("kind", "wanted", "holds"),
    [
        ("by_delta", SLOTS, flash_file.boots_next),
        ("signed", SLOTS, flash_file.boots_next),
        ("applied", APPLICATIONS, flash_file.application),
        ("sleepy", SLOTS, flash_file.boots_next),
    ],
)
def test_update_whose_power_is_cut_ends_right(request, office, kind, wanted, holds):
    board, action_id = request.getfixturevalue(kind)()
    cuts = power_cuts.plan(SEED)
    power_cuts.run(board, cuts, partial(office.is_over, action_id), time.sleep)
    found = power_cuts.complaints(office, action_id, wanted, holds(board.flash_file))
    assert not found, (cuts, found)


def test_delta_that_the_server_spoils_ends_in_the_full_image(by_delta, office, next_app):
    board, action_id = by_delta()
    office.server.faults.add("wrong-hash@/next.from-#1")
    goes_well(board, office, action_id)
    assert "taking the full image" in board.log.text
    image = next_app.read_bytes()
    assert flash_file.slot(board.flash_file, "ota_1", len(image)) == image


def test_release_that_another_signed_is_refused_before_anything_is_erased(
    signed, office, tmp_path
):
    office.run("keygen", tmp_path / "other.pem")
    board, action_id = signed(by=tmp_path / "other.pem")
    board.power_on().expect(r"^hawkbit: report: .*'failure'.*sign")
    ends(board, office, action_id, "error", "error", "ota_0")
    assert flash_file.slot(board.flash_file, "ota_1", 4096) == b"\xff" * 4096


def test_application_that_raises_goes_back(applied, office):
    board, action_id = applied("raise RuntimeError('the new application is broken')\n")
    board.power_on().expect(r"^RuntimeError: the new application is broken$")
    ends(board, office, action_id, "error", "error", "ota_0")
    assert flash_file.application(board.flash_file) == APPLICATIONS["error"]


def test_board_on_trial_does_not_sleep_and_the_next_wake_takes_the_next_update(
    sleepy, office, next_app
):
    board, action_id = sleepy()
    log = board.power_on()
    log.expect(r"^hawkbit: state: testing$")
    log.expect(r"^asleep$")
    assert office.believes(action_id) == ("finished", "in_sync")
    assert "asleep" not in log.text.partition("state: testing")[0]
    office.publish(next_app, "2.0.1")
    action_id = office.assign("2.0.1")
    board.reset()
    log.expect(r"^hawkbit: state: testing$")
    log.expect(r"^asleep$")
    board.cut_power()
    assert office.believes(action_id) == ("finished", "in_sync")
    assert flash_file.boots_next(board.flash_file) == ("ota_0", "valid")


def test_what_is_stored_waits_for_its_window_over_a_power_cut(staged, office):
    now = datetime.datetime.now(datetime.UTC)
    window = ("--window-schedule", f"0 0 {(now.hour + 2) % 24} * * ?")
    window += ("--window-duration", "01:00:00", "--window-tz", "+00:00")
    board, action_id = staged(assign=window)  # the power was cut when it was
    office.server.clock.advance(3600 - 60 * now.minute)
    board.power_on()
    office.wait_for_polls(board, 3)  # with the deployment read, and one more
    assert not board.log.states(), "something was done before the window"
    office.server.clock.advance(3600)
    goes_on = board.log.expect(r"^hawkbit: (state|progress): (\w+)$")
    assert goes_on[2] == "activating"
    ends(board, office, action_id, "finished", "in_sync", "ota_1")


def test_library_that_is_installed_over_an_old_one_goes_on_with_its_update(ready, office):
    board, action_id = ready()
    flash = board.flash_file
    config = flash_file.get(flash, "/config.py")
    # A .py is imported rather than the .mpy beside it.
    flash_file.put(flash, "/lib/hawkbit/__init__.py", b"__version__ = '0.0.9'\n")
    flash_file.put(flash, "/lib/hawkbit/gone.mpy", b"of an old version")
    run_tool(board, "install.py", when=r"^hawkbit: progress: \d+$")
    assert flash_file.get(flash, "/config.py") == config
    assert not {"__init__.py", "gone.mpy"} & set(flash_file.names(flash, "/lib/hawkbit"))
    before = len(board.log.text)
    goes_well(board, office, action_id)
    assert "progress: 15\n" not in board.log.text[before:]
