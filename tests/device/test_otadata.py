"""The two otadata entries, read and patched on the simulated board."""

import struct

from esp32 import Partition
from hawkbit import rollback
from runner import raises
from simboard import otadata as witness
from simboard import partitions
from simboard.errors import PowerOff
from simboard.power import AFTER, BEFORE, FLASH, MIDDLE, Cut
from small_board import OTA_0, OTA_1, SIZE, SLOT, Board, app_image

OTADATA = 0xD000


def booted(**kwargs):
    board = Board(**kwargs)
    board.boot()
    return board


def mark_new(entry):
    """As FirmwareSlot does with an entry that has no state."""
    entry.partition.writeblocks(entry.sector, bytes(4), rollback.STATE_OFFSET)


def put(board, sector, seq, state, crc=None):
    """Write an entry as set_boot() would, or with a wrong crc."""
    entry = witness.new_entry(seq, state)
    if crc is not None:
        entry = witness.Entry(entry.seq, entry.label, entry.state, crc)
    board.memory.write(OTADATA + sector * 4096, b"\xff" * 4096)
    board.memory.write(OTADATA + sector * 4096, witness.build(entry))


def test_slots_are_found_in_order():
    booted()
    assert [p.info()[4] for p in rollback.slots()] == ["ota_0", "ota_1"]


def test_slots_in_a_table_out_of_order_are_sorted():
    layout = list(partitions.ota_layout(SIZE, SLOT))
    layout[3], layout[4] = layout[4], layout[3]
    booted(layout=tuple(layout))
    assert [p.info()[4] for p in rollback.slots()] == ["ota_0", "ota_1"]


def test_slot_for_tests_in_the_factory_is_none_of_ours():
    layout = list(partitions.ota_layout(SIZE, SLOT))
    layout[5] = partitions.Partition(0, 0x20, layout[5].addr, 4096, "test")
    booted(layout=tuple(layout))
    assert [p.info()[4] for p in rollback.slots()] == ["ota_0", "ota_1"]


def test_board_without_otadata_has_none_and_no_entries():
    layout = partitions.ota_layout(SIZE, SLOT)
    factory = partitions.Partition(0, 0, OTA_0, SLOT, "factory")
    booted(layout=(layout[0], layout[2], factory, layout[5]))
    assert rollback.slots() == []
    assert rollback.otadata() is None
    assert rollback.running() is None and rollback.entry(OTA_0) is None


def test_first_boot_of_a_fresh_board_is_valid():
    booted()
    assert rollback.running().state == rollback.VALID
    assert rollback.entry(OTA_1) is None


def test_newest_entry_of_a_slot_counts():
    board = booted()
    for seqs, newest in (((1, 3), 1), ((3, 1), 0), ((5, 4), 0), ((4, 5), 1)):
        for sector in (0, 1):
            put(board, sector, seqs[sector], rollback.VALID)
        entry = rollback.entry(OTA_0)
        assert (entry.sector, entry.seq) == (newest, max(s for s in seqs if s % 2)), seqs


def test_blank_torn_and_wrong_entries_are_not_there():
    board = booted()
    put(board, 1, 2, rollback.VALID, crc=0)
    assert rollback.entry(OTA_1) is None
    put(board, 1, 2, rollback.VALID, crc=0xFFFFFFFF)
    assert rollback.entry(OTA_1) is None
    put(board, 1, 0xFFFFFFFF, rollback.VALID)
    assert rollback.entry(OTA_1) is None
    put(board, 1, 2, rollback.VALID)
    assert rollback.entry(OTA_1).seq == 2


def test_every_state_is_read():
    board = booted()
    for state in (0, 1, 2, 3, 4, 0xFFFFFFFF):
        put(board, 1, 2, state)
        assert rollback.entry(OTA_1).state == state


def test_rewritten_entry_is_whole():
    board = booted()
    put(board, 1, 2, rollback.PENDING_VERIFY)
    rollback.entry(OTA_1).rewrite(rollback.INVALID)
    assert board.states() == ["valid", "invalid"]


def test_power_cut_while_rewriting_leaves_no_entry_and_the_board_boots():
    for number in (1, 2):
        for moment in (BEFORE, MIDDLE, AFTER):
            board = booted()
            put(board, 1, 2, rollback.PENDING_VERIFY)
            board.supply.counts[FLASH] = 0
            board.supply.cuts.append(Cut(FLASH, number, moment))
            raises(PowerOff, rollback.entry(OTA_1).rewrite, rollback.INVALID)
            assert board.boot() == "ota_0", (number, moment)


def test_erased_entry_is_gone_and_the_other_stays():
    board = booted()
    put(board, 1, 2, rollback.ABORTED)
    rollback.entry(OTA_1).erase()
    assert board.states() == ["valid", None]


def test_undefined_is_marked_new_without_an_erase():
    board = booted()
    put(board, 1, 2, rollback.UNDEFINED)
    erases = dict(board.flash.erases)
    mark_new(rollback.entry(OTA_1))
    assert board.states() == ["valid", "new"]
    assert board.flash.erases == erases


def test_boots_are_counted_without_an_erase_and_the_entry_stays_what_it_is():
    for state in (rollback.NEW, rollback.PENDING_VERIFY):
        board = booted()
        put(board, 1, 2, state)
        erases = dict(board.flash.erases)
        for boots in range(1, 21):
            assert rollback.entry(OTA_1).count_boot() == boots
        for _ in range(3):  # the label is full
            assert rollback.entry(OTA_1).count_boot() == 21
        assert rollback.entry(OTA_1).state == state
        assert board.flash.erases == erases


def test_entry_written_by_set_boot_is_read():
    board = booted()
    board.memory.write(OTA_1, app_image("2.0"))
    Partition("ota_1").set_boot()
    entry = rollback.entry(OTA_1)
    assert (entry.sector, entry.seq, entry.state) == (1, 2, rollback.NEW)
    raw = struct.unpack("<L", board.slot(OTADATA + 4096, 4))[0]
    assert raw == 2
