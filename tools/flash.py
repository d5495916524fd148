"""From a bare ESP32 to MicroPython with two OTA slots.

Takes MicroPython's combined .bin apart and writes its bootloader (with this chip's flash
size in the header: a bootloader refuses a table beyond that), its table if that has two
slots, else one of boards/, the application at the first slot, and an otadata with which that
one boots and is valid at once. nvs is emptied too: the record of an unfinished update, left
from before, would be taken for the new image's. The files on the board stay, unless the
table moves them: then it asks, or needs --erase-files.
"""

import argparse
import hashlib
import sys
from pathlib import Path
from typing import NamedTuple

import esptool
from esp_idf_defs.otadata import OtaDataSelectEntry, OtaImageState
from esp_idf_defs.partitions import InputError, PartitionDefinition, PartitionTable
from esptool import cmds
from rollouts.api.errors import RefusedError
from rollouts.release.image import end_of, load
from serial import SerialException

TABLE_OFFSET = 0x8000
TABLE_SIZE = 0xC00
OTADATA_SIZE = 0x2000
MIB = 1024 * 1024
# The first that fits the chip and has room for the application is taken.
TABLES = ("partitions-8MiB-ota.csv", "partitions-4MiB-ota.csv", "partitions-4MiB-ota-large.csv")
TABLES_FOLDER = Path(__file__).parents[1] / "boards"
IMAGE_MAGIC = b"\xe9"
APP_DESC_MAGIC = b"\x32\x54\xcd\xab"  # esp_app_desc_t, at APP_DESC of an application
APP_DESC = 0x20
IDF_VERSION = slice(0x90, 0x90 + 32)


class FlashError(Exception):
    """Nothing was written; the text says what to do."""


class Firmware(NamedTuple):
    """A combined MicroPython image, taken apart."""

    name: str
    chip: type[esptool.ESPLoader]
    bootloader: bytes
    table: PartitionTable
    app: bytes


def read_firmware(path: Path) -> Firmware:
    """Take a combined image apart; raise FlashError if it is anything else."""
    try:
        data = path.read_bytes()
    except OSError as e:
        raise FlashError(f"{path}: {e.strerror}")
    if data[:1] != IMAGE_MAGIC:
        raise FlashError(
            f"{path.name} is not an ESP32 firmware image; "
            "take MicroPython's .bin, not .uf2 or .elf"
        )
    if data[APP_DESC : APP_DESC + 4] == APP_DESC_MAGIC:
        raise FlashError(
            f"{path.name} is the application alone, which is what an update over the air takes; "
            "a bare chip needs the combined .bin of the same release: it brings the bootloader"
        )
    chip, bootloader = _whole(f"{path.name}: its bootloader", data)
    table = _table(data[TABLE_OFFSET - chip.BOOTLOADER_FLASH_OFFSET :], path.name)
    app_at = min(part.offset for part in table if part.type == 0)
    _, app = _whole(f"{path.name}: its app", data[app_at - chip.BOOTLOADER_FLASH_OFFSET :])
    if app[APP_DESC : APP_DESC + 4] != APP_DESC_MAGIC:
        raise FlashError(f"{path.name}: no application at {app_at:#x}")
    if app[IDF_VERSION].startswith(b"v4."):
        raise FlashError(f"{path.name}: older than MicroPython 1.21, take 1.23 or newer")
    return Firmware(path.name, chip, bootloader, table, app)


def slots(table: PartitionTable) -> list[PartitionDefinition]:
    return [part for part in table if part.type == 0 and 0x10 <= part.subtype < 0x20]


def choose_table(firmware: Firmware, flash_size: int) -> PartitionTable:
    """Return the firmware's own table if it has two slots, else ours for flash_size bytes."""
    own = len(slots(firmware.table)) > 1
    ours = [PartitionTable.from_csv((TABLES_FOLDER / name).read_text()) for name in TABLES]
    tables = [firmware.table] if own else ours
    fitting = [table for table in tables if table.flash_size() <= flash_size]
    if not fitting:
        needed = min(table.flash_size() for table in tables) / MIB
        has = f"this chip has {flash_size / MIB:g} MiB"
        raise FlashError(f"two OTA slots need {needed:g} MiB of flash, {has}")
    for table in fitting:
        if len(firmware.app) <= slots(table)[0].size:
            return table
    raise FlashError(_too_big(firmware, fitting[-1]))


def plan(firmware: Firmware, table: PartitionTable, keep_files: bool) -> list[tuple[int, bytes]]:
    """Return what to write where, (offset, bytes) in order of offset."""
    nvs = next(table.find_by_type("data", "nvs"))
    pieces = [
        (firmware.chip.BOOTLOADER_FLASH_OFFSET, firmware.bootloader),
        (TABLE_OFFSET, table.to_binary()),
        (nvs.offset, b"\xff" * nvs.size),
        (next(table.find_by_type("data", "ota")).offset, _otadata(table)),
        (slots(table)[0].offset, firmware.app),
    ]
    if not keep_files:
        # MicroPython formats a filesystem whose first block is blank, and stops the boot
        # at one that is neither blank nor its own. LittleFS begins with two blocks.
        pieces.append((_files(table), b"\xff" * 0x2000))
    return pieces


