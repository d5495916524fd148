"""`make flash` with the real esptool: what lies in the chip's flash afterwards."""

import hashlib
import re
import struct
import subprocess
import sys
from pathlib import Path

import appimage
import flash
import images
import pytest
from esp_idf_defs.image_metadata import ImageFlashSize, ImageMetadata
from esp_idf_defs.partitions import PartitionTable
from simboard import partitions

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "firmware" / "ESP32_GENERIC-v1.23.0.bin"
REAL_APP = REAL.with_suffix(".app-bin")
OTHER_CHIPS = {
    "esp32s2": ("ESP32_GENERIC_S2-v1.23.0.bin", 0x1000, 0x180000),
    "esp32s3": ("ESP32_GENERIC_S3-FLASH_4M-v1.23.0.bin", 0, 0x180000),
    "esp32c3": ("ESP32_GENERIC_C3-v1.23.0.bin", 0, 0x1B0000),
}
NANO = ROOT / "boards" / "ARDUINO_NANO_ESP32" / "partitions-16MiB-ota-factory.csv"
BLANK_OTADATA = b"\xff" * 0x2000
SLOT_SIZE = {4: 0x180000, 8: 0x270000, 16: 0x270000}
TABLE_MIB = {4: 4, 8: 8, 16: 8}


@pytest.fixture
def put(tmp_path):
    """Return a function that puts bytes into a file and returns its path."""

    def write(data: bytes, name="firmware.bin") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


def run(chip, path, *options) -> int:
    return flash.main(["--port", chip.url, "--firmware", str(path), *options])


def image_at(chip, offset, size=1 << 20):
    """Return the image at offset as Espressif's own parser sees it, hash verified."""
    return ImageMetadata.from_bytes(bytes(chip.flash[offset : offset + size]))


def validated(dump: Path) -> str:
    """Return the flash size that `esptool image-info` reads; checksum and hash are valid."""
    command = [sys.executable, "-m", "esptool", "image-info", str(dump)]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"Checksum: .*\(valid\)", text)
    assert re.search(r"Validation hash: .*\(valid\)", text)
    return re.search(r"Flash size: +(\w+)", text)[1]


def table_of(chip) -> list[tuple]:
    """Decode the table on the chip by the letter of ESP-IDF's esp_flash_partitions.h."""
    raw = bytes(chip.flash[0x8000:0x8C00])
    entries = []
    for at in range(0, len(raw), 32):
        magic, kind, subtype, offset, size, label, _ = struct.unpack_from("<HBBLL16sL", raw, at)
        if magic != 0x50AA:
            assert raw[at : at + 16] == b"\xeb\xeb" + b"\xff" * 14
            assert raw[at + 16 : at + 32] == hashlib.md5(raw[:at]).digest()
            assert raw[at + 32 :] == b"\xff" * (len(raw) - at - 32)
            return entries
        entries.append((label.rstrip(b"\0").decode(), kind, subtype, offset, size))
    raise AssertionError("the table has no end")


@pytest.mark.parametrize("mib", [4, 8, 16])
@pytest.mark.parametrize("name", ["esp32", "esp32s3"])
def test_bare_chip_gets_every_piece_at_its_offset(plug_in, put, name, mib):
    chip = plug_in(name, mib)
    boot, app = images.bootloader(name), appimage.make(chip=name)
    assert run(chip, put(images.combine(boot, app, name))) == 0

    boot_at = {"esp32": 0x1000, "esp32s3": 0}[name]
    size = image_at(chip, boot_at).header.spi_size
    assert size == ImageFlashSize[f"MB{mib}"]
    # All but the size in the header and the hash over it is the bootloader as it came.
    written = bytes(chip.flash[boot_at : boot_at + len(boot)])
    assert written[:3] + written[4:-32] == boot[:3] + boot[4:-32]
    assert written[3] & 0x0F == boot[3] & 0x0F

    slot = SLOT_SIZE[mib]
    vfs_at = 0x10000 + 2 * slot
    assert table_of(chip) == [
        ("nvs", 1, 2, 0x9000, 0x4000),
        ("otadata", 1, 0, 0xD000, 0x2000),
        ("phy_init", 1, 1, 0xF000, 0x1000),
        ("ota_0", 0, 0x10, 0x10000, slot),
        ("ota_1", 0, 0x11, 0x10000 + slot, slot),
        ("vfs", 1, 0x81, vfs_at, TABLE_MIB[mib] * 0x100000 - vfs_at),
    ]
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    assert chip.flash[0xD000:0xF000] == BLANK_OTADATA


