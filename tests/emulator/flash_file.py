"""What the flash of a powered-off board holds, and files that are put there."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import install as installer
from simboard import otadata, partitions
from simboard.bootloader import read_entries
from simboard.chip import Chip
from simboard.files import Os
from simboard.flash import File, Flash
from simboard.host import Board, open_files

MIB = 1024 * 1024


def blank(path: Path, mib: int) -> Path:
    path.write_bytes(b"\xff" * (mib * MIB))
    return path


@contextmanager
def opened(path: Path) -> Iterator[Board]:
    with path.open("r+b", buffering=0) as file:
        yield Board(Flash(File(file), strict=False))


def put(path: Path, name: str, data: bytes) -> None:
    with opened(path) as board:
        board.put(name, data)


def install(path: Path) -> None:
    """Put what `make install` puts onto a board, in a moment instead of minutes."""
    with tempfile.TemporaryDirectory() as folder, opened(path) as board:
        for compiled in installer.compile_library(Path(folder)):
            board.put(f"/lib/hawkbit/{compiled.name}", compiled.read_bytes())
        for file in installer.files_for([installer.CONFIG.name]):
            board.put(f"/{file.name}", file.read_bytes())
    compact(path, f"/lib/hawkbit/{compiled.name}")


def compact(path: Path, name: str) -> None:
    """Have littlefs write the log of that file's folder anew, as it does once that is full.

    A board goes through the logs for each module, so that it boots in half the time after.
    """
    with opened(path) as board:
        folder = Os(open_files(board.flash, board.partitions()))
        while not board.flash.erases:
            folder.rename(name, f"{name}~")
            folder.rename(f"{name}~", name)


def get(path: Path, name: str) -> bytes:
    with opened(path) as board:
        return board.get(name)


def boots_next(path: Path) -> tuple[str, str]:
    """Return (label of the slot, state of its entry in otadata) that counts."""
    with opened(path) as board:
        chip = Chip(board.flash)
        chip.partitions = board.partitions()
        entries = read_entries(chip)
        active = otadata.active(entries)
        if active is None:
            return partitions.ota_slots(chip.partitions)[0].label, "blank"
        slots = partitions.ota_slots(chip.partitions)
        entry = entries[active]
        return slots[(entry.seq - 1) % len(slots)].label, otadata.STATE_NAMES[entry.state]


def names(path: Path, folder: str) -> list[str]:
    with opened(path) as board:
        return Os(open_files(board.flash, board.partitions())).listdir(folder)


def application(path: Path) -> tuple[str, str]:
    """Return (folder, state) of the application /app, see lib/hawkbit/bundle.py."""
    now, _, state = get(path, "/app.now").decode().split(",")
    return f"/app{now}", state


def copy_bootloader(source: Path, path: Path) -> None:
    with path.open("r+b") as file:
        file.write(source.read_bytes()[: partitions.TABLE_ADDR])


def slot(path: Path, label: str, size: int) -> bytes:
    """Return how the slot begins."""
    with opened(path) as board:
        (found,) = partitions.find(board.partitions(), partitions.TYPE_APP, label=label)
        data = bytearray(size)
        board.flash.read(found.addr, data)
        return bytes(data)
