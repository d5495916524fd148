"""The simulated board on both interpreters: flash, esp32, machine, bootloader, power."""

from runner import raises

from small_board import OTA_1, SIZE, SLOT, Board, app_image  # isort: skip - skips where it must

import esp32
import machine
from esp32 import Partition
from simboard import bootloader, otadata, partitions
from simboard.errors import MisuseError, PowerOff
from simboard.flash import SECTOR, Flash, Memory
from simboard.power import AFTER, BEFORE, FLASH, MIDDLE, MOMENTS, Cut, parse_cut

# ESP32_GENERIC v1.23.0 from its first boot on: what was done; then RUNNING, BOOT,
# reset_cause() and (seq, state) of both entries.
ROLLBACK = (
    ("set_boot ota_1", "ota_0", "ota_1", 1, (1, 2), (2, 0)),
    ("reset", "ota_1", "ota_1", 2, (1, 2), (2, 1)),
    ("soft reset", "ota_1", "ota_1", 5, (1, 2), (2, 1)),
    ("reset", "ota_0", "ota_0", 2, (1, 2), (2, 4)),
    ("reset", "ota_0", "ota_0", 2, (1, 2), (2, 4)),
    ("set_boot ota_1", "ota_0", "ota_1", 2, (1, 2), (2, 0)),
    ("reset", "ota_1", "ota_1", 2, (1, 2), (2, 1)),
    ("confirm", "ota_1", "ota_1", 2, (1, 2), (2, 2)),
    ("confirm", "ota_1", "ota_1", 2, (1, 2), (2, 2)),
    ("reset", "ota_1", "ota_1", 2, (1, 2), (2, 2)),
    ("set_boot ota_1", "ota_1", "ota_1", 2, (2, 0), (2, 2)),
    ("set_boot ota_0", "ota_1", "ota_0", 2, (2, 0), (3, 0)),
    ("set_boot ota_0", "ota_1", "ota_0", 2, (3, 0), (3, 0)),
    ("reset", "ota_0", "ota_0", 2, (3, 1), (3, 0)),
    ("reset", "ota_0", "ota_0", 2, (3, 4), (3, 1)),
)
DAY_MS = 24 * 3600 * 1000


def booted(**options):
    board = Board(**options)
    board.boot()
    return board


def esp_error(call, *args):
    """Return what OSError `call` raises, as (code, name)."""
    return raises(OSError, call, *args).args


