"""`make firmware`: what it says is missing and what it calls, on a stub of a checkout.

With MPY_DIR in the environment its manifest check also runs on that real one.
"""

import os
from pathlib import Path

import firmware
import pytest
from esp_idf_defs.partitions import PartitionTable

LARGE = (firmware.BOARDS / "partitions-4MiB-ota-large.csv").read_text()
# Without a compiler of .mpy the port's build runs the make of its own, which takes our BUILD.
# CMAKE_ARGS of a command line would hide what the port adds to it.
MAKEFILE = """
CMAKE_ARGS =
ifdef USER_C_MODULES
CMAKE_ARGS += -DUSER_C_MODULES=$(USER_C_MODULES)
endif
IDFPY_FLAGS += $(CMAKE_ARGS)
all:
	test -x "$$MICROPY_MPYCROSS"
	test ! -e $(BUILD)/frozen_content.c -a ! -e $(BUILD)/sdkconfig
	mkdir -p $(BUILD)/partition_table
	cp table.bin $(BUILD)/partition_table/partition-table.bin
	cp app.bin $(BUILD)/micropython.bin
	echo $(BOARD_DIR) $(BOARD_VARIANT) $(FROZEN_MANIFEST) $(IDFPY_FLAGS) > $(BUILD)/said
	mv $(BUILD)/said $(BUILD)/firmware.bin
"""
MAKEMANIFEST = """
import pathlib, sys
build, manifest = pathlib.Path(sys.argv[4]), sys.argv[-1]
if not pathlib.Path(manifest).exists():
    sys.exit("manifest error executing " + manifest)
module = build / "frozen_mpy" / "hawkbit" / "updater.mpy"
module.parent.mkdir(parents=True)
module.write_bytes(b"M")
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """Return a folder that looks like MicroPython 1.29 with its submodules; no ESP-IDF."""
    monkeypatch.setattr(firmware, "BUILD", tmp_path / "build")
    monkeypatch.setattr(firmware.shutil, "which", lambda name: None)
    for name, text in {
        "py/mpconfig.h": "#define MICROPY_VERSION_MAJOR 1\n#define MICROPY_VERSION_MINOR 29\n",
        "tools/makemanifest.py": MAKEMANIFEST,
        "lib/micropython-lib/micropython/README": "",
        "ports/esp32/Makefile": MAKEFILE,
        "ports/esp32/app.bin": "application",
        "idf/export.sh": "echo an export speaks",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    table = PartitionTable.from_csv(LARGE).to_binary()
    (tmp_path / "ports/esp32/table.bin").write_bytes(table)
    return tmp_path


def run(checkout: Path, board="ESP32_GENERIC_C3", *more: str) -> int:
    return firmware.main(["--board", board, "--micropython", str(checkout), *more])


def test_without_compilers_the_manifest_is_checked_and_the_rest_is_named(checkout, capsys):
    assert run(checkout) == 1
    said = capsys.readouterr()
    assert "manifest: 1 modules frozen, 1 of them the library" in said.out
    assert "no idf.py on the path" in said.err and "ports/esp32/README.md names" in said.err


def test_with_esp_idf_the_board_is_built_and_both_files_are_there(checkout, capfd, monkeypatch):
    monkeypatch.setenv("USER_C_MODULES", "c/micropython.cmake")
    monkeypatch.setenv("IDFPY_FLAGS", "--ccache")
    folder = checkout / "build" / "ESP32_GENERIC_S3-4MIB"
    folder.mkdir(parents=True)
    for name in "frozen_content.c", "sdkconfig":
        (folder / name).write_text("of an earlier build")
    more = ["--idf", str(checkout / "idf"), "--variant", "4MIB", "--version", "2.0.0"]
    assert run(checkout, "ESP32_GENERIC_S3", *more) == 0, capfd.readouterr().err
    board = firmware.BOARDS / "ESP32_GENERIC_S3"
    name = checkout / "build" / "ESP32_GENERIC_S3-4MIB"
    flags = "--ccache -DFIRMWARE_VERSION=2.0.0 -DUSER_C_MODULES=c/micropython.cmake"
    said = name.with_suffix(".bin").read_text()
    assert said == f"{board} 4MIB {board}/manifest.py {flags}\n"
    assert name.with_suffix(".app-bin").read_text() == "application"
    assert "11 of 1,769,472 bytes" in capfd.readouterr().out


def test_image_larger_than_a_slot_is_said(checkout, capfd):
    (checkout / "ports/esp32/app.bin").write_bytes(bytes(1_769_473))
    assert run(checkout, "ESP32_GENERIC_C3", "--idf", str(checkout / "idf")) == 1
    assert "the application has 1,769,473 bytes, a slot 1,769,472" in capfd.readouterr().err


def test_failed_build_is_said(checkout, capfd):
    (checkout / "ports/esp32/app.bin").unlink()
    assert run(checkout, "ESP32_GENERIC_C3", "--idf", str(checkout / "idf")) == 1
    assert "the build failed, see above" in capfd.readouterr().err


WRONG = {
    "board": (lambda folder: ["--board", "ESP8266"], "one of ARDUINO_NANO_ESP32, ESP32_GENERIC"),
    "variant": (lambda folder: ["--variant", "8MIB"], "variants of ESP32_GENERIC_C3: none"),
    "checkout": (lambda folder: ["--micropython", "x"], "is no checkout of MicroPython"),
    "manifest": (lambda folder: ["--manifest", "x.py"], "manifest error executing"),
    "idf": (lambda folder: ["--idf", str(folder)], "has no export.sh: it is no ESP-IDF"),
    "nothing": (lambda folder: ["--board", ""], "make firmware BOARD=ESP32_GENERIC MPY_DIR="),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_argument_is_named(checkout, what, capsys):
    arguments, words = WRONG[what]
    assert run(checkout, "ESP32_GENERIC_C3", *arguments(checkout)) in (1, 2)
    assert words in capsys.readouterr().err


def test_old_micropython_and_absent_submodules_are_named(checkout, capsys):
    (checkout / "lib/micropython-lib/micropython/README").unlink()
    (checkout / "lib/micropython-lib/micropython").rmdir()
    assert run(checkout) == 1
    assert "submodule update --init lib/micropython-lib" in capsys.readouterr().err
    header = checkout / "py/mpconfig.h"
    header.write_text(header.read_text().replace("29", "22"))
    assert run(checkout) == 1
    assert "MicroPython 1.22 is too old" in capsys.readouterr().err


@pytest.mark.skipif("MPY_DIR" not in os.environ, reason="no MPY_DIR, a checkout of MicroPython")
@pytest.mark.parametrize("board", firmware.known_boards())
def test_manifest_freezes_with_micropythons_own_tools(board, tmp_path, monkeypatch):
    monkeypatch.setattr(firmware, "BUILD", tmp_path)
    manifest = str(firmware.BOARDS / board / "manifest.py")
    build = firmware.Build(board, "", Path(os.environ["MPY_DIR"]), "", manifest, "")
    firmware.check_checkout(build)
    frozen = {path.stem for path in (firmware.check_manifest(build) / "hawkbit").iterdir()}
    assert frozen == {path.stem for path in (firmware.ROOT / "lib" / "hawkbit").glob("*.py")}
