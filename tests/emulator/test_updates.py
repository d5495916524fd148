"""Whole updates of the real firmware, asked of the server and of the flash."""

import pytest
from emulator import board_files, flash_file
from emulator.serial_log import POWER_ON, SOFTWARE

NO_ROLLBACK = "ESP32_GENERIC-v1.20.0.bin"
BOOTLOADER_SIZE = 0x7000


def ends(board, office, action_id, status, target, slot):
    """Wait for the end; then ask the server and the flash."""
    board.log.expect(r"^hawkbit: state: idle$")
    board.cut_power()
    assert office.believes(action_id) == (status, target)
    assert len(office.final_reports(action_id)) == 1, office.reports(action_id)
    assert flash_file.boots_next(board.flash_file) == (slot, "valid")


def goes_well(board, office, action_id):
    board.power_on().expect(r"^hawkbit: state: testing$")
    ends(board, office, action_id, "finished", "in_sync", "ota_1")


def goes_back(board, office, action_id):
    board.power_on().expect(r"^hawkbit: state: activating$")
    ends(board, office, action_id, "error", "error", "ota_0")


def test_update_over_http_is_installed_and_confirmed(ready, office, app):
    board, action_id = ready(board_files.HEAP_TRACE)
    goes_well(board, office, action_id)
    print(*board.log.heaps(), sep="\n")
    application = app.read_bytes()
    assert flash_file.slot(board.flash_file, "ota_1", len(application)) == application
    assert board.log.boots() == [POWER_ON, SOFTWARE]


@pytest.mark.parametrize(
    ("kind", "wants_client"), [("ec", False), ("rsa", False), ("ec", True), ("rsa", True)], ids=str
)
def test_update_over_verified_https_is_installed(ready, office, tls, app, kind, wants_client):
    if (kind, wants_client) == ("rsa", True) and b"hawkbit/net.py" not in app.read_bytes():
        pytest.skip("too little memory unless the library is frozen: ESP32_GENERIC/board.md")
    config, authority = tls(kind, wants_client)
    main = board_files.main_py(board_files.set_clock() + board_files.HEAP_TRACE)
    if wants_client:
        main = board_files.with_client_certificate(main)
    board, action_id = ready(main=main, config=config)
    flash_file.put(board.flash_file, "/ca.pem", authority.root)
    flash_file.put(board.flash_file, "/board.pem", authority.certificate)
    flash_file.put(board.flash_file, "/board-key.pem", authority.key)
    goes_well(board, office, action_id)
    print(*board.log.heaps(), sep="\n")


@pytest.mark.parametrize(
    "code",
    [
        board_files.RAISES,
        board_files.HANGS,
        board_files.CRASHES_IN_C,
        board_files.CANNOT_IMPORT,
        board_files.SELF_TEST_FAILS,
    ],
    ids=["raises", "hangs", "crashes in C", "cannot import", "self-test fails"],
)
def test_bad_image_goes_back_and_is_reported(staged, office, watchdog, code):
    board, action_id = staged(board_files.in_the_new_image(code))
    if code in (board_files.RAISES, board_files.CANNOT_IMPORT):
        flash_file.put(board.flash_file, "/boot.py", board_files.impatient_boot_py())
    goes_back(board, office, action_id)


def test_no_server_after_the_update_goes_back(staged, office):
    board, action_id = staged(board_files.in_the_new_image(board_files.GIVES_UP_SOON))
    board.power_on().expect(r"^hawkbit: state: activating$")
    office.server.faults.add("lost-answer@any")
    board.log.expect(r"^hawkbit: state: testing$")
    board.log.expect(r"^rst:")
    office.server.faults.clear()
    ends(board, office, action_id, "error", "error", "ota_0")


def test_cancel_in_the_middle_is_accepted(ready, office):
    board, action_id = ready()
    board.power_on().expect(r"^hawkbit: progress: [1-4]\d$")
    office.cancel(action_id)
    board.log.expect(r"^hawkbit: state: idle$")
    office.wait_for_polls(
        board, 1
    )  # the answer to the cancel comes before it, and after the record
    board.cut_power()
    assert office.believes(action_id)[0] == "canceled"
    assert flash_file.boots_next(board.flash_file) == ("ota_0", "valid")


def test_download_broken_by_the_server_goes_on(ready, office):
    board, action_id = ready()
    office.server.faults.add("cut-at=300000@download#1-2")
    goes_well(board, office, action_id)


def test_download_broken_by_the_power_goes_on_where_it_was(ready, office):
    board, action_id = ready()
    board.power_on().expect(r"^hawkbit: progress: 3\d$")
    board.cut_power()
    board.power_on().expect(r"^hawkbit: progress: (\d+)$")
    assert "hawkbit: progress: 15" not in board.log.text.rpartition("POWERON_RESET")[2]
    ends(board, office, action_id, "finished", "in_sync", "ota_1")


def test_bootloader_without_rollback_goes_back_by_the_library(
    staged, office, make_board_flash, firmware, tmp_path, watchdog
):
    old = firmware.with_name(NO_ROLLBACK)
    if not old.exists():
        pytest.skip(f"no {NO_ROLLBACK} beside the firmware")
    mixed = tmp_path / "mixed.bin"
    mixed.write_bytes(old.read_bytes()[:BOOTLOADER_SIZE] + firmware.read_bytes()[BOOTLOADER_SIZE:])
    board, action_id = staged(board_files.in_the_new_image(board_files.RAISES))
    flash_file.put(board.flash_file, "/boot.py", board_files.impatient_boot_py())
    flash_file.copy_bootloader(make_board_flash(mixed), board.flash_file)
    goes_back(board, office, action_id)
