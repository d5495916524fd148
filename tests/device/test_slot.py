"""FirmwareSlot on the simulated board: nothing is erased that is needed, nothing half boots."""

import hashlib

from hawkbit import rollback
from hawkbit.deployment import Artifact
from hawkbit.errors import HawkbitError, UpdateError
from runner import raises
from simboard import partitions
from simboard.errors import PowerOff
from simboard.power import FLASH, MOMENTS, Cut
from small_board import OTA_0, OTA_1, SIZE, SLOT, Board, app_image

BLOCK = 4096


def booted(**kwargs):
    board = Board(**kwargs)
    board.boot()
    return board


def slot():
    from hawkbit.slot import FirmwareSlot

    return FirmwareSlot()


def artifact(image, size=None):
    return Artifact(
        "os", "fw", "2.0", {}, "fw.app-bin", size or len(image), "sha256", "0" * 64, "http://x/y"
    )


def write(sink, image, start=0, end=None):
    for offset in range(start, end or len(image), BLOCK):
        sink.write(offset, bytearray(image[offset : offset + BLOCK]))


def installed(sink, image):
    sink.begin(artifact(image), 0)
    write(sink, image)
    sink.finish()
    return sink.activate()


# --- a whole update


def test_image_installed_boots_on_trial_and_is_confirmed():
    board = booted()
    image = app_image("2.0")
    sink = slot()
    assert installed(sink, image) is True
    assert board.slot(OTA_1, len(image)) == image
    kept = sink.keep()
    assert board.boot() == "ota_1"
    sink = slot()
    sink.restore(kept)
    states = board.states()
    assert sink.activated(kept) is True and rollback.on_trial()
    assert sink.on_trial() is True
    assert board.states() == states == ["valid", "pending_verify"]  # asking leaves it as it is
    sink.confirm()
    assert not rollback.on_trial() and sink.on_trial() is False
    assert board.boot() == "ota_1"


def test_next_update_goes_to_the_other_slot():
    board = booted()
    sink = slot()
    installed(sink, app_image("2.0"))
    board.boot()
    rollback.confirm()
    installed(slot(), app_image("3.0"))
    assert board.boot() == "ota_0"


def test_activating_twice_is_the_same():
    board = booted()
    sink = slot()
    installed(sink, app_image("2.0"))
    assert sink.activate() is True
    assert board.boot() == "ota_1"


def test_image_of_every_size_is_stored_whole():
    for payload in (4, 4096 - 352, 4096, 8192 - 352):
        board = booted()
        image = app_image("2.0", payload)
        installed(slot(), image)
        assert board.slot(OTA_1, len(image)) == image, len(image)


def test_firmware_built_without_rollback_is_on_trial_all_the_same():
    board = booted(app_has_rollback=False, has_rollback=False)
    sink = slot()
    installed(sink, app_image("2.0"))
    assert board.states() == ["valid", "new"]
    assert board.boot() == "ota_1"
    assert rollback.on_trial()


def test_trial_begins_even_if_the_power_was_cut_right_after_set_boot():
    board = booted(app_has_rollback=False, has_rollback=False)
    sink = slot()
    sink._begin_trial = lambda: None
    installed(sink, app_image("2.0"))
    kept = sink.keep()
    assert board.boot() == "ota_1" and not rollback.on_trial()
    assert slot().activated(kept) is True and rollback.on_trial()


def test_boots_counted_in_an_entry_that_a_power_cut_tore_do_not_count():
    board = booted(has_rollback=False)
    board.memory.write(0xD000 + 4096, b"\xfe" + bytes(31))
    installed(slot(), app_image("2.0"))
    assert board.boot() == "ota_1"
    assert rollback.running().count_boot() == 1


def test_boots_counted_for_one_image_do_not_count_for_a_later_one():
    board = booted(has_rollback=False)
    for version, label in (("2.0", "ota_1"), ("3.0", "ota_0"), ("4.0", "ota_1"), ("5.0", "ota_0")):
        installed(slot(), app_image(version))
        assert board.boot() == label
        assert rollback.guard() is True, version
        rollback.confirm()
    assert board.boot() == "ota_0"


# --- refused before anything is touched