@pytest.mark.parametrize(("mib", "layout"), [(4, "ota-4m"), (8, "ota-8m")])
def test_tables_are_those_of_the_simulated_board(mib, layout):
    path = ROOT / "boards" / f"partitions-{mib}MiB-ota.csv"
    table = PartitionTable.from_csv(path.read_text())
    assert table.to_binary() == partitions.build(partitions.LAYOUTS[layout][1])


def test_used_chip_boots_the_new_image_and_keeps_nothing_of_the_old(plug_in, put):
    chip = plug_in("esp32", 8)
    chip.flash[:] = b"\x5a" * len(chip.flash)
    assert run(chip, put(images.combined()), "--erase-files") == 0
    table = PartitionTable.from_binary(bytes(chip.flash[0x8000:0x8C00]))
    for name in "nvs", "otadata":
        part = table[name]
        assert chip.flash[part.offset : part.offset + part.size] == b"\xff" * part.size
    vfs = table["vfs"].offset
    assert chip.flash[vfs : vfs + 0x2000] == b"\xff" * 0x2000


@pytest.mark.parametrize(
    ("typed", "said"), [(None, "add ERASE_FILES=1"), ("n", "nothing was"), ("", "nothing was")]
)
def test_files_that_would_be_lost_are_asked_for(plug_in, put, capsys, monkeypatch, typed, said):
    chip = plug_in("esp32", 4)
    other = PartitionTable.from_csv(NANO.read_text()).to_binary()
    chip.flash[0x8000:0x8C00] = other
    before = bytes(chip.flash)
    monkeypatch.setattr("sys.stdin.isatty", lambda: typed is not None, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: typed)
    assert run(chip, put(images.combined())) == 1
    assert said in capsys.readouterr().err
    assert bytes(chip.flash) == before
    monkeypatch.setattr("builtins.input", lambda question: "y")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert run(chip, put(images.combined())) == 0
    assert chip.flash[0x8000:0x8C00] != other


def test_second_flash_keeps_the_files_and_forgets_the_record(plug_in, put, capsys):
    chip = plug_in("esp32", 8)
    path = put(images.combined())
    assert run(chip, path) == 0
    assert "a new filesystem" in capsys.readouterr().out
    chip.flash[0x4F0000:0x4F0010] = b"the user's files"
    chip.flash[0x9000:0x9010] = chip.flash[0xD000:0xD010] = bytes(16)
    assert run(chip, path) == 0
    assert "files on the board: kept" in capsys.readouterr().out
    assert chip.flash[0x4F0000:0x4F0010] == b"the user's files"
    assert chip.flash[0x9000:0xF000] == b"\xff" * 0x6000


def test_esptool_finds_header_and_hash_of_the_written_bootloader_valid(plug_in, put, tmp_path):
    chip = plug_in("esp32", 8)
    assert run(chip, put(images.combined())) == 0
    dump = tmp_path / "bootloader.bin"
    dump.write_bytes(chip.flash[0x1000:0x8000])
    assert validated(dump) == "8MB"


def test_app_too_large_for_every_slot_names_the_right_firmware(plug_in, put, capsys):
    chip = plug_in("esp32", 4)
    assert run(chip, put(images.combined(size=0x1B0010))) == 1
    error = capsys.readouterr().err
    assert "does not fit a slot of 1,769,472" in error
    assert "variant OTA (ESP32_GENERIC-OTA-*.bin)" in error
    assert chip.flash == b"\xff" * len(chip.flash)


