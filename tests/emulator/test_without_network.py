"""What needs no server: the table boots, the library loads, a trial goes back."""

import flash
import pytest
from emulator import board_files, flash_file

SET_BOOT = b"""
from esp32 import Partition
own = Partition(Partition.RUNNING)
other = own.get_next_update()
if own.info()[4] == "ota_0":
    block = bytearray(4096)
    for at in range(own.info()[3] // 4096):
        own.readblocks(at, block)
        if block == b"\\xff" * 4096:
            break
        other.writeblocks(at, block)
    other.set_boot()
    import machine
    machine.reset()
"""


@pytest.mark.parametrize("mib", [4, 8])
def test_board_boots_on_our_table(make_board, firmware, app, mib):
    try:
        flash.choose_table(flash.read_firmware(firmware), mib * flash_file.MIB)
    except flash.FlashError as e:
        pytest.skip(str(e))
    board = make_board(mib=mib, wifi=False)
    flash_file.put(board.flash_file, "/main.py", b"import hawkbit; print(hawkbit.__version__)\n")
    board.power_on().expect(r"^\d+\.\d+\.\d+$")
    board.cut_power()
    assert flash_file.boots_next(board.flash_file) == ("ota_0", "valid")
    application = app.read_bytes()
    assert flash_file.slot(board.flash_file, "ota_0", len(application)) == application


@pytest.mark.parametrize("code", [board_files.RAISES, board_files.HANGS, board_files.CRASHES_IN_C])
def test_unconfirmed_image_goes_back(make_board, watchdog, code):
    board = make_board(wifi=False)
    main = board_files.in_the_new_image(code).encode()
    first = b"import os\nos.rename('next.py', 'main.py')\n" + SET_BOOT
    flash_file.put(board.flash_file, "/next.py", main + b"print('the old image runs')\n")
    flash_file.put(board.flash_file, "/main.py", first)
    flash_file.put(board.flash_file, "/boot.py", board_files.impatient_boot_py())
    board.power_on().expect("^the old image runs$")
    board.cut_power()
    assert len(board.log.boots()) == 3
    assert flash_file.boots_next(board.flash_file) == ("ota_0", "valid")
