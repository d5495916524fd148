"""The first boot of a new image, with the simulated bootloader as the judge."""

import machine
from esp32 import Partition
from hawkbit import guard, rollback
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
        entry = rollback.entry(OTA_1)
        entry.partition.writeblocks(entry.sector, bytes(4), rollback.STATE_OFFSET)
    assert board.boot() == "ota_1"
    return board


def reset(board):
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


# --- the guard's timer is nobody else's


def test_applications_timer_is_left_alone_by_confirm():
    for micropython in ((1, 23), (1, 27), (1, 29)):
        for number in (0, 1, 2, 3):
            board = updated(micropython=micropython)
            rollback.guard(100)
            fired = []
            timer = machine.Timer(number)
            timer.init(period=50, mode=timer.PERIODIC, callback=lambda _, f=fired: f.append(1))
            board.chip.wait_ms(1000)
            rollback.confirm()
            board.chip.wait_ms(2000)
            assert len(fired) == 60, (micropython, number)


def test_guard_whose_timer_the_application_took_stands_still():
    board = updated(micropython=(1, 23))
    rollback.guard(100)
    board.chip.wait_ms(10000)
    assert guard.elapsed_s() == 10
    machine.Timer(2).init(period=1000, mode=1, callback=lambda _: None)
    board.chip.wait_ms(90000)
    assert guard.elapsed_s() == 10


def test_guard_on_a_timer_of_the_users_choice():
    board = updated(micropython=(1, 23))
    rollback.guard(100, timer_id=0)
    machine.Timer(2).init(period=1000, mode=1, callback=lambda _: None)
    assert board.stops(board.chip.wait_ms, 101000) == board.chip.RESET


def test_watchdog_of_the_guard_ends_what_nobody_feeds():
    board = updated()
    rollback.guard(watchdog_s=60)
    board.chip.wait_ms(59000)
    rollback.feed()
    board.chip.wait_ms(59000)
    assert board.stops(board.chip.wait_ms, 2000) == board.chip.RESET
    board.boot()
    assert machine.reset_cause() == machine.WDT_RESET and not rollback.power_was_cut()


def test_guard_that_cannot_ask_guards_all_the_same():
    for error in (MemoryError(), OSError(5)):
        board = updated()
        running = rollback.running
        rollback.running = lambda error=error: raise_it(error)
        try:
            assert rollback.guard(100, watchdog_s=50) is True
        finally:
            rollback.running = running
        assert board.stops(board.chip.wait_ms, 51000) == board.chip.RESET
        assert board.boot() == "ota_0"


def raise_it(error):
    raise error


# --- what caused this boot


def cut_power(board):
    board.stops(board.chip.stop, board.chip.POWER_CUT)
    return board.boot()


def test_power_cut_is_told_from_every_other_reset():
    board = Board()
    board.boot()
    reset(board)
    assert not rollback.power_was_cut()
    cut_power(board)
    assert rollback.power_was_cut()
    reset(board)
    assert not rollback.power_was_cut()


def test_without_rollback_in_the_bootloader_a_power_cut_gives_a_second_boot_and_no_third():
    board = updated(has_rollback=False)
    assert rollback.guard(100) is True
    assert cut_power(board) == "ota_1"
    assert rollback.guard(100) is True
    assert cut_power(board) == "ota_1"
    assert board.stops(rollback.guard, 100) == board.chip.RESET
    assert board.boot() == "ota_0"


def test_image_given_up_and_started_again_by_a_soft_reset_is_reset_for_good():
    board = updated()
    rollback.guard(100)
    assert rollback.revert() is True
    board.stops(board.chip.stop, board.chip.SOFT_RESET, board.chip.SOFT_CAUSE)
    assert board.boot() == "ota_1"  # the bootloader is not asked
    assert board.stops(rollback.guard, 100) == board.chip.RESET
    assert board.boot() == "ota_0"


def test_image_that_is_invalid_and_all_that_is_left_is_not_reset_for_ever():
    board = updated()
    rollback.revert()
    board.memory.write(OTA_0, b"\xff" * 16)
    assert reset(board) == "ota_1"
    assert rollback.guard(100) is False


def test_image_that_cannot_be_given_up_is_reset_all_the_same():
    for error in (OSError(5), MemoryError(), ValueError()):
        board = updated()
        revert = rollback.revert
        rollback.revert = lambda error=error: raise_it(error)
        try:
            assert board.stops(rollback.go_back) == board.chip.RESET, error
        finally:
            rollback.revert = revert
