"""Application images made with esptool's own classes, for tests of host tools."""

import io
import struct

from esptool.bin_image import ESP32FirmwareImage, ESP32S3FirmwareImage, ImageSegment

_DROM_ADDRESS = {"ESP32": 0x3F400020, "ESP32-S3": 0x3C000020}
_CLASS = {"ESP32": ESP32FirmwareImage, "ESP32-S3": ESP32S3FirmwareImage}


def app_image(name="demo", version="1.0.0", size=5000, chip="ESP32", magic=0xABCD5432):
    """Return the bytes of an image whose first segment has an esp_app_desc_t."""
    description = struct.pack(
        "<II8s32s32s16s16s32s32s80s",
        *(magic, 0, b"", version.encode(), name.encode()),
        *(b"12:00:00", b"Nov 24 2026", b"v5.2", b"", b""),
    )
    image = _CLASS[chip]()
    image.segments = [ImageSegment(_DROM_ADDRESS[chip], description + bytes(size))]
    image.entrypoint = 0x40080000
    return image.save(None)


def partition_table():
    """Return a table of one app partition, as it lies in the flash."""
    entry = struct.pack("<2sBBII16sI", b"\xaa\x50", 0, 0, 0x10000, 0x1F0000, b"factory", 0)
    return entry.ljust(0xC00, b"\xff")


def combined_image(begins_at=0x1000):
    """Return bootloader, partition table and application as one file for flash offset
    `begins_at`: what users publish by mistake."""
    flash = io.BytesIO(b"\xff" * 0x20000)
    for offset, data in (
        (begins_at, app_image(magic=0)),
        (0x8000, partition_table()),
        (0x10000, app_image()),
    ):
        flash.seek(offset)
        flash.write(data)
    return flash.getvalue()[begins_at:]
