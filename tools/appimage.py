"""Make a valid application image for an ESP32, with esptool's own classes.

    python tools/appimage.py demo-2.0.0.app-bin --version 2.0.0 --size 1600000

For tests and demos: its segments hold noise instead of a program. What the simulated board
does with it is chosen by `project_name`, see boards/unix/README.md.
"""

import argparse
import hashlib
import random
import struct
from pathlib import Path

from esptool import bin_image

CHIPS = {
    "esp32": bin_image.ESP32FirmwareImage,
    "esp32s2": bin_image.ESP32S2FirmwareImage,
    "esp32s3": bin_image.ESP32S3FirmwareImage,
    "esp32c3": bin_image.ESP32C3FirmwareImage,
    "esp32c6": bin_image.ESP32C6FirmwareImage,
}
MIN_SIZE = 512
# esp_app_desc_t, IDF components/esp_app_format/include/esp_app_desc.h
_DESCRIPTION = "<LL8x32s32s16s16s32s32sHHB3x72x"
_DESCRIPTION_MAGIC = 0xABCD5432
_DROM_OFFSET = 0x20  # so that the first segment's data lies there in file and memory alike
_IRAM_SIZE = 64
# All in the file but the data of the first segment: header, two segment headers, the second
# segment, checksum and SHA-256.
_OVERHEAD = 24 + 8 + 8 + _IRAM_SIZE + 4 + 32


def make(
    project_name="ok",
    version="1.0.0",
    size=64 * 1024,
    chip="esp32",
    idf_version="v5.5.1",
    product=None,
) -> bytes:
    """Return an image of exactly `size` bytes (a multiple of 16).

    The same arguments give the same bytes, another version gives other noise throughout; but
    versions of one `product` (any text) share theirs, as releases do, but for half a percent;
    a quarter of it is zeros. Raises ValueError.
    """
    if chip not in CHIPS:
        raise ValueError(f"no chip {chip}: {', '.join(CHIPS)}")
    if size % 16 or size < MIN_SIZE:
        raise ValueError(f"an image has a multiple of 16 bytes, at least {MIN_SIZE}, not {size}")
    arguments = f"{project_name} {version} {size} {chip}"
    noise = random.Random(product or arguments).randbytes(size)
    elf_sha256 = hashlib.sha256(noise + (arguments.encode() if product else b"")).digest()
    names = [text.encode() for text in (version, project_name, idf_version)]
    description = _description(*names, elf_sha256)
    if product:
        own = random.Random(arguments).randbytes(size // 200)
        noise = (noise[: size // 2] + own + noise[size // 2 : size * 7 // 10]).ljust(size, b"\0")
    rom_size = size - _OVERHEAD - len(description)
    image = CHIPS[chip]()
    iram = next(start for start, _, name in image.ROM_LOADER.MEMORY_MAP if name == "IRAM")
    drom = image.ROM_LOADER.DROM_MAP_START + _DROM_OFFSET
    image.segments = [
        bin_image.ELFSection(b".flash.rodata", drom, description + noise[:rom_size], 0),
        bin_image.ELFSection(b".iram0.text", iram, noise[-_IRAM_SIZE:], 0),
    ]
    image.entrypoint = iram
    image.flash_mode = 2  # DIO
    image.flash_size_freq = 0x20  # 4 MB, 40 MHz
    image.max_rev_full = 399
    made = image.save(None)
    assert len(made) == size
    return made


def _description(version: bytes, name: bytes, idf_version: bytes, elf_sha256: bytes) -> bytes:
    for text in (version, name, idf_version):
        if len(text) > 31:
            raise ValueError(f"{text.decode()!r} is longer than 31 bytes")
    return struct.pack(
        _DESCRIPTION,
        *(_DESCRIPTION_MAGIC, 0, version, name),
        *(b"12:00:00", b"Nov 24 2026", idf_version, elf_sha256, 0, 0, 16),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--project-name", default="ok", help="what the simulated board does")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--size", type=int, default=64 * 1024, help="bytes, a multiple of 16")
    parser.add_argument("--product", help="versions of one product have most bytes in common")
    parser.add_argument("--chip", default="esp32", choices=CHIPS)
    args = parser.parse_args()
    try:
        image = make(args.project_name, args.version, args.size, args.chip, product=args.product)
        args.file.write_bytes(image)
    except (OSError, ValueError) as e:
        parser.error(str(e))


if __name__ == "__main__":
    main()
