"""`make flash` through the ROM of an emulated chip writes what it writes to the mock chip.

For the S2 there is the mock alone, in ../boards: no emulator that is known here has its ROM.
"""

import flash
import pytest
from boards.ESP32_GENERIC.mock_chip import MockChip
from emulator import conftest
from emulator.flash_file import MIB

# What the first boot leaves alone: bootloader and table; the application's slot.
_UNTIL_NVS = slice(0, 0x9000)
_APP = 0x10000


@pytest.mark.parametrize("mib", [4, 8])
@pytest.mark.parametrize("chip", conftest.OFFICIAL)
def test_flash_is_byte_for_byte_that_of_the_mock(make_board_flash, chip, mib):
    image = conftest.firmware_for(chip)
    written = make_board_flash(image, mib).read_bytes()
    mock = MockChip(chip, mib)
    try:
        assert flash.main(["--port", mock.url, "--firmware", str(image)]) == 0
    finally:
        mock.stop()
    assert len(written) == len(mock.flash) == mib * MIB
    assert written[_UNTIL_NVS] == mock.flash[_UNTIL_NVS]
    app = flash.read_firmware(image).app
    slot = slice(_APP, _APP + len(app))
    assert written[slot] == mock.flash[slot] == app
