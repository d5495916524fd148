"""Every folder of boards/: its table by ESP-IDF's own rules, its build files by CMake and cc."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from esp_idf_defs.partitions import PartitionTable

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "boards"
FIRMWARE = ROOT.parent / "shared" / "firmware"
NAMES = [
    "ARDUINO_NANO_ESP32",
    "ESP32_GENERIC",
    "ESP32_GENERIC_C3",
    "ESP32_GENERIC_C6",
    "ESP32_GENERIC_S2",
    "ESP32_GENERIC_S3",
]
MIB = 1 << 20


def tables() -> list[Path]:
    return sorted([*BOARDS.glob("partitions*.csv"), *BOARDS.glob("*/partitions*.csv")])


def slots(table: PartitionTable) -> list:
    return [part for part in table if part.type == 0 and 0x10 <= part.subtype < 0x20]


def test_boards_are_these_and_complete():
    assert [path.parent.name for path in sorted(BOARDS.glob("*/board.md"))] == NAMES
    for name in NAMES:
        files = {path.name for path in (BOARDS / name).iterdir()}
        wanted = {"sdkconfig.board", "mpconfigboard.cmake", "mpconfigboard.h", "manifest.py"}
        assert wanted <= files and any(f.startswith("partitions") for f in files), name


@pytest.mark.parametrize("name", NAMES)
def test_board_md_says_the_four_things(name):
    text = (BOARDS / name / "board.md").read_text()
    assert re.findall("^## (.*)", text, re.M) == ["Flash", "Update", "Limits", "Measured"]


@pytest.mark.parametrize("path", tables(), ids=lambda path: str(path.relative_to(BOARDS)))
def test_table_is_valid_fits_and_has_two_slots(path):
    table = PartitionTable.from_csv(path.read_text())
    table.verify()  # order, alignment, overlaps, names: the rules of ESP-IDF's gen_esp32part
    mib = int(re.search(r"(\d+)MiB", path.name)[1])
    assert table.flash_size() <= mib * MIB
    first, second = slots(table)
    assert first.size == second.size and first.offset == 0x10000
    assert next(table.find_by_type("data", "ota")).size == 0x2000
    assert next(table.find_by_type("data", "nvs")).size >= 0x4000
    assert f"slots of {first.size:,} bytes" in path.read_text().replace("\n# ", " ")


STUB_PORT = """
set(IDF_TARGET stub)
set(SDKCONFIG_DEFAULTS boards/sdkconfig.base)
set(MICROPY_SOURCE_BOARD ${MICROPY_BOARD_DIR}/board_init.c ${MICROPY_BOARD_DIR}/double_tap.c usb.c)
"""
EVALUATE = """
include(${MICROPY_BOARD_DIR}/mpconfigboard.cmake)
if(EXISTS ${VARIANT_AFTER})
    include(${VARIANT_AFTER})
endif()
foreach(FILE ${SDKCONFIG_DEFAULTS})
    file(READ ${FILE} CONTENTS)
    file(APPEND combined "${CONTENTS}")
