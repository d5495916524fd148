"""Which files publish takes, and what it says of the others."""

import hashlib
import re
from pathlib import Path

import appimage
import images
import pytest
from rollouts.api.errors import RefusedError
from rollouts.release.image import MAX_IMAGE_BYTES, read_image

FIRMWARE = Path(__file__).parents[4] / "shared/firmware"
APP = FIRMWARE / "ESP32_GENERIC-v1.23.0.app-bin"
COMBINED = FIRMWARE / "ESP32_GENERIC-v1.23.0.bin"
APP_IMAGE = appimage.make("demo", size=5328)
needs_firmware = pytest.mark.skipif(not APP.exists(), reason="no ../shared/firmware here")


def read(tmp_path, data):
    file = tmp_path / "fw.bin"
    file.write_bytes(data)
    return read_image(file)


@pytest.mark.parametrize(("chip", "name"), [("ESP32", "esp32"), ("ESP32-S3", "esp32s3")])
def test_chip_name_and_version_come_from_the_image(tmp_path, chip, name):
    image = read(tmp_path, appimage.make("kitchen", "2.1.0", chip=name))
    assert (image.chip, image.name, image.version) == (chip, "kitchen", "2.1.0")


@pytest.mark.parametrize("text", ["", " ", "\x1b[31m", "é"])
def test_a_name_that_is_no_plain_text_counts_as_absent(tmp_path, text):
    image = read(tmp_path, appimage.make(text, text))
    assert (image.name, image.version) == (None, None)


@pytest.mark.parametrize("padding", [b"\xff" * 4096, b"\0" * 16, b"\xff" * 100 + b"\xe7sig"])
def test_padding_and_signature_behind_the_image_are_accepted(tmp_path, padding):
    assert read(tmp_path, APP_IMAGE + padding).name == "demo"


def flipped(data, offset):
    return data[:offset] + bytes([data[offset] ^ 1]) + data[offset + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xe9", "not a whole ESP32 image"),
        (b"\x7fELF\x01", "ELF file"),
        (b"UF2\nxxxx", "UF2 file"),
        (b"PK\x03\x04", "ZIP archive"),
        (b"\x1f\x8b\x08", "gzip file"),
        (b":020000040000FA", "Intel HEX"),
        (b"import machine\n", "begins with 0x69"),
        (images.combined("esp32s3"), "combined image"),
        (images.combined("esp32"), "combined image"),
        (images.combine(images.bootloader("esp32p4"), APP_IMAGE, "esp32p4"), "combined image"),
        (APP_IMAGE[:-10], "damaged or cut off"),
        (APP_IMAGE[:2000], "not a whole ESP32 image"),
        (flipped(APP_IMAGE, 3000), "checksum"),
        (flipped(APP_IMAGE, 9), "sha256"),
        (images.bootloader(), "bootloader"),
        (APP_IMAGE + b"more", "goes on for 4 bytes"),
        (APP_IMAGE[:12] + b"\xee\xee" + APP_IMAGE[14:], "chip"),
    ],
)
def test_another_file_is_refused_by_its_name(tmp_path, data, words):
    with pytest.raises(RefusedError, match=re.escape(words)):
        read(tmp_path, data)


def test_a_file_larger_than_any_flash_is_not_read(tmp_path):
    file = tmp_path / "big.bin"
    with file.open("wb") as stream:
        stream.truncate(MAX_IMAGE_BYTES + 1)
    with pytest.raises(RefusedError, match="more than any"):
        read_image(file)


def test_code_that_looks_like_a_table_at_its_place_is_no_combined_image(tmp_path):
    data = bytearray(appimage.make(size=40_000))
    clean = read(tmp_path, bytes(data))
    # The third byte keeps the checksum.
    data[0x7002] ^= data[0x7000] ^ data[0x7001] ^ 0xAA ^ 0x50
    data[0x7000:0x7002] = b"\xaa\x50"
    digest = hashlib.sha256(data[:-32]).digest()
    with_marks = bytes(data[:-32]) + digest
    assert read(tmp_path, with_marks) == clean


@needs_firmware
def test_stock_micropython_has_neither_name_nor_version():
    image = read_image(APP)
    assert (image.chip, image.name, image.version) == ("ESP32", None, None)


@needs_firmware
def test_the_real_combined_image_is_refused():
    with pytest.raises(RefusedError, match="combined image"):
        read_image(COMBINED)


@pytest.mark.parametrize("words", [["no/such/folder"], ["x", "--size", "5"]])
def test_an_image_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch, capsys, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["appimage.py", *words])
    with pytest.raises(SystemExit) as ended:
        appimage.main()
    assert ended.value.code == 2 and "appimage.py: error: " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
