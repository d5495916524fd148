# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Is this first block an application image for this chip?

Only what 288 bytes can tell, so that a wrong file is refused before anything is erased;
`Partition.set_boot()` verifies the rest. Source: ESP-IDF esp_app_format.h, esp_app_desc.h.
"""

import struct

from micropython import const

from hawkbit.errors import UpdateError

# An image cannot boot while its first HEAD bytes are 0xFF: they are programmed last.
HEAD = const(16)
# esp_image_header_t (24), the first segment's header (8), esp_app_desc_t (256).
MIN_SIZE = const(24 + 8 + 256)

_MAGIC = const(0xE9)
_MAX_SEGMENTS = const(16)
_CHIP_ID = const(12)
_APP_DESC = const(32)
_APP_DESC_MAGIC = b"\x32\x54\xcd\xab"


def chip_id(head):
    """Return the chip id (0 ESP32, 2 S2, 5 C3, 9 S3, ...) in the first HEAD bytes of an image."""
    return struct.unpack_from("<H", head, _CHIP_ID)[0]


def check(block, chip):
    """Raise UpdateError, naming the mistake, unless `block` starts an application for `chip`.

    block: the first MIN_SIZE bytes or more. chip: what chip_id() says of the running image.
    """
    if len(block) < MIN_SIZE:
        raise UpdateError("truncated: an image has at least %d bytes" % MIN_SIZE)
    if block[0] != _MAGIC or not 0 < block[1] <= _MAX_SEGMENTS:
        raise UpdateError("not an ESP32 application image (.app-bin)")
    if chip_id(block) != chip:
        raise UpdateError(
            "image for another chip: id %d, this board is id %d" % (chip_id(block), chip)
        )
    if bytes(block[_APP_DESC : _APP_DESC + 4]) != _APP_DESC_MAGIC:
        # The combined file starts with the bootloader, a valid image without esp_app_desc_t:
        # set_boot() takes it and the bootloader then refuses it.
        raise UpdateError(
            "no application: probably the combined firmware.bin; upload the .app-bin instead"
        )
