"""What the simulation writes and judges, against esptool and esp-idf-defs."""

import hashlib
import io
import struct
from pathlib import Path

import appimage
import pytest
from esp_idf_defs.app_description import AppDescription
from esp_idf_defs.image_metadata import ImageMetadata
from esp_idf_defs.otadata import OtaDataSelectEntry
from esp_idf_defs.partitions import PartitionTable
from esptool.bin_image import ESP32FirmwareImage
from simboard import image, otadata, partitions
from simboard.flash import SECTOR
from simboard.host import Board, new_flash

FIRMWARE = Path(__file__).parents[4] / "shared" / "firmware"
SET_BOOT = b"import esp32, machine\nesp32.Partition('%s').set_boot()\nmachine.reset()\n"


def verify(data, **options):
    def read(addr, buf):
        buf[:] = data[addr : addr + len(buf)].ljust(len(buf), b"\xff")

    return image.verify(read, 0, len(data), image.CHIP_ESP32, **options)


def otadata_entries(board):
    found = []
    for addr in (0xD000, 0xD000 + SECTOR):
        raw = bytearray(32)
        board.flash.read(addr, raw)
        found.append(OtaDataSelectEntry.from_bytes(bytes(raw)))
    return found


@pytest.mark.parametrize("layout", partitions.LAYOUTS)
def test_partition_table_reads_back_with_esp_idf_defs(layout):
    size, expected = partitions.LAYOUTS[layout]
    raw = bytearray(partitions.TABLE_SIZE)
    new_flash(layout).read(partitions.TABLE_ADDR, raw)
    table = PartitionTable.from_binary(bytes(raw))
    assert [(p.type, p.subtype, p.offset, p.size, p.name) for p in table] == list(expected)
    table.verify_size_fits(size)


def test_partition_table_of_esp_idf_defs_is_read():
    table = PartitionTable.from_csv("nvs,data,nvs,0x9000,0x6000\nfactory,app,factory,0x10000,1M")
    assert [p.label for p in partitions.parse(table.to_binary())] == ["nvs", "factory"]


def test_otadata_over_many_updates_is_what_esp_idf_defs_expects(small_board):
    board = small_board()
    board.install(appimage.make(version="2.0.0"), slot=1)
    board.put("/boot.py", b"import esp32\nesp32.Partition.mark_app_valid_cancel_rollback()\n")
    board.put("/main.py", b"")
    board.boot()
    current = otadata_entries(board)[0]
    assert (current.seq, current.ota_state.name) == (1, "VALID")
    for slot in (1, 0, 1, 1, 0):
        board.put("/main.py", SET_BOOT % f"ota_{slot}".encode())
        assert board.boot().how == "reset"
        written = OtaDataSelectEntry.select(*otadata_entries(board))[0]
        if slot != current.ota_slot(2):
            assert written.seq == current.incremented(slot, 2).seq
        assert written.ota_slot(2) == slot
        assert written.ota_state.name == "NEW" or slot == current.ota_slot(2)
        board.put("/main.py", b"")
        board.boot()
        current = OtaDataSelectEntry.select(*otadata_entries(board))[0]
        assert current.ota_state.name == "VALID"
        assert board.chip.running.label == f"ota_{slot}"


def test_crc_of_an_entry_is_that_of_esp_idf():
    crcs = [
        struct.unpack("<L", otadata.build(otadata.new_entry(seq, 2))[28:])[0] for seq in (1, 2)
    ]
    assert crcs == [0x4743989A, 0x55F63774]


@pytest.mark.parametrize("chip", appimage.CHIPS)
def test_made_image_is_valid_for_esptool_and_esp_idf_defs(chip):
    made = appimage.make("ok", "1.2.3", 65536, chip)
    loaded = appimage.CHIPS[chip](io.BytesIO(made))
    assert loaded.checksum == loaded.calculate_checksum()
    assert loaded.stored_digest == loaded.calc_digest
    assert loaded.chip_id == loaded.ROM_LOADER.IMAGE_CHIP_ID
    assert loaded.data_length + 32 == len(made) == 65536
    described = AppDescription.from_bytes(made[AppDescription.FIRMWARE_BINARY_OFFSET :])
    assert (described.project_name, described.version) == ("ok", "1.2.3")
    ImageMetadata.from_bytes(made, app_required=True)


def test_versions_differ_in_every_block():
    one, two = appimage.make(version="1.0.0"), appimage.make(version="2.0.0")
    assert one == appimage.make(version="1.0.0")
    for at in range(0, len(one), SECTOR):
        assert one[at : at + SECTOR] != two[at : at + SECTOR]


@pytest.mark.parametrize("size", [511, 496, 1001])
def test_image_of_an_impossible_size_is_refused(size):
    with pytest.raises(ValueError, match="multiple of 16"):
        appimage.make(size=size)


def test_too_long_a_name_is_refused():
    with pytest.raises(ValueError, match="longer than 31"):
        appimage.make(project_name="n" * 32)


@pytest.mark.parametrize("at", [0, 1, 40, 5000, -33, -1])
def test_one_wrong_byte_is_refused(at):
    spoiled = bytearray(appimage.make())
    spoiled[at] ^= 0xFF
    with pytest.raises(image.ImageError):
        verify(spoiled)


def test_wrong_checksum_is_refused_although_the_hash_is_right():
    spoiled = bytearray(appimage.make()[:-32])
    spoiled[-1] ^= 1
    with pytest.raises(image.ImageError, match="Checksum"):
        verify(spoiled + hashlib.sha256(spoiled).digest())


@pytest.mark.parametrize("length", [10, 300, 65536 - 33, 65535])
def test_truncated_image_is_refused(length):
    with pytest.raises(image.ImageError):
        verify(appimage.make()[:length])


def firmware(name):
    if not FIRMWARE.exists():
        pytest.skip("no real firmware: ../shared is absent")
    return (FIRMWARE / name).read_bytes()


def test_real_micropython_boots():
    app = firmware("ESP32_GENERIC-v1.23.0.app-bin")
    assert verify(app, will_load=True) == len(app)
    assert ESP32FirmwareImage(io.BytesIO(app)).data_length + 32 == len(app)
    board = Board(new_flash())
    board.install(app)
    board.put("/main.py", b"")
    assert board.boot().how == "end"


def test_real_micropython_does_not_fit_the_4_mib_table():
    with pytest.raises(ValueError, match="1672800 bytes do not fit the 1572864 of ota_0"):
        Board(new_flash("ota-4m")).install(firmware("ESP32_GENERIC-v1.23.0.app-bin"))


def test_real_combined_image_passes_set_boot_and_not_the_bootloader(capsys):
    board = Board(new_flash())
    board.install(firmware("ESP32_GENERIC-v1.23.0.app-bin"))
    combined = firmware("ESP32_GENERIC-v1.23.0.bin")
    with pytest.raises(ValueError, match="not the combined"):
        board.install(combined, slot=1)
    board.install(combined, slot=1, check=False)
    board.put("/main.py", SET_BOOT % b"ota_1")
    assert board.boot().how == "reset"
    board.put("/main.py", b"")
    board.boot()
    assert board.chip.running.label == "ota_0"
    assert "Segment 0 0x3fff0030 overlaps bootloader data" in capsys.readouterr().out
