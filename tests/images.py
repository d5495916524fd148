"""Combined firmware as MicroPython releases it: bootloader, table, application.

What `make flash` takes and `publish` refuses. With esptool's own image classes; nothing in it
runs. The header says 4 MB of flash, DIO, 40 MHz, as that of the official files does.
"""

import appimage
from esp_idf_defs.partitions import PartitionTable
from esptool.bin_image import ELFSection
from esptool.targets import CHIP_DEFS

FLASH_4MB_40M = 0x20
DIO = 2
RAM = 0x3FFF0000
# What MicroPython's standard build brings: one application, no OTA.
STOCK_TABLE = """
nvs,      data, nvs,     0x9000,  0x6000
phy_init, data, phy,     0xf000,  0x1000
factory,  app,  factory, 0x10000, 0x1F0000
vfs,      data, fat,     0x200000, 0x200000
"""


def bootloader(chip="esp32", size=20_000) -> bytes:
    """Return an image that could be a bootloader: it has no esp_app_desc_t."""
    image = CHIP_DEFS[chip].BOOTLOADER_IMAGE()
    image.chip_id = CHIP_DEFS[chip].IMAGE_CHIP_ID
    image.flash_mode = DIO
    image.flash_size_freq = FLASH_4MB_40M
    image.segments = [ELFSection(b".data", RAM, b"BOOT" * (size // 4), 0)]
    return image.save(None)


def combine(boot: bytes, app: bytes, chip="esp32", table=STOCK_TABLE) -> bytes:
    """Return the file that is written to the offset of the chip's bootloader."""
    start = CHIP_DEFS[chip].BOOTLOADER_FLASH_OFFSET
    binary = PartitionTable.from_csv(table).to_binary()
    before_app = boot.ljust(0x8000 - start, b"\xff") + binary
    return before_app.ljust(0x10000 - start, b"\xff") + app


def combined(chip="esp32", size=100_000) -> bytes:
    """Return a whole file, its application of that many bytes."""
    return combine(bootloader(chip), appimage.make(size=size, chip=chip), chip)