def untouched(board, call, *args, kind=UpdateError):
    """Return the words of the refusal; the flash must be what it was."""
    before = hashlib.sha256(board.memory.data).digest()
    text = str(raises(kind, call, *args))
    assert hashlib.sha256(board.memory.data).digest() == before
    return text


def test_board_without_ota_slots_is_refused():
    layout = partitions.ota_layout(SIZE, SLOT)
    factory = partitions.Partition(0, 0, OTA_0, SLOT, "factory")
    board = booted(layout=(layout[0], layout[2], factory, layout[5]))
    assert "no OTA slots" in untouched(board, slot().begin, artifact(b"x"), 0)


def test_board_without_otadata_is_refused():
    layout = partitions.ota_layout(SIZE, SLOT)
    factory = partitions.Partition(0, 0, OTA_0, SLOT, "factory")
    board = booted(layout=(layout[0], factory, layout[4], layout[5]))
    assert "no OTA slots" in untouched(board, slot().begin, artifact(b"x"), 0)


def test_image_larger_than_the_slot_is_refused_with_both_sizes():
    board = booted()
    text = untouched(board, slot().begin, artifact(b"", SLOT + 1), 0)
    assert "65537" in text and "65536" in text and "ota_1" in text
    assert slot().begin(artifact(b"", SLOT), 0) == 0


def test_nothing_begins_while_the_running_image_is_on_trial():
    board = booted()
    installed(slot(), app_image("2.0"))
    board.boot()
    text = untouched(board, slot().begin, artifact(b"x"), 0, kind=HawkbitError)
    assert "not confirmed" in text


def test_wrong_first_block_is_refused_before_the_erase():
    for wrong, words in (
        (app_image("2.0", chip_id=9), "another chip"),
        (app_image("2.0", desc=0), "combined"),
        (b"<html>" + bytes(5000), "not an ESP32"),
        (b"\xe9\x01", "truncated"),
    ):
        board = booted()
        sink = slot()
        sink.begin(artifact(wrong), 0)
        text = untouched(board, sink.write, 0, bytearray(wrong[:BLOCK]))
        assert words in text


# --- damaged images


def test_image_that_does_not_verify_is_refused_and_the_old_one_boots():
    good = app_image("2.0")
    flipped = bytearray(good)
    flipped[5000] ^= 1
    for wrong in (bytes(flipped), good[:-40], good[:5000]):
        board = booted()
        sink = slot()
        e = raises(UpdateError, installed, sink, wrong)
        assert "does not verify" in str(e)
        assert board.states() == ["valid", None]
        assert board.boot() == "ota_0"


def test_half_written_slot_cannot_boot():
    board = booted()
    image = bytearray(app_image("2.0")[:-32])
    image[4:8] = b"\x12\x34\x08\x40"  # its entry point is not that of the running one
    image = bytes(image) + hashlib.sha256(image).digest()
    sink = slot()
    sink.begin(artifact(image), 0)
    write(sink, image)
    assert board.slot(OTA_1, 16) == b"\xff" * 16
    e = raises(UpdateError, sink.activate)
    assert "does not verify" in str(e)
    sink.finish()
    assert board.slot(OTA_1, 16) == image[:16]
    assert sink.activate() is True


def test_base_of_a_delta_is_what_runs():
    image = app_image()
    booted()
    for offset, size in ((0, 8), (176, 8), (4095, 1), (4096, 300), (5000, 4096), (100, 3000)):
        buf = bytearray(size)
        slot().read_base(offset, buf)
        assert bytes(buf) == image[offset : offset + size], (offset, size)
    raises(OSError, slot().read_base, SLOT - 4, bytearray(8))


def test_dead_entry_is_erased_so_that_it_is_not_taken_for_this_update():
    for state in (rollback.ABORTED, rollback.INVALID, rollback.PENDING_VERIFY):
        board = booted()
        sink = slot()
        installed(sink, app_image("2.0"))
        kept = sink.keep()
        board.boot()
        board.boot()
        if state != rollback.ABORTED:
            rollback.entry(OTA_1).rewrite(state)
        sink = slot()
        assert "rolled back" in str(raises(UpdateError, sink.activated, kept))
        image = app_image("3.0")
        sink.begin(artifact(image), 0)
        write(sink, image)
        sink.finish()
        assert sink.activated(kept) is False
        sink.activate()
        assert board.boot() == "ota_1"


