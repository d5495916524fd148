"""`make flash` through the ROM of an emulated ESP32 writes what it writes to the mock chip.

No emulator that is known here has an S2; those of Espressif have a C3 and an S3, which nobody
has tried with these tests: for the three there is the mock alone, in ../boards.
"""

import flash
import pytest
from boards.ESP32_GENERIC.mock_chip import MockChip
from emulator.flash_file import MIB

# What the first boot leaves alone: bootloader and table; the application's slot.
_UNTIL_NVS = slice(0, 0x9000)
_APP = 0x10000


@pytest.mark.parametrize("mib", [4, 8])
def test_flash_is_byte_for_byte_that_of_the_mock(make_board_flash, firmware, app, mib):
    written = make_board_flash(firmware, mib).read_bytes()
    chip = MockChip("esp32", mib)
    try:
        assert flash.main(["--port", chip.url, "--firmware", str(firmware)]) == 0
    finally:
        chip.stop()
    assert len(written) == len(chip.flash) == mib * MIB
    assert written[_UNTIL_NVS] == chip.flash[_UNTIL_NVS]
    slot = slice(_APP, _APP + app.stat().st_size)
    assert written[slot] == chip.flash[slot] == app.read_bytes()