endforeach()
file(WRITE said "${MICROPY_FROZEN_MANIFEST} ${MICROPY_SOURCE_BOARD} version ${PROJECT_VER}")
"""


def evaluate(board: Path, variant: str, port: Path, includes: bool) -> tuple[str, str]:
    """Return (sdkconfig, variables) of a board's CMake files on a port that is a stub.

    includes: the port takes the variant itself, as MicroPython does from 1.24 on.
    """
    if not shutil.which("cmake"):
        pytest.skip("no cmake")
    (port / "boards" / board.name).mkdir(parents=True)
    (port / "boards" / board.name / "mpconfigboard.cmake").write_text(STUB_PORT)
    (port / "boards" / "sdkconfig.base").write_text("CONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\n")
    (port / "evaluate.cmake").write_text(EVALUATE)
    after = board / f"mpconfigvariant_{variant}.cmake" if variant and includes else "none"
    command = ["cmake", f"-DMICROPY_BOARD_DIR={board}", f"-DMICROPY_BOARD_VARIANT={variant}"]
    command += [f"-DVARIANT_AFTER={after}"]
    command += ["-DFIRMWARE_VERSION=9.8.7", "-P", "evaluate.cmake"]
    subprocess.run(command, cwd=port, check=True, capture_output=True, timeout=60)
    return (port / "combined").read_text(), (port / "said").read_text()


BUILDS = [(name, "") for name in NAMES] + [
    (path.parent.name, path.stem.partition("_")[2])
    for path in sorted(BOARDS.glob("*/mpconfigvariant_*.cmake"))
]


@pytest.mark.parametrize("includes", [False, True], ids=["1.23", "1.24"])
@pytest.mark.parametrize(("name", "variant"), BUILDS)
def test_build_has_rollback_a_version_and_a_table_that_fits_its_flash(
    name, variant, includes, tmp_path
):
    board = BOARDS / name
    text, variables = evaluate(board, variant, tmp_path, includes)
    config = dict(re.findall(r"^(CONFIG_\w+)=(.*)", text, re.M))  # the last word counts
    assert config["CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE"] == "y"
    assert config["CONFIG_APP_EXCLUDE_PROJECT_VER_VAR"] == "n"
    csv = Path(config["CONFIG_PARTITION_TABLE_CUSTOM_FILENAME"].strip('"'))
    assert csv.parent == board
    mib = int(re.findall(r"CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y", text)[-1])
    assert mib == int(re.search(r"(\d+)MiB", csv.name)[1])
    assert variant in ("", f"{mib}MIB")
    assert f"{board}/manifest.py" in variables
    assert "version 9.8.7" in variables
    if name == "ARDUINO_NANO_ESP32":  # its own start confirms every image before Python runs
        assert "board_init" not in variables and "usb.c" in variables


STUB_HEADER = """
#define MICROPY_HW_BOARD_NAME "the port's"
#define MICROPY_BOARD_STARTUP confirms_the_image
"""
PROBE = """
#include <mpconfigboard.h>
MICROPY_HW_BOARD_NAME
#ifdef MICROPY_BOARD_STARTUP
MICROPY_BOARD_STARTUP
#endif
"""


@pytest.mark.parametrize("name", NAMES)
def test_header_is_the_ports_own_and_confirms_nothing_by_itself(name, tmp_path):
    if not shutil.which("cc"):
        pytest.skip("no C preprocessor")
    header = tmp_path / "boards" / name / "mpconfigboard.h"
    header.parent.mkdir(parents=True)
    header.write_text(STUB_HEADER)
    command = ["cc", "-E", "-P", f"-I{tmp_path}", f"-I{BOARDS / name}", "-"]
    done = subprocess.run(command, input=PROBE, capture_output=True, text=True, check=True)
    assert '"the port\'s"' in done.stdout
    assert ("confirms_the_image" in done.stdout) == (name != "ARDUINO_NANO_ESP32")


# The table of boards/README.md, from the images themselves: which tables have room for what.
IMAGES = {
    "ESP32_GENERIC-v1.20.0.bin": 0x1000,
    "ESP32_GENERIC-v1.23.0.bin": 0x1000,
    "ESP32_GENERIC_S2-v1.23.0.bin": 0x1000,
    "ESP32_GENERIC_S3-FLASH_4M-v1.23.0.bin": 0,
    "ESP32_GENERIC_C3-v1.23.0.bin": 0,
}


@pytest.mark.parametrize("file", IMAGES)
def test_readme_says_which_slots_a_real_image_fits(file):
    path = FIRMWARE / file
    if not path.exists():
        pytest.skip("no real firmware in ../shared/firmware")
    size = path.stat().st_size - (0x10000 - IMAGES[file])
    sizes = {slots(PartitionTable.from_csv(t.read_text()))[0].size for t in tables()}
    cells = [f"{size:,}", *("yes" if size <= slot else "no" for slot in sorted(sizes))]
    title, version = re.fullmatch(r"(.*)-v([\d.]+)\.bin", file).groups()
    row = f"| {title} | {version} | {' | '.join(cells)} |"
    assert row in (BOARDS / "README.md").read_text()