def test_app_too_large_for_a_slot_of_1_5_mib_gets_larger_ones_and_fewer_files(plug_in, put):
    chip = plug_in("esp32", 4)
    assert run(chip, put(images.combined(size=0x180010))) == 0
    assert table_of(chip)[-2:] == [
        ("ota_1", 0, 0x11, 0x1C0000, 0x1B0000),
        ("vfs", 1, 0x81, 0x370000, 0x90000),
    ]


def test_firmware_with_two_slots_of_its_own_keeps_its_table(plug_in, put, capsys):
    chip = plug_in("esp32s3", 16)
    app = appimage.make(chip="esp32s3")
    file = images.combine(images.bootloader("esp32s3"), app, "esp32s3", NANO.read_text())
    chip.flash[0xF70000:0xF80000] = b"the loader".ljust(0x10000, b".")
    assert run(chip, put(file)) == 0
    assert chip.flash[0x8000:0x8C00] == PartitionTable.from_csv(NANO.read_text()).to_binary()
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    # With a factory application a blank otadata would boot that.
    assert struct.unpack_from("<I20xII", chip.flash, 0xE000) == (1, 2, 0x4743989A)
    assert chip.flash[0xE020:0x10000] == b"\xff" * 0x1FE0
    assert chip.flash[0xF70000:0xF70010] == b"the loader......"
    assert chip.flash[0x610000:0x612000] == b"\xff" * 0x2000
    assert "at app0 of ESP32-S3" in capsys.readouterr().out


def test_own_table_beyond_the_flash_is_refused(plug_in, put, capsys):
    chip = plug_in("esp32s3", 8)
    app = appimage.make(chip="esp32s3")
    file = images.combine(images.bootloader("esp32s3"), app, "esp32s3", NANO.read_text())
    assert run(chip, put(file)) == 1
    assert "need 16 MiB of flash, this chip has 8 MiB" in capsys.readouterr().err


def test_app_as_large_as_the_slot_is_written(plug_in, put):
    chip = plug_in("esp32", 4)
    app = appimage.make(size=0x180000)
    assert run(chip, put(images.combine(images.bootloader(), app))) == 0
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app


def test_firmware_for_another_chip_is_refused(plug_in, put, capsys):
    chip = plug_in("esp32", 8)
    assert run(chip, put(images.combined("esp32s3"))) == 1
    assert "firmware.bin is for ESP32-S3, the chip is ESP32" in capsys.readouterr().err
    assert chip.flash == b"\xff" * len(chip.flash)


def test_two_mib_of_flash_are_refused(plug_in, put, capsys):
    chip = plug_in("esp32", 2)
    assert run(chip, put(images.combined())) == 1
    assert "two OTA slots need 4 MiB of flash, this chip has 2 MiB" in capsys.readouterr().err


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


WHOLE = images.combined()
WRONG_FILES = {
    "the application alone": (appimage.make(), "needs the combined .bin"),
    "uf2": (b"UF2\n" + bytes(508), "take MicroPython's .bin, not .uf2"),
    "elf": (b"\x7fELF" + bytes(508), "not an ESP32 firmware image"),
    "empty": (b"", "not an ESP32 firmware image"),
    "unknown chip": (flipped(WHOLE, 13), "chip that esptool does not know (id 256)"),
    "bootloader alone": (images.bootloader(), "no partition table at 0x8000"),
    "bit in the bootloader": (flipped(WHOLE, 4000), "its bootloader is damaged"),
    "bit in the table": (flipped(WHOLE, 0x7004), "no partition table at 0x8000"),
    "bit in the application": (flipped(WHOLE, 0xF000 + 50_000), "its app is damaged"),
    "bit in the header, which only the hash covers": (
        flipped(WHOLE, 0xF000 + 4),
        "its app is damaged or cut off",
    ),
    "truncated": (WHOLE[:-1000], "its app is not a whole ESP32 image"),
    "no application": (WHOLE[:0xF000], "its app is not a whole ESP32 image"),
    "two bootloaders": (
        images.combine(images.bootloader(), images.bootloader()),
        "no application at 0x10000",
    ),
    "too old": (
        images.combine(images.bootloader(), appimage.make(idf_version="v4.4.4")),
        "take 1.23 or newer",
    ),
}


