"""Application images: verified as set_boot() and the bootloader do it, and described.

Source: IDF esp_app_format.h, esp_app_desc.h, esp_image_format.c.
"""

import hashlib
import struct
from collections import namedtuple

CHIP_ESP32 = 0
_MAGIC = 0xE9
_DESC_MAGIC = 0xABCD5432
_MAX_SEGMENTS = 16
_MAX_SEGMENT = 16 * 1024 * 1024
_CHECKSUM_SEED = 0xEF
_HEADER_SIZE = 24
_BLOCK = 4096

# Where the ESP32's bootloader itself lives while it loads an application.
# IDF components/bootloader/subproject/main/ld/esp32/bootloader.ld: dram_seg, iram_loader_seg.
# Of other chips nothing is known here: their bootloader takes every load address.
_BOOTLOADER_REGIONS = (
    (0x3FFF0000, 0x40000000, "overlaps bootloader data"),
    (0x40078000, 0x40080000, "overlaps loader IRAM"),
)

AppDescription = namedtuple("AppDescription", ("version", "project_name", "elf_sha256"))


class ImageError(Exception):
    """Not an image that this chip boots; the text is the bootloader's."""


def describe(read, addr):
    """Return esp_app_desc_t of the image at `addr`, or None. `read(addr, buf)` reads flash."""
    raw = bytearray(256)
    read(addr + 32, raw)
    if struct.unpack_from("<L", raw, 0)[0] != _DESC_MAGIC:
        return None
    return AppDescription(_text(raw[16:48]), _text(raw[48:80]), bytes(raw[144:176]))


def verify(read, addr, limit, chip_id, will_load=False):
    """Return the length of the image at `addr`; raise ImageError when it is not sound.

    `limit`: size of its partition. `will_load`: also refuse segments that would be loaded
    over the bootloader, which only the bootloader does: set_boot() takes a combined image.
    """
    sha256 = hashlib.sha256()

    def take(at, size):
        buf = bytearray(size)
        if at + size > limit:
            raise ImageError("image at 0x%x is longer than its partition" % addr)
        read(addr + at, buf)
        sha256.update(buf)
        return buf

    header = take(0, _HEADER_SIZE)
    count = _segment_count(header, addr, chip_id)
    at = _HEADER_SIZE
    xored = 0
    for index in range(count):
        load_addr, size = struct.unpack("<LL", take(at, 8))
        _check_segment(index, load_addr, size, will_load and chip_id == CHIP_ESP32)
        at += 8
        for done in range(0, size, _BLOCK):
            # As one long integer a block is XORed at once instead of byte by byte.
            xored ^= int.from_bytes(take(at + done, min(_BLOCK, size - done)), "little")
        at += size
    padded = (at + 16) & ~15
    tail = take(at, padded - at)
    checksum = _fold(xored)
    if checksum != tail[-1]:
        raise ImageError("Checksum failed. Calculated 0x%x read 0x%x" % (checksum, tail[-1]))
    return padded + _check_sha256(read, addr, padded, limit, sha256 if header[23] else None)


def _segment_count(header, addr, chip_id):
    if header[0] != _MAGIC:
        raise ImageError("image at 0x%x has invalid magic byte (nothing flashed here?)" % addr)
    image_chip_id = struct.unpack_from("<H", header, 12)[0]
    if image_chip_id != chip_id:
        raise ImageError("mismatch chip ID, expected %d, found %d" % (chip_id, image_chip_id))
    if header[1] > _MAX_SEGMENTS:
        raise ImageError("segment count %d exceeds max %d" % (header[1], _MAX_SEGMENTS))
    return header[1]


def _check_segment(index, load_addr, size, check_address):
    if size % 4 or size >= _MAX_SEGMENT:
        raise ImageError("invalid segment length 0x%x" % size)
    if not check_address:
        return
    for start, end, reason in _BOOTLOADER_REGIONS:
        if load_addr < end and load_addr + size > start:
            raise ImageError("Segment %d 0x%08x %s" % (index, load_addr, reason))


def _check_sha256(read, addr, at, limit, sha256):
    """Return how many bytes the appended hash takes; `sha256` is None when there is none."""
    if sha256 is None:
        return 0
    stored = bytearray(32)
    if at + 32 > limit:
        raise ImageError("image at 0x%x is longer than its partition" % addr)
    read(addr + at, stored)
    if stored != sha256.digest():
        raise ImageError("Image hash failed - image is corrupt")
    return 32


def _fold(xored):
    checksum = _CHECKSUM_SEED
    for byte in xored.to_bytes(_BLOCK, "little"):
        checksum ^= byte
    return checksum


def _text(raw):
    return bytes(raw).split(b"\x00")[0].decode()
