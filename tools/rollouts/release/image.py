"""What an ESP32 application image says about itself, read with esptool's own classes.

Refuses everything that a device would refuse after the download, and names the mistake.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from rollouts.api.errors import RefusedError

# The largest flash of the family; a larger file is not read into memory.
MAX_IMAGE_BYTES = 32 * 1024 * 1024

# esp_app_desc_t of ESP-IDF, at the begin of the first segment: magic, secure version,
# 8 reserved bytes, then version and project_name of 32 bytes each.
_APP_DESC = struct.Struct("<II8s32s32s")
_APP_DESC_MAGIC = 0xABCD5432

# esp_partition_info_t: magic, type, subtype, offset and size, 32 bytes each; after the last
# one an MD5 entry or erased flash. The table lies at 0x8000 of the flash, which is this far
# into a file that begins at 0x0, 0x1000 or 0x2000 of it.
_TABLE_ENTRY = struct.Struct("<2sBBII")
_TABLE_MAGIC = b"\xaa\x50"
_TABLE_NEXT = (_TABLE_MAGIC, b"\xeb\xeb", b"\xff\xff")
_TABLE_OFFSETS = (0x8000, 0x7000, 0x6000)

_IMAGE_MAGIC = 0xE9
_SIGNATURE_MAGIC = 0xE7
_OTHER_FORMATS = {
    b"\x7fELF": "an ELF file: the linker's output, not an image for the flash",
    b"UF2\n": "a UF2 file, for copying to a USB drive",
    b"PK": "a ZIP archive: unpack it first",
    b"\x1f\x8b": "a gzip file: unpack it first",
    b":": "an Intel HEX file",
}


@dataclass(frozen=True)
class Image:
    """`name` and `version` are None where the image has none, as MicroPython's stock builds.

    end: where the sha256 that is appended to it ends; None without one.
    """

    chip: str
    name: str | None
    version: str | None
    end: int | None


def read_image(file):
    """Return the Image in `file`. Raises RefusedError naming what the file is instead."""
    size = Path(file).stat().st_size
    if size > MAX_IMAGE_BYTES:
        raise RefusedError(
            f"{file} is no ESP32 image: {size} bytes are more than any of their flashes"
        )
    return parse_image(file, Path(file).read_bytes())


def parse_image(file, data):
    """Return the Image in `data`, called `file` in errors. Raises RefusedError."""
    _refuse_other_files(file, data)
    image = load(file, data)
    _refuse_rest(file, data[end_of(image) :])
    name, version = _described(file, image)
    end = end_of(image) if image.append_digest else None
    return Image(image.ROM_LOADER.CHIP_NAME, name, version, end)


def load(file, data):
    """Return esptool's image at the begin of `data`, undamaged. Raises RefusedError."""
    image = _parsed(file, data)
    if not image.segments:
        raise RefusedError(f"{file} has no segments: it is no application")
    if image.checksum != image.calculate_checksum():
        raise RefusedError(f"{file} is damaged: its checksum does not fit")
    if image.append_digest and image.stored_digest != image.calc_digest:
        raise RefusedError(f"{file} is damaged or cut off: its sha256 does not fit")
    return image


def _refuse_other_files(file, data):
    if not data:
        raise RefusedError(f"{file} is empty")
    for begin, what in _OTHER_FORMATS.items():
        if data.startswith(begin):
            raise RefusedError(f"{file} is {what}; publish the application image (.app-bin)")
    if any(_is_table(data[offset : offset + 64]) for offset in _TABLE_OFFSETS):
        raise RefusedError(
            f"{file} is a combined image (bootloader, partition table and application): it "
            "cannot be written to an OTA slot; publish the application alone (.app-bin)"
        )
    if data[0] != _IMAGE_MAGIC:
        raise RefusedError(
            f"{file} is no ESP32 application image: it begins with 0x{data[0]:02x}, not 0xe9"
        )


def _is_table(data):
    if len(data) < 64:
        return False
    magic, _, _, offset, size = _TABLE_ENTRY.unpack_from(data)
    is_entry = magic == _TABLE_MAGIC and offset % 0x1000 == 0 and size > 0
    return is_entry and data[32:34] in _TABLE_NEXT


def _parsed(file, data):
    # Imported late: esptool takes a tenth of a second, and only publish needs it.
    from esptool import CHIP_DEFS, FatalError
    from esptool.bin_image import LoadFirmwareImage

    chip_id = int.from_bytes(data[12:14], "little")
    chips = [
        chip for chip, rom in CHIP_DEFS.items() if getattr(rom, "IMAGE_CHIP_ID", None) == chip_id
    ]
    if not chips:
        raise RefusedError(f"{file} is for a chip that esptool does not know (id {chip_id})")
    try:
        return LoadFirmwareImage(chips[0], data)
    except (FatalError, RuntimeError, struct.error, TypeError, KeyError) as error:
        # esptool lets the errors of its parts through when a file ends early.
        raise RefusedError(f"{file} is not a whole ESP32 image: {error}") from error


def end_of(image):
    """Return where the image ends: checksum, and the sha256 after it if there is one."""
    if image.append_digest:
        return image.data_length + 32
    last = image.segments[-1]
    # The checksum is the last byte of a block of 16.
    return (last.file_offs + 8 + len(last.data)) // 16 * 16 + 16


def _refuse_rest(file, rest):
    """Accept padding and a secure boot signature behind the image, nothing else."""
    content = rest.lstrip(b"\xff\x00")
    if content and content[0] != _SIGNATURE_MAGIC:
        raise RefusedError(
            f"{file} goes on for {len(rest)} bytes after the image's end: publish the "
            "application image alone (.app-bin)"
        )


def _described(file, image):
    first = image.segments[0].data
    if len(first) < _APP_DESC.size:
        raise RefusedError(f"{file} has no application description: is it a bootloader?")
    magic, _, _, version, name = _APP_DESC.unpack_from(first)
    if magic != _APP_DESC_MAGIC:
        raise RefusedError(f"{file} has no application description: is it a bootloader?")
    return _text(name), _text(version)


def _text(raw):
    text = raw.split(b"\0", 1)[0].decode("ascii", "replace").strip()
    # An image is a stranger's file: what is not plain text counts as not there.
    return text if text.isprintable() and text.isascii() and text else None
