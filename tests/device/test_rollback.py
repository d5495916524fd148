"""The first boot of a new image, with the simulated bootloader as the judge."""

from esp32 import Partition
from hawkbit import rollback
from simboard import partitions
from simboard.errors import PowerOff
from simboard.power import FLASH, MOMENTS, Cut
from small_board import OTA_0, OTA_1, SIZE, SLOT, Board, app_image


def updated(**chip):
    """Return a board that has just booted version 2.0 in ota_1 for the first time."""
    board = Board(**chip)
    board.boot()
    board.memory.write(OTA_1, app_image("2.0"))
    Partition("ota_1").set_boot()
    if not chip.get("app_has_rollback", True):
        rollback.entry(OTA_1).mark_new()
    assert board.boot() == "ota_1"
    return board


def reset(board):
    import machine

    assert board.stops(machine.reset) == board.chip.RESET
    return board.boot()


def test_confirmed_image_is_not_guarded():
    board = Board()
    board.boot()
    assert not rollback.on_trial()
    assert rollback.guard() is False
    assert board.chip.timers.next_ms() is None
    rollback.confirm()
    rollback.revert()
    assert reset(board) == "ota_0"


def test_factory_image_is_not_guarded():
    layout = partitions.ota_layout(SIZE, SLOT)
    factory = partitions.Partition(0, 0, OTA_0, SLOT, "factory")
    board = Board(layout=(layout[0], layout[2], factory, layout[5]))
    board.boot()
    assert rollback.guard() is False
    rollback.confirm()
    rollback.revert()


def test_image_that_hangs_goes_back_by_the_guard():
    board = updated()
    assert rollback.guard(timeout_s=100) is True
    board.chip.wait_ms(99000)
    assert board.stops(board.chip.wait_ms, 2000) == board.chip.RESET
    assert board.boot() == "ota_0"
    assert not rollback.on_trial() and board.states() == ["valid", "aborted"]


def test_guard_of_its_own_accord_waits_longer_than_the_updater():
    from hawkbit.updater import Updater

    assert Updater.confirm_timeout_s < rollback.TIMEOUT_S
    board = updated()
    rollback.guard()
    board.chip.wait_ms((rollback.TIMEOUT_S - 1) * 1000)
    board.stops(board.chip.wait_ms, 2000)


def test_confirmed_image_stays_and_the_guard_is_disarmed():
    board = updated()
    rollback.guard(100)
    rollback.confirm()
    rollback.confirm()
    board.chip.wait_ms(1000)  # the guard stops itself at its next tick
    assert board.chip.timers.next_ms() is None
    assert not rollback.on_trial()
    assert reset(board) == "ota_1" and board.states()[1] == "valid"


def test_image_without_a_guard_goes_back_at_any_reset():
    board = updated()
    assert rollback.on_trial()
    assert reset(board) == "ota_0"


def test_reverted_image_goes_back_and_leaves_a_trace():
    board = updated()
    assert board.stops(rollback.go_back) == board.chip.RESET
    assert board.boot() == "ota_0"
    assert board.states() == ["valid", "invalid"]


def test_confirmed_image_is_not_reverted():
    board = updated()
    rollback.confirm()
    rollback.revert()
    assert reset(board) == "ota_1"


def test_without_rollback_in_the_bootloader_the_second_boot_goes_back():
    for app_has_rollback in (True, False):
        board = updated(has_rollback=False, app_has_rollback=app_has_rollback)
        assert board.states()[1] == "new"
        assert rollback.guard(100) is True
        assert reset(board) == "ota_1"
        assert board.stops(rollback.guard, 100) == board.chip.RESET
        assert board.boot() == "ota_0"
        assert rollback.guard() is False


def test_without_rollback_in_the_bootloader_a_confirmed_image_stays():
    board = updated(has_rollback=False)
    rollback.guard(100)
    rollback.confirm()
    assert reset(board) == "ota_1"
    assert rollback.guard(100) is False
    assert reset(board) == "ota_1"


def test_power_cut_anywhere_in_a_trial_boots_something():
    for call in (rollback.confirm, rollback.go_back):
        for number in (1, 2, 3):
            for moment in MOMENTS:
                board = updated()
                board.supply.counts[FLASH] = 0
                board.supply.cuts.append(Cut(FLASH, number, moment))
                try:
                    rollback.guard(100)
                    call()
                except PowerOff:
                    pass
                label = board.boot()
                assert label in ("ota_0", "ota_1")
                if call is rollback.go_back:
                    assert label == "ota_0", (number, moment)
