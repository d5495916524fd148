"""A simulated ESP32 in one flash file. See README.md.

python boards/unix/board.py flash FLASH --image APP.bin --config URL=http://127.0.0.1:8080
python boards/unix/board.py run FLASH
python boards/unix/board.py show FLASH
"""

import argparse
import ast
import signal
import sys
from pathlib import Path

from simboard import image, otadata, partitions
from simboard.bootloader import read_entries
from simboard.chip import Chip
from simboard.files import Os
from simboard.flash import File, Flash
from simboard.host import UNIX, Board, new_flash, open_files
from simboard.power import parse_cut
from simboard.process import ProcessBoard


def main(argv=None):
    args = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        return args.command(args)
    except FileNotFoundError as e:
        hint = ": make it with `flash`" if e.filename == str(args.flash) else ""
        print(f"board.py: there is no {e.filename}{hint}", file=sys.stderr)
        return 1
    except (OSError, ValueError, RuntimeError) as e:
        print(f"board.py: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _terminate(number, frame):
    """Leave by an exception, so that the process of the current boot ends with this one."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(128 + number)


def _parser():
    parser = argparse.ArgumentParser(description="A simulated ESP32 in one flash file.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    flash = commands.add_parser("flash", help="make the flash: table, application, files")
    flash.set_defaults(command=_flash)
    flash.add_argument("flash", type=Path)
    flash.add_argument("--image", type=Path, required=True, help="an application, .app-bin")
    flash.add_argument("--layout", choices=partitions.LAYOUTS, default="ota-8m")
    flash.add_argument(
        "--files", type=Path, default=UNIX, help="folder with boot.py and main.py for the board"
    )
    flash.add_argument(
        "--config",
        nargs="*",
        default=[],
        metavar="KEY=VALUE",
        help="lines for its config.py, or a config.py with such lines",
    )

    for name, command, text in (
        ("run", _run, "power on, and boot again until the program ends"),
        ("boot", _boot, "boot once more, with the RTC memory of the last boot"),
    ):
        run = commands.add_parser(name, help=text)
        run.set_defaults(command=command)
        run.add_argument("flash", type=Path)
        run.add_argument(
            "--interpreter", help="micropython or python; the unix port if it is here"
        )
        run.add_argument("--cut", action="append", default=[], help="such as flash:17:middle")
        run.add_argument("--max-boots", type=int, default=1000)
        run.add_argument("--virtual-clock", action="store_true", help="waiting takes no time")
        run.add_argument("--no-rollback", action="store_true", help="an old bootloader")
        run.add_argument(
            "--micropython", type=_version, default="1.23", help="whose Timer; 1.23 by default"
        )

    show = commands.add_parser("show", help="what is in the flash")
    show.set_defaults(command=_show)
    show.add_argument("flash", type=Path)
    return parser


def _version(text):
    """1.25 as (1, 25)."""
    return tuple(int(number) for number in text.split(".")[:2])


def _flash(args):
    """Make the flash beside FLASH and rename it: what fails leaves the old one as it was."""
    app = args.image.read_bytes()
    files = {name: (args.files / name).read_bytes() for name in ("boot.py", "main.py")}
    files["config.py"] = _config(args).encode()
    draft = args.flash.with_name(args.flash.name + ".new")
    try:
        with draft.open("w+b", buffering=0) as file:
            file.write(b"\xff" * partitions.LAYOUTS[args.layout][0])
            board = Board(new_flash(args.layout, File(file)))
            board.install(app)
            for name, content in files.items():
                board.put("/" + name, content)
        draft.replace(args.flash)
    finally:
        draft.unlink(missing_ok=True)
    ProcessBoard(args.flash).power_off()
    return 0


def _config(args):
    """The folder's config.py, or its example, with the lines of the command line after it."""
    lines = [""]
    for name in ("config.py", "config.example.py"):
        if (args.files / name).exists():
            lines = [(args.files / name).read_text()]
            break
    for setting in args.config:
        if setting.endswith(".py"):
            lines.append(Path(setting).read_text())
            continue
        key, equals, value = setting.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(f"--config takes KEY=VALUE or a config.py, not {setting}")
        lines.append(f"{key} = {_literal(value)!r}\n")
    return "".join(lines)


def _literal(value):
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def _process(args):
    for cut in args.cut:
        parse_cut(cut)
    with args.flash.open("r+b", buffering=0) as file:
        _table(args, Board(Flash(File(file))))
    return ProcessBoard(
        args.flash,
        args.interpreter,
        cuts=args.cut,
        rollback=not args.no_rollback,
        virtual_clock=args.virtual_clock,
        micropython=args.micropython,
        on_line=lambda line: print(line, flush=True),
    )


def _run(args):
    board = _process(args)
    board.power_off()
    last = board.run(args.max_boots)[-1]
    print(f"board.py: {last.how}")
    return 0


def _boot(args):
    print(f"board.py: {_process(args).boot().how}")
    return 0


def _show(args):
    with args.flash.open("r+b", buffering=0) as file:
        board = Board(Flash(File(file)))
        table = _table(args, board)
        chip = Chip(board.flash)
        chip.partitions = table
        for partition in table:
            print(f"{partition.addr:#08x} {partition.size:#08x} {partition.label}", end="")
            print(_image_text(board, partition))
        for index, entry in enumerate(read_entries(chip) or ()):
            print(f"otadata {index}: {_entry_text(entry, board.slots())}")
        for name, _, _, size in Os(open_files(board.flash, table)).ilistdir("/"):
            print(f"/{name} {size} bytes")
    return 0


def _table(args, board):
    is_large_enough = board.flash.size >= partitions.TABLE_ADDR + partitions.TABLE_SIZE
    table = board.partitions() if is_large_enough else None
    if table is None:
        raise ValueError(f"{args.flash} has no partition table: make it with `flash`")
    return table


def _image_text(board, partition):
    if partition.type != partitions.TYPE_APP:
        return ""
    try:
        size = image.verify(
            board.flash.read, partition.addr, partition.size, image.CHIP_ESP32, will_load=True
        )
    except image.ImageError as e:
        return f": {e}"
    app = image.describe(board.flash.read, partition.addr)
    named = f", {app.project_name} {app.version}" if app and app.version else ""
    return f": {size} bytes{named}"


def _entry_text(entry, slots):
    if otadata.is_blank(entry):
        return "blank"
    slot = slots[(entry.seq - 1) % len(slots)].label
    return f"{slot} {otadata.STATE_NAMES.get(entry.state, entry.state)}, seq {entry.seq}"


if __name__ == "__main__":
    sys.exit(main())