def write_slot(partition, image):
    for block in range((len(image) + SECTOR - 1) // SECTOR):
        partition.ioctl(6, block)
        partition.writeblocks(block, image[block * SECTOR : (block + 1) * SECTOR], 0)


def updated(**options):
    """A board with version 2.0 in ota_1, set to boot next."""
    board = booted(**options)
    target = Partition("ota_1")
    write_slot(target, app_image("2.0"))
    target.set_boot()
    return board


# --- flash


def test_programming_only_clears_bits():
    flash = Flash(Memory(2 * SECTOR), strict=False)
    flash.program(10, b"\xf0\x0f")
    flash.program(10, b"\x3c\x3c")
    stored = bytearray(2)
    flash.read(10, stored)
    assert stored == b"\x30\x0c"
    assert flash.violations == 1


def test_programming_a_one_over_a_zero_is_told():
    flash = Flash(Memory(SECTOR))
    flash.program(0, b"\x00")
    raises(MisuseError, flash.program, 0, b"\x01")
    flash.program(0, b"\x00")  # the same again sets no bit


def test_erase_is_one_whole_sector():
    flash = Flash(Memory(2 * SECTOR))
    flash.program(0, bytes(2 * SECTOR))
    flash.erase_sector(SECTOR)
    stored = bytearray(2 * SECTOR)
    flash.read(0, stored)
    assert stored == bytes(SECTOR) + b"\xff" * SECTOR
    raises(ValueError, flash.erase_sector, 100)


def test_outside_the_flash_is_an_error():
    flash = Flash(Memory(SECTOR))
    raises(ValueError, flash.read, SECTOR, bytearray(1))
    raises(ValueError, flash.program, SECTOR - 1, b"\x00\x00")
    raises(ValueError, flash.erase_sector, SECTOR)
    raises(ValueError, flash.erase_sector, -SECTOR)


# --- esp32.Partition


def test_official_layouts_have_the_official_addresses():
    for name, slot, second in (("ota-8m", 0x270000, 0x280000), ("ota-4m", 0x180000, 0x190000)):
        size, table = partitions.LAYOUTS[name]
        slots = partitions.ota_slots(table)
        assert [s.addr for s in slots] == [0x10000, second]
        assert [s.size for s in slots] == [slot, slot]
        vfs = partitions.find(table, partitions.TYPE_DATA, label="vfs")[0]
        assert vfs.addr == second + slot
        assert vfs.addr + vfs.size == size


def test_info_is_that_of_the_table():
    booted()
    assert Partition(Partition.RUNNING).info() == (0, 16, 0x10000, SLOT, "ota_0", False)
    assert Partition("otadata").info() == (1, 0, 0xD000, 0x2000, "otadata", False)


def test_find_takes_type_subtype_and_label():
    booted()
    assert [p.info()[4] for p in Partition.find()] == ["ota_0", "ota_1"]
    assert [p.info()[4] for p in Partition.find(Partition.TYPE_DATA, subtype=2)] == ["nvs"]
    assert [p.info()[4] for p in Partition.find(Partition.TYPE_DATA, label="vfs")] == ["vfs"]
    assert Partition.find(label="none") == []


def test_unknown_label_is_enoent_and_unknown_number_a_value_error():
    booted()
    assert esp_error(Partition, "none")[0] == 2
    raises(ValueError, Partition, 7)


def test_next_update_wraps():
    booted()
    target = Partition(Partition.RUNNING).get_next_update()
    assert target.info()[4] == "ota_1"
    assert target.get_next_update().info()[4] == "ota_0"


def test_writeblocks_without_offset_erases_and_with_one_does_not():
    booted()
    target = Partition("ota_1")
    target.writeblocks(1, bytes(SECTOR))
    target.writeblocks(1, b"\x55" * SECTOR)
    stored = bytearray(4)
    target.readblocks(1, stored, 8)
    assert stored == b"\x55" * 4
    raises(MisuseError, target.writeblocks, 1, b"\xff", 8)
    target.ioctl(6, 1)
    target.writeblocks(1, b"\xab", 8)
    target.readblocks(1, stored, 7)
    assert stored == b"\xff\xab\xff\xff"


def test_block_device_ioctls():
    booted()
    target = Partition("ota_1")
    assert target.ioctl(4, 0) == SLOT // SECTOR
    assert target.ioctl(5, 0) == SECTOR
    assert [target.ioctl(op, 0) for op in (1, 2, 3, 6, 99)] == [0, 0, 0, 0, None]


def test_past_the_end_is_what_idf_says():
    booted()
    target = Partition("ota_1")
    blocks = SLOT // SECTOR
    invalid_size = (-260, "ESP_ERR_INVALID_SIZE")
    assert esp_error(target.readblocks, blocks, bytearray(1)) == invalid_size
    assert esp_error(target.writeblocks, blocks - 1, bytes(SECTOR), 1) == invalid_size
    assert esp_error(target.writeblocks, 0, bytes(100)) == invalid_size
    assert esp_error(target.readblocks, blocks + 1, bytearray(1))[0] == -258
    assert esp_error(target.ioctl, 6, blocks + 1)[0] == -258


def test_writing_the_running_slot_resets_the_chip():
    for write in (
        lambda running: running.ioctl(6, 3),
        lambda running: running.writeblocks(3, b"\x00", 0),
        lambda running: running.writeblocks(3, bytes(SECTOR)),
    ):
        board = booted()
        assert board.stops(write, Partition(Partition.RUNNING)) == "reset"
        assert board.slot(0x10000, 4096) == app_image()[:4096]


# --- set_boot, bootloader


def test_set_boot_verifies_the_whole_image():
    good = app_image("2.0")
    for spoiled in (
        b"\x00" + good[1:],  # magic
        good[:12] + b"\x09" + good[13:],  # chip
        good[:-1] + bytes([good[-1] ^ 1]),  # sha256
        good[:5000] + bytes([good[5000] ^ 1]) + good[5001:],  # checksum
        good[:-40],
        good[:28] + b"\xff\xff\xff\x00" + good[32:],  # segment longer than the slot
    ):
        board = booted()
        target = Partition("ota_1")
        write_slot(target, spoiled)
        assert esp_error(target.set_boot) == (-5379, "ESP_ERR_OTA_VALIDATE_FAILED")
        assert board.states() == ["valid", None]


def test_rollback_goes_as_recorded_on_a_chip():
    board = booted()
    write_slot(Partition("ota_1"), app_image("2.0"))
    for step, *expected in ROLLBACK:
        if step.startswith("set_boot "):
            Partition(step.split()[1]).set_boot()
        elif step == "confirm":
            Partition.mark_app_valid_cancel_rollback()
        else:
            board.stops(machine.soft_reset if step == "soft reset" else machine.reset)
            board.boot()
        entries = [(entry.seq, entry.state) for entry in bootloader.read_entries(board.chip)]
        found = [Partition(ident).info()[4] for ident in (Partition.RUNNING, Partition.BOOT)]
        assert found + [machine.reset_cause()] + entries == expected, (step, found, entries)


def test_fresh_flash_boots_ota_0_as_valid():
    assert booted().states() == ["valid", None]


def test_new_image_is_pending_then_valid_when_marked():
    board = updated()
    assert Partition(Partition.BOOT).info()[4] == "ota_1"
    assert board.states() == ["valid", "new"]
    assert board.boot() == "ota_1"
    assert board.states() == ["valid", "pending_verify"]
    Partition.mark_app_valid_cancel_rollback()
    assert board.states() == ["valid", "valid"]
    operations = board.supply.counts[FLASH]
    Partition.mark_app_valid_cancel_rollback()
    assert board.supply.counts[FLASH] == operations
    assert board.boot() == "ota_1"


def test_unconfirmed_image_is_aborted_at_the_next_reset():
    board = updated()
    board.boot()
    assert board.boot() == "ota_0"
    assert board.states() == ["valid", "aborted"]


def test_update_after_a_rollback_goes_to_the_dead_entry():
    board = updated()
    board.boot()
    board.boot()
    Partition("ota_1").set_boot()
    assert board.states() == ["valid", "new"]
    assert board.boot() == "ota_1"


def test_damaged_image_falls_back_whatever_otadata_says():
    board = updated()
    board.memory.data[OTA_1 + 5000] ^= 1
    assert board.boot() == "ota_0"
    assert board.states() == ["valid", "pending_verify"]


def test_combined_image_passes_set_boot_and_not_the_bootloader():
    image = bytearray(app_image("2.0", desc=0))
    image[24:28] = b"\x30\x00\xff\x3f"  # its segment goes where the bootloader's data is
    import hashlib

    image[-32:] = hashlib.sha256(image[:-32]).digest()
    board = booted()
    write_slot(Partition("ota_1"), image)
    Partition("ota_1").set_boot()
    assert board.boot() == "ota_0"


def test_nothing_bootable_is_a_reset():
    board = booted()
    board.memory.write(0x10000, b"\xff")
    assert board.stops(board.boot) == "reset"


def test_bootloader_without_rollback_leaves_the_states():
    board = updated(has_rollback=False)
    for _ in range(3):
        assert board.boot() == "ota_1"
        assert board.states() == ["valid", "new"]


def test_bootloader_without_rollback_skips_an_invalid_entry():
    board = updated(has_rollback=False)
    board.boot()
    raw = otadata.build(otadata.new_entry(2, otadata.INVALID))
    board.memory.write(0xE000, raw)
    assert board.boot() == "ota_0"


def test_application_without_rollback_writes_undefined():
    assert updated(app_has_rollback=False).states() == ["valid", "undefined"]


def test_deep_sleep_wakes_the_old_slot_and_keeps_a_trial():
    board = updated()
    assert board.stops(machine.deepsleep, 1000) == "sleep"
    assert board.chip.sleep_ms == 1000
    assert board.boot() == "ota_0"
    assert machine.reset_cause() == machine.DEEPSLEEP_RESET
    assert board.states() == ["valid", "new"]


def test_board_without_ota_has_no_next_update():
    board = Board(layout=NO_OTA)
    assert board.boot() == "factory"
    running = Partition(Partition.RUNNING)
    assert esp_error(running.get_next_update)[0] == 2
    assert esp_error(running.set_boot) == (-261, "ESP_ERR_NOT_FOUND")
    not_found = esp_error(Partition.mark_app_valid_cancel_rollback)
    assert not_found == (-261, "ESP_ERR_NOT_FOUND")


NO_OTA = (
    partitions.Partition(partitions.TYPE_DATA, partitions.DATA_NVS, 0x9000, 0x6000, "nvs"),
    partitions.Partition(partitions.TYPE_APP, partitions.APP_FACTORY, 0x10000, SLOT, "factory"),
)


def test_idf_keeps_the_label_of_an_entry():
    # Whoever keeps notes in the unused bytes finds them again after the next set_boot().
    board = updated()
    board.boot()
    Partition.mark_app_valid_cancel_rollback()
    board.flash.program(0xD004, b"\x00")  # entry 0, which comes next
    Partition("ota_0").set_boot()
    stored = bytearray(2)
    board.flash.read(0xD004, stored)
    assert stored == b"\x00\xff"


# --- NVS


def test_nvs_keeps_values_over_a_reset():
    board = booted()
    values = esp32.NVS("hawkbit")
    values.set_i32("count", -5)
    values.set_blob("record", b"hello")
    values.commit()
    board.boot()
    values = esp32.NVS("hawkbit")
    buf = bytearray(10)
    assert values.get_i32("count") == -5
    assert values.get_blob("record", buf) == 5
    assert buf[:5] == b"hello"


def test_nvs_errors_are_the_real_ones():
    booted()
    values = esp32.NVS("hawkbit")
    values.set_blob("record", b"hello")
    not_found = (-4354, "ESP_ERR_NVS_NOT_FOUND")
    assert esp_error(values.get_blob, "none", bytearray(1)) == not_found
    assert esp_error(values.erase_key, "none") == not_found
    assert esp_error(esp32.NVS("other").get_i32, "record") == not_found
    assert esp_error(values.get_i32, "record") == not_found
    assert esp_error(values.get_blob, "record", bytearray(4))[0] == -4364
    assert esp_error(values.set_i32, "a" * 16, 1)[0] == -4361


def test_nvs_full_is_an_error_and_keeps_what_is_there():
    booted()
    values = esp32.NVS("hawkbit")
    values.set_blob("a", bytes(6000))
    assert esp_error(values.set_blob, "b", bytes(3000))[0] == -4357
    assert values.get_blob("a", bytearray(6000)) == 6000


def test_nvs_has_the_old_or_the_new_value_after_any_cut():
    # Enough writes to fill a half of the partition and go on in the other.
    def write(board, seen):
        values = esp32.NVS("n")
        while seen[0] < 90:
            values.set_blob("key", b"%02d" % seen[0] * 40)
            seen[0] += 1

    whole = booted()
    first = whole.supply.counts[FLASH]
    write(whole, [0])
    operations = whole.supply.counts[FLASH] - first
    assert operations == 90 + 2 * 3  # at first and when it was full: two erases and a header
    for number in range(1, operations + 1):
        for moment in MOMENTS:
            board = booted(cuts=[Cut(FLASH, first + number, moment)])
            seen = [0]
            assert board.stops(write, board, seen) == "power-cut"
            board.boot()
            stored = bytearray(80)
            try:
                esp32.NVS("n").get_blob("key", stored)
                found = int(bytes(stored[:2]).decode())
            except OSError:
                found = -1
            assert found in (seen[0] - 1, seen[0]), (number, moment, found, seen)


# --- power


def test_cut_before_changes_nothing_and_after_changes_all():
    for moment, stored in ((BEFORE, b"\xff\xff"), (MIDDLE, b"\x00\xff"), (AFTER, b"\x00\x00")):
        board = booted()
        board.supply.cuts = [Cut(FLASH, board.supply.counts[FLASH] + 1, moment)]
        target = Partition("ota_1")
        assert board.stops(target.writeblocks, 0, b"\x00\x00", 0) == "power-cut"
        assert board.slot(OTA_1, 2) == stored


def test_half_an_erase_leaves_the_second_half():
    board = booted()
    target = Partition("ota_1")
    target.writeblocks(0, bytes(SECTOR))
    board.supply.cuts = [Cut(FLASH, board.supply.counts[FLASH] + 1, MIDDLE)]
    board.stops(target.ioctl, 6, 0)
    assert board.slot(OTA_1, SECTOR) == b"\xff" * (SECTOR // 2) + bytes(SECTOR // 2)


def test_dead_chip_changes_nothing_in_a_finally():
    board = booted()
    target = Partition("ota_1")
    values = esp32.NVS("n")
    errors = []

    def reset_and_tidy_up():
        try:
            machine.reset()
        finally:
            for call, args in (
                (target.writeblocks, (0, b"\x00", 0)),
                (target.ioctl, (6, 0)),
                (target.readblocks, (0, bytearray(1))),
                (target.set_boot, ()),
                (values.set_i32, ("a", 1)),
                (board.chip.send, (lambda: None,)),
                (board.chip.receive, (10,)),
            ):
                errors.append(raises(OSError, call, *args))

    raises(PowerOff, reset_and_tidy_up)
    assert len(errors) == 7
    assert board.chip.stopped == "reset"
    assert board.slot(OTA_1, 1) == b"\xff"


def test_cut_at_a_request_and_in_the_stream():
    board = booted(cuts=[Cut("request", 2, BEFORE), Cut("stream", 3, AFTER)])
    sent = []
    board.chip.send(lambda: sent.append(1))
    raises(PowerOff, board.chip.send, lambda: sent.append(2))
    assert sent == [1]
    board.boot()
    board.chip.receive(3 * SECTOR - 1)
    raises(PowerOff, board.chip.receive, 1)
    assert board.supply.cuts == []


def test_wrong_cut_is_refused():
    for text in ("flash", "flash:0:before", "flash:1:later", "disk:1:before"):
        raises(ValueError, parse_cut, text)


# --- machine


def test_reset_causes():
    board = booted()
    assert machine.reset_cause() == machine.PWRON_RESET
    board.stops(machine.reset)
    board.boot()
    assert machine.reset_cause() == machine.HARD_RESET
    board.supply.cuts = [Cut(FLASH, board.supply.counts[FLASH] + 1, BEFORE)]
    board.stops(Partition("ota_1").ioctl, 6, 0)
    board.boot()
    assert machine.reset_cause() == machine.PWRON_RESET


def test_rtc_memory_survives_a_reset_and_no_power_cut():
    board = booted()
    machine.RTC().memory(b"note")
    board.stops(machine.reset)
    board.boot()
    assert machine.RTC().memory() == b"note"
    board.stops(board.chip.stop, board.chip.POWER_CUT)
    board.boot()
    assert machine.RTC().memory() == b""


def test_one_shot_fires_once_and_periodic_until_deinit():
    board = booted()
    fired = []
    once = machine.Timer(0)
    once.init(mode=machine.Timer.ONE_SHOT, period=100, callback=lambda t: fired.append("once"))
    again = machine.Timer(-1, mode=machine.Timer.PERIODIC, period=40, callback=fired.append)
    board.chip.wait_ms(130)
    assert fired == [again, again, "once", again]
    again.deinit()
    board.chip.wait_ms(1000)
    assert len(fired) == 4


def test_timer_ids_are_those_of_the_version():
    for version, shared, refused in (
        ((1, 23), ((-1, 3), (4, 0), (7, -1)), ()),
        ((1, 25), ((3, 3),), (-1, 4)),
        ((1, 29), ((3, 3),), (4,)),
    ):
        booted(micropython=version)
        for one, other in shared:
            fired = []
            machine.Timer(one, period=10, callback=fired.append)
            timer = machine.Timer(other, period=20, callback=fired.append)
            machine.lightsleep(21)
            assert fired == [timer], (version, one, other)
        for ident in refused:
            raises(ValueError, machine.Timer, ident)
    assert machine.Timer(-1)._id != machine.Timer(-1)._id


def test_timer_resets_a_board_that_waits():
    board = booted()
    machine.Timer(0).init(mode=0, period=DAY_MS, callback=lambda _: machine.reset())
    board.chip.wait_ms(DAY_MS - 1)
    assert board.stops(board.chip.wait_ms, 1) == "reset"


def test_watchdog_bites_unless_fed():
    board = booted()
    dog = machine.WDT(timeout=1000)
    for _ in range(5):
        board.chip.wait_ms(900)
        dog.feed()
    assert board.stops(board.chip.wait_ms, 1000) == "reset"
    board.boot()
    assert machine.reset_cause() == machine.WDT_RESET


def test_no_power_is_a_clear_error():
    board = booted()
    board.stops(machine.reset)
    error = raises(OSError, Partition("ota_1").readblocks, 0, bytearray(1))
    assert "no power" in error.args[1]


def test_small_layout_fits_its_flash():
    layout = partitions.ota_layout(SIZE, SLOT)
    assert layout[-1].addr + layout[-1].size == SIZE
    assert partitions.parse(partitions.build(layout)) == layout


def test_wrong_md5_is_no_table():
    raw = bytearray(partitions.build(partitions.ota_layout(SIZE, SLOT)))
    raw[4] ^= 1
    assert partitions.parse(raw) is None


def test_torn_nvs_record_is_skipped():
    board = booted()
    esp32.NVS("n").set_i32("a", 1)
    board.supply.cuts = [Cut(FLASH, board.supply.counts[FLASH] + 1, MIDDLE)]
    board.stops(esp32.NVS("n").set_i32, "a", 2)
    board.boot()
    assert esp32.NVS("n").get_i32("a") == 1
    esp32.NVS("n").set_i32("a", 3)
    board.stops(machine.reset)
    board.boot()
    assert esp32.NVS("n").get_i32("a") == 3
