"""From a bare chip to a board that updates itself, by the files of boards/ESP32_GENERIC.

The flash that `make flash` wrote becomes the flash of a simulated board, which runs boot.py
and main.py as they are; network, clock and server are this computer's.
"""

import types

import flash as flasher
import install
import pytest
from rollouts.api import Hawkbit
from rollouts.cli.root import make_app
from rollouts.testing import local_server
from simboard import behavior
from simboard.flash import Flash, Memory
from simboard.host import FIRMWARE, Board
from typer.testing import CliRunner

from boards.ESP32_GENERIC import combined

MINUTE_MS = 60 * 1000
WITHOUT_LIBRARY = tuple(folder for folder in FIRMWARE if folder.name != "lib")
STAGE_OTHER_SLOT = b"""
import machine
from esp32 import Partition
Partition(Partition.RUNNING).get_next_update().set_boot()
machine.reset()
"""


class WLAN:
    """A network that is there after three looks."""

    def __init__(self, kind):
        self._looks_left = 3

    def active(self, on):
        pass

    def connect(self, ssid, password):
        self.ssid = ssid

    def isconnected(self):
        self._looks_left -= 1
        return self._looks_left < 0


# What an ESP32 has and the simulated board has not.
MODULES = {
    "gc": types.SimpleNamespace(threshold=lambda size: None),
    "network": types.SimpleNamespace(WLAN=WLAN, STA_IF=0),
    "ntptime": types.SimpleNamespace(settime=lambda: None),
}


@pytest.fixture
def board(plug_in, tmp_path):
    """Return a board with version 1.0.0 and boot.py, flashed with esptool."""
    chip = plug_in("esp32", 8)
    file = tmp_path / "firmware.bin"
    file.write_bytes(combined.combine(combined.bootloader(), app("1.0.0")))
    assert flasher.main(["--port", chip.url, "--firmware", str(file)]) == 0
    memory = Memory(len(chip.flash))
    memory.data = chip.flash
    board = Board(Flash(memory), modules=MODULES)
    board.put("/boot.py", (install.BOARD / "boot.py").read_bytes())
    return board


@pytest.fixture
def rollouts(tmp_path):
    """Return the command line of a local server: rollouts("publish", file)."""
    with local_server() as server:
        settings = {
            "ROLLOUTS_URL": server.url,
            "ROLLOUTS_USER": server.user,
            "ROLLOUTS_PASSWORD": server.password,
            "XDG_CONFIG_HOME": str(tmp_path),
        }

        def run(*words):
            result = CliRunner().invoke(make_app(), [str(word) for word in words], env=settings)
            assert result.exit_code == 0, result.output

        run.server = server
        yield run


def app(version, name="ok"):
    return combined.application(version=version, name=name)


def test_flashed_chip_boots_ota_0_without_a_trial(board, capsys):
    board.put("/main.py", b"from hawkbit import rollback; print('on trial:', rollback.on_trial())")
    board.boot(MINUTE_MS)
    assert board.chip.running.label == "ota_0"
    assert "on trial: False" in capsys.readouterr().out


def test_main_updates_the_board_and_the_server_says_finished(board, rollouts, tmp_path):
    example = install.BOARD / "config.example.py"
    rollouts("setup", "kitchen-1", "--template", example, "--out", tmp_path / "config.py")
    board.put("/config.py", (tmp_path / "config.py").read_bytes())
    board.put("/main.py", (install.BOARD / "main.py").read_bytes())
    new = tmp_path / "demo-2.0.0.app-bin"
    new.write_bytes(app("2.0.0"))
    rollouts("publish", new, "--name", "demo", "--version", "2.0.0")
    rollouts("assign", "demo:2.0.0", "kitchen-1")

    assert [end.how for end in board.run(max_boots=2, limit_ms=10 * MINUTE_MS)] == [
        "reset",
        "time-up",
    ]

    assert board.chip.running.label == "ota_1"
    assert board.chip.app().version == "2.0.0"
    server = rollouts.server
    with Hawkbit(server.url, server.user, server.password) as hawkbit:
        assert hawkbit.targets.get("kitchen-1").update_status == "in_sync"
        assert hawkbit.targets.attributes("kitchen-1")["board"] == "ESP32_GENERIC"


@pytest.mark.parametrize("name", [behavior.CRASHES, behavior.HANGS])
def test_image_that_never_feeds_goes_back_within_minutes(board, name):
    board.install(app("2.0.0", name), slot=1)
    board.put("/main.py", STAGE_OTHER_SLOT)
    assert board.boot(MINUTE_MS).how == "reset"
    board.put("/main.py", b"")
    assert board.boot(2 * MINUTE_MS).how == "reset"
    assert board.chip.app().version == "2.0.0"
    board.boot(MINUTE_MS)
    assert board.chip.app().version == "1.0.0"


def test_image_that_cannot_import_its_guard_goes_back(board, capsys):
    board.install(app("2.0.0"), slot=1)
    board.put("/main.py", STAGE_OTHER_SLOT)
    assert board.boot(MINUTE_MS).how == "reset"
    board.put("/main.py", b"")
    new = Board(board.flash, firmware=WITHOUT_LIBRARY, modules=MODULES)
    assert new.boot(2 * MINUTE_MS).how == "reset"
    assert "boot: no guard" in capsys.readouterr().out
    new.boot(MINUTE_MS)
    assert new.chip.app().version == "1.0.0"


def test_confirmed_image_gets_no_watchdog_from_boot(board):
    board.put("/main.py", b"raise RuntimeError('the application has a bug')")
    assert board.boot(10 * MINUTE_MS).how == "end"
