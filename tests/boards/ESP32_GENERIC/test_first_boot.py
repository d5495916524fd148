"""From a bare chip to a board that updates itself, by the files of boards/ESP32_GENERIC.

The flash that `make flash` wrote becomes the flash of a simulated board, which runs boot.py
and main.py as they are.
"""

import appimage
import install
import pytest
from simboard import behavior, host
from simboard.host import FIRMWARE, Board

MINUTE_MS = 60 * 1000
EXAMPLE = install.BOARD / "config.example.py"
MAIN = (install.BOARD / "main.py").read_bytes()
WITHOUT_LIBRARY = tuple(folder for folder in FIRMWARE if folder.name != "lib")
STAGE_OTHER_SLOT = b"""
import machine
from esp32 import Partition
Partition(Partition.RUNNING).get_next_update().set_boot()
machine.reset()
"""


def stage(board, name="ok"):
    """Have version 2.0.0 boot next, on trial, with a main.py that does nothing."""
    board.install(appimage.make(version="2.0.0", project_name=name), slot=1)
    board.put("/main.py", STAGE_OTHER_SLOT)
    assert board.boot(MINUTE_MS).how == "reset"
    board.put("/main.py", b"")


def update_by_itself(board):
    """Run main.py: one boot for the download, one in which the new image stays."""
    board.put("/main.py", MAIN)
    ends = [end.how for end in board.run(max_boots=2, limit_ms=10 * MINUTE_MS)]
    assert ends == ["reset", "time-up"]
    assert board.chip.running.label == "ota_1"
    assert board.chip.app().version == "2.0.0"


def test_flashed_chip_boots_ota_0_without_a_trial(board, capsys):
    board.put("/main.py", b"from hawkbit import rollback; print('on trial:', rollback.on_trial())")
    board.boot(MINUTE_MS)
    assert board.chip.running.label == "ota_0"
    assert "on trial: False" in capsys.readouterr().out


def test_main_updates_the_board_and_the_server_has_it_in_sync(board, operator):
    board.put("/config.py", operator.setup("--template", EXAMPLE))
    operator.roll_out("2.0.0")
    update_by_itself(board)
    status, attributes = operator.target()
    assert status == "in_sync"
    assert attributes["board"] == "ESP32_GENERIC"


def test_main_updates_the_board_over_verified_tls(board, operator, tls_url, tmp_path):
    config = operator.setup("--template", EXAMPLE, "--device-url", tls_url)
    board.put("/config.py", config + b"REWRITE_LINKS = True\n")
    board.put("/ca.pem", (tmp_path / "ca.pem").read_bytes())
    operator.roll_out("2.0.0")
    update_by_itself(board)
    assert operator.target()[0] == "in_sync"


def test_controller_id_is_the_chips_number_unless_configured(board, operator):
    config = operator.setup("--template", EXAMPLE)
    config += b"CONTROLLER_ID = TARGET_TOKEN = None\n"
    config += b"GATEWAY_TOKEN = %r\n" % operator.server.gateway_token
    board.put("/config.py", config)
    board.put("/main.py", MAIN)
    board.boot(MINUTE_MS)
    operator.TARGET = "esp32-" + board.chip.unique_id.hex()
    assert operator.target()[1]["board"] == "ESP32_GENERIC"


@pytest.mark.parametrize("name", [behavior.CRASHES, behavior.HANGS])
def test_image_that_never_feeds_goes_back_within_minutes(board, name, monkeypatch):
    monkeypatch.setattr(host, "_HANG_CPU_S", 0.05)  # for each of many timers
    stage(board, name)
    assert board.boot(2 * MINUTE_MS).how == "reset"
    assert board.chip.app().version == "2.0.0"
    board.boot(MINUTE_MS)
    assert board.chip.app().version == "1.0.0"


def test_image_without_the_library_waits_at_its_prompt_and_goes_back_at_the_next_reset(board):
    stage(board)
    new = Board(board.flash, firmware=WITHOUT_LIBRARY)
    assert new.boot(2 * MINUTE_MS).how == "end"
    new.boot(MINUTE_MS)
    assert new.chip.app().version == "1.0.0"


def test_confirmed_image_gets_no_watchdog_from_boot(board):
    board.put("/main.py", b"raise RuntimeError('the application has a bug')")
    assert board.boot(10 * MINUTE_MS).how == "end"