# --- resume


def test_resume_after_a_reset_keeps_what_is_stored():
    board = booted()
    image = app_image("2.0", 20000)
    sink = slot()
    sink.begin(artifact(image), 0)
    write(sink, image, 0, 2 * BLOCK)
    kept = sink.keep()
    board.boot()
    sink = slot()
    sink.restore(kept)
    assert sink.begin(artifact(image), 2 * BLOCK + 5) == 2 * BLOCK
    back = bytearray(BLOCK)
    for offset in (0, BLOCK):
        sink.read(offset, back)
        assert back == image[offset : offset + BLOCK], offset
    write(sink, image, 2 * BLOCK)
    sink.finish()
    sink.activate()
    assert board.boot() == "ota_1"


def test_resume_in_another_slot_starts_again():
    booted()
    image = app_image("2.0")
    sink = slot()
    sink.restore("%d:%s" % (OTA_0, "e9" * 16))
    assert sink.begin(artifact(image), BLOCK) == 0
    sink = slot()
    sink.restore("12345:" + "e9" * 16)
    assert sink.begin(artifact(image), BLOCK) == 0
    assert slot().begin(artifact(image), BLOCK) == 0


def test_aborted_download_starts_again():
    booted()
    image = app_image("2.0")
    sink = slot()
    sink.begin(artifact(image), 0)
    write(sink, image, 0, BLOCK)
    sink.abort()
    assert sink.begin(artifact(image), BLOCK) == 0


def test_slot_that_is_gone_is_said():
    booted()
    sink = slot()
    sink.restore("12345:" + "e9" * 16)
    assert "not known" in str(raises(UpdateError, sink.activate))
    assert "not known" in str(raises(UpdateError, sink.activated, "12345:" + "e9" * 16))


def test_kept_garbage_raises_value_error():
    booted()
    for kept in ("", "x", "1:zz", "x:e9", "1:2:3"):
        raises(ValueError, slot().restore, kept)


# --- trial


def test_image_rolled_back_by_the_bootloader_is_seen():
    board = booted()
    sink = slot()
    installed(sink, app_image("2.0"))
    kept = sink.keep()
    board.boot()
    assert board.boot() == "ota_0"
    sink = slot()
    sink.restore(kept)
    assert "ABORTED" in str(raises(UpdateError, sink.activated, kept))


def test_image_that_gave_up_is_seen():
    board = booted()
    sink = slot()
    installed(sink, app_image("2.0"))
    kept = sink.keep()
    board.boot()
    assert rollback.revert() is True
    assert board.boot() == "ota_0"
    sink = slot()
    sink.restore(kept)
    assert "INVALID" in str(raises(UpdateError, sink.activated, kept))


def test_image_never_activated_is_seen():
    board = booted()
    image = app_image("2.0")
    sink = slot()
    sink.begin(artifact(image), 0)
    write(sink, image)
    sink.finish()
    kept = sink.keep()
    board.boot()
    sink = slot()
    sink.restore(kept)
    assert sink.activated(kept) is False
    sink.activate()
    assert board.boot() == "ota_1"


# --- power cuts


def test_power_cut_at_any_change_of_flash_never_leaves_a_board_that_boots_garbage():
    image = app_image("2.0", 3000)
    board = booted()
    installed(slot(), image)
    operations = board.supply.counts[FLASH]
    assert operations > 4
    for number in range(1, operations + 1):
        for moment in MOMENTS:
            board = Board(cuts=[Cut(FLASH, number, moment)])
            try:
                board.boot()
                installed(slot(), image)
            except PowerOff:
                pass
            label = board.boot()
            assert board.slot(OTA_0, 100) == app_image()[:100]
            if label == "ota_1":
                assert board.slot(OTA_1, len(image)) == image
                assert rollback.on_trial()
            else:
                # The same again from the start works.
                installed(slot(), image)
                assert board.boot() == "ota_1", (number, moment)
