"""The first block of an image: each mistake has its own words."""

import struct

from hawkbit import slot
from hawkbit.errors import UpdateError
from runner import raises

ESP32, ESP32S3 = 0, 9


def block(chip=ESP32, magic=0xE9, segments=5, desc=0xABCD5432, size=4096):
    head = bytearray(size)
    struct.pack_into("<BB", head, 0, magic, segments)
    struct.pack_into("<H", head, 12, chip)
    struct.pack_into("<L", head, 32, desc)
    return head


def refused(data, chip=ESP32):
    return str(raises(UpdateError, slot.check_image, data, chip))


def test_application_for_this_chip_passes():
    slot.check_image(block(), ESP32)
    slot.check_image(memoryview(block(ESP32S3)), ESP32S3)
    slot.check_image(block(size=slot.MIN_SIZE), ESP32)
    for segments in (1, 16):
        slot.check_image(block(segments=segments), ESP32)


def test_truncated_image_is_refused():
    for size in (1, 24, 32, slot.MIN_SIZE - 1):
        assert "truncated" in refused(bytes(size))
    assert "truncated" in refused(block()[:287])


def test_other_files_are_refused():
    for data in (b"\x7fELF", b"PK\x03\x04", b"<html>", b"\xff" * 16, b"\0" * 16, b"\xd0\x0d"):
        assert "not an ESP32 application image" in refused(data + bytes(4092))
    for segments in (0, 17, 255):
        assert "not an ESP32 application image" in refused(block(segments=segments))


def test_image_for_another_chip_names_both():
    text = refused(block(ESP32S3))
    assert "another chip" in text and "9" in text and "0" in text
    assert "another chip" in refused(block(0xFFFF))


def test_combined_image_is_named():
    for desc in (0, 0xFFFFFFFF, 0xABCD5433):
        assert "combined" in refused(block(desc=desc)) and ".app-bin" in refused(block(desc=desc))


def test_chip_id_is_read_from_the_head_alone():
    assert slot.chip_id(block(ESP32S3)[: slot.HEAD]) == ESP32S3