@pytest.mark.parametrize("what", WRONG_FILES)
def test_wrong_file_is_refused_before_the_port_is_opened(put, capsys, what):
    data, words = WRONG_FILES[what]
    arguments = ["--port", "/dev/not-there", "--firmware", str(put(data))]
    assert flash.main(arguments) == 1
    assert words in capsys.readouterr().err


def test_absent_file_is_refused(tmp_path, capsys):
    assert flash.main(["--port", "x", "--firmware", str(tmp_path / "none.bin")]) == 1
    assert "none.bin: No such file" in capsys.readouterr().err


def test_absent_port_is_a_clear_error(put, capsys):
    assert flash.main(["--port", "/dev/not-there", "--firmware", str(put(WHOLE))]) == 1
    assert "/dev/not-there" in capsys.readouterr().err


def test_make_without_port_or_firmware_says_how(capsys):
    assert flash.main(["--port", "", "--firmware", ""]) == 2
    assert "make flash PORT=" in capsys.readouterr().err


real = pytest.mark.skipif(not REAL.exists(), reason="no real firmware in ../shared/firmware")


@real
def test_real_firmware_on_8_mib_is_byte_for_byte_the_official_one(plug_in):
    chip = plug_in("esp32", 8)
    assert run(chip, REAL) == 0
    file, app = REAL.read_bytes(), REAL_APP.read_bytes()
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    assert not chip.flash[0x10000 + len(app) : 0x280000].strip(b"\xff")
    bootloader = image_at(chip, 0x1000, 0x7000)
    assert bootloader.header.spi_size == ImageFlashSize.MB8
    end = 0x1000 + len(file[:0x7000].rstrip(b"\xff"))
    # Two places differ: the size in the header, and the hash at the end of the image.
    changed = [i for i in range(0x1000, end) if chip.flash[i] != file[i - 0x1000]]
    assert changed[0] == 0x1003
    assert all(i >= end - 32 for i in changed[1:])


@real
def test_real_firmware_on_4_mib_gets_the_large_slots(plug_in, capsys):
    chip = plug_in("esp32", 4)
    assert run(chip, REAL) == 0
    app = REAL_APP.read_bytes()
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    assert "slots of 1,769,472 bytes, the application has 1,672,800" in capsys.readouterr().out


@real
@pytest.mark.parametrize("name", OTHER_CHIPS)
def test_real_firmware_of_another_chip_is_byte_for_byte_the_official_one(plug_in, name, tmp_path):
    file, boot_at, _ = OTHER_CHIPS[name]
    data = (REAL.parent / file).read_bytes()
    chip = plug_in(name, 8)
    assert run(chip, REAL.parent / file) == 0
    app = data[0x10000 - boot_at :]
    assert chip.flash[0x10000 : 0x10000 + len(app)] == app
    assert not chip.flash[0x10000 + len(app) : 0x4F0000].strip(b"\xff")
    assert not chip.flash[:boot_at].strip(b"\xff")
    assert table_of(chip)[3] == ("ota_0", 0, 0x10, 0x10000, SLOT_SIZE[8])
    assert chip.flash[0xD000:0xF000] == BLANK_OTADATA
    dump = tmp_path / "bootloader.bin"
    dump.write_bytes(chip.flash[boot_at:0x8000])
    assert validated(dump) == "8MB"


@real
@pytest.mark.parametrize("name", OTHER_CHIPS)
def test_real_firmware_of_another_chip_fits_4_mib(name):
    file, _, slot = OTHER_CHIPS[name]
    table = flash.choose_table(flash.read_firmware(REAL.parent / file), 4 << 20)
    assert flash.slots(table)[0].size == slot


@real
def test_real_app_bin_is_refused(capsys):
    assert flash.main(["--port", "x", "--firmware", str(REAL_APP)]) == 1
    assert "is the application alone" in capsys.readouterr().err


@real
def test_our_builder_writes_the_official_table_as_it_is():
    official = REAL.read_bytes()[0x7000:0x7C00]
    assert PartitionTable.from_binary(official).to_binary() == official