def flash(port: str, path: Path, baud: int, erase_files: bool) -> None:
    """Write the firmware at path to the chip at port; esptool shows the progress."""
    firmware = read_firmware(path)
    with cmds.detect_chip(port) as esp:
        try:
            _flash_chip(esp, firmware, baud, erase_files)
        finally:
            cmds.reset_chip(esp, "hard-reset")  # a chip that was refused goes on as it was


def _flash_chip(esp: esptool.ESPLoader, firmware: Firmware, baud: int, erase_files: bool) -> None:
    if esp.IMAGE_CHIP_ID != firmware.chip.IMAGE_CHIP_ID:
        raise FlashError(
            f"{firmware.name} is for {firmware.chip.CHIP_NAME}, the chip is {esp.CHIP_NAME}"
        )
    esp = cmds.run_stub(esp)
    if baud != esp.ESP_ROM_BAUD:
        esp.change_baud(baud)
    cmds.attach_flash(esp)
    size = cmds.detect_flash_size(esp)
    if size is None:
        raise FlashError("the flash does not tell its size; is the board wired right?")
    table = choose_table(firmware, esptool.util.flash_size_bytes(size))
    on_chip = esp.flash_md5sum(TABLE_OFFSET, TABLE_SIZE)
    keep_files = on_chip == hashlib.md5(table.to_binary()).hexdigest()
    is_blank = on_chip == hashlib.md5(b"\xff" * TABLE_SIZE).hexdigest()
    if not (keep_files or is_blank or erase_files):
        _confirm_erase()
    cmds.write_flash(esp, plan(firmware, table, keep_files), flash_size=size)
    print(f"\n{firmware.name} at {slots(table)[0].name} of {esp.CHIP_NAME}, {size} of flash")
    print(f"slots of {slots(table)[0].size:,} bytes, the application has {len(firmware.app):,}")
    print("files on the board: kept" if keep_files else "files on the board: a new filesystem")
    print("next: make install PORT=...")


def _confirm_erase() -> None:
    """Return when a person agrees that the files go; else raise FlashError."""
    lost = "this chip has another partition table: the files on it would be lost"
    if not sys.stdin.isatty():
        raise FlashError(f"{lost}; add ERASE_FILES=1 (--erase-files) to write it all the same")
    if input(f"{lost}. Go on? [y/N] ").strip().lower() not in ("y", "yes"):
        raise FlashError("nothing was written")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", required=True, help="serial port, such as /dev/ttyUSB0")
    parser.add_argument("--firmware", required=True, help="MicroPython's combined .bin")
    parser.add_argument("--baud", type=int, default=460800)
    parser.add_argument(
        "--erase-files", action="store_true", help="do not ask where the files on it are lost"
    )
    args = parser.parse_args(argv)
    if not args.port or not args.firmware:
        print("flash: make flash PORT=/dev/ttyUSB0 FIRMWARE=firmware.bin", file=sys.stderr)
        return 2
    try:
        flash(args.port, Path(args.firmware), args.baud, args.erase_files)
    except (FlashError, esptool.FatalError, SerialException) as e:
        print(f"flash: {e}", file=sys.stderr)
        return 1
    return 0


def _whole(what: str, data: bytes) -> tuple[type[esptool.ESPLoader], bytes]:
    """Return the chip and the bytes of the one image that data starts with, verified."""
    try:
        image = load(what, data)
    except RefusedError as e:
        raise FlashError(f"{e}; download it again")
    if not image.append_digest:
        raise FlashError(f"{what} carries no SHA-256; take an official build")
    return image.ROM_LOADER, data[: end_of(image)]


def _table(data: bytes, name: str) -> PartitionTable:
    """Return the firmware's own table; it has an application."""
    try:
        table = PartitionTable.from_binary(data[:TABLE_SIZE])
    except InputError:
        table = PartitionTable()
    if not any(part.type == 0 for part in table):
        raise FlashError(
            f"{name} has no partition table at {TABLE_OFFSET:#x}: not a combined MicroPython .bin"
        )
    return table


def _otadata(table: PartitionTable) -> bytes:
    """Return an otadata for the first slot: blank, unless a factory application would boot."""
    is_first = OtaDataSelectEntry(1, OtaImageState.VALID).to_bytes()
    has_factory = any(table.find_by_type("app", "factory"))
    return (is_first if has_factory else b"").ljust(OTADATA_SIZE, b"\xff")


def _files(table: PartitionTable) -> int:
    """Return where the filesystem begins. From 1.26 on it is what the table leaves over."""
    return next((p.offset for p in table.find_by_type("data", "fat")), table.flash_size())


def _too_big(firmware: Firmware, table: PartitionTable) -> str:
    text = (
        f"{firmware.name}: an application of {len(firmware.app):,} bytes does not fit a slot of "
        f"{slots(table)[0].size:,}, the largest there is for this chip's flash; "
    )
    if firmware.chip.CHIP_NAME == "ESP32":
        return text + "take ESP32_GENERIC's variant OTA (ESP32_GENERIC-OTA-*.bin)"
    return text + "take a smaller build or more flash, see boards/README.md"


if __name__ == "__main__":
    sys.exit(main())
