"""Put the library and a board's files onto the board, with mpremote.

The library as .mpy (mpy-cross -O3) to lib/hawkbit/, where anything else goes: a .py left
there would be imported instead. Then boot.py, main.py, and config.py if the board has none:
an existing one is never overwritten. What is on the board already is not written again.
"""

import argparse
import ast
import json
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

import size

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "lib" / "hawkbit"
BOARD = ROOT / "boards"
CONFIG = ROOT / "config.py"
OLDEST = [1, 23]
# What a certificate's file is called; a ca.key, if there is one, stays at home.
CERTIFICATES = (".pem", ".crt", ".cer", ".der")
# What nobody's board can use as the example has it.
TO_FILL_IN = ("WIFI_SSID", "WIFI_PASSWORD", "URL", "TARGET_TOKEN")

# A watchdog that main.py started bites in the middle of the copy: give it ten minutes.
PROBE = """
import json, os, sys
import machine
from esp32 import Partition
if hasattr(machine, "WDT"):
    machine.WDT(timeout=600000)
slots = [p for p in Partition.find(Partition.TYPE_APP) if 0x10 <= p.info()[1] < 0x20]
for folder in ("lib", "lib/hawkbit"):
    try:
        os.mkdir(folder)
    except OSError:
        pass
print(json.dumps({
    "version": list(sys.implementation.version[:2]),
    "slots": len(slots),
    "files": os.listdir(),
    "library": os.listdir("lib/hawkbit"),
}))
"""


class InstallError(Exception):
    """The text says what to do."""


def compile_library(folder: Path) -> list[Path]:
    """Compile the library into folder; return the .mpy files."""
    return [folder / f"{name}.mpy" for name in size.compile_library(LIBRARY, folder)]


def probe(port: str) -> dict:
    """Make the folders and return what the board is and has; InstallError: not fit for us."""
    answer = mpremote(port, "exec", PROBE)
    try:
        board = json.loads(answer.splitlines()[-1])
    except (IndexError, ValueError):
        raise InstallError(f"the board at {port} did not say what it is: {answer!r}")
    if board["version"] < OLDEST:
        major, minor = board["version"]
        raise InstallError(f"MicroPython {major}.{minor} is too old, 1.23 is needed")
    if board["slots"] < 2:
        raise InstallError("this board has no OTA slots; first: make flash PORT=... FIRMWARE=...")
    return board


def files_for(on_board: list[str]) -> list[Path]:
    """Return the files for the root of the board's filesystem."""
    certificates = [CONFIG.with_name("ca" + suffix) for suffix in CERTIFICATES]
    certificates = [file for file in certificates if file.exists()]
    for file in certificates:
        check_certificate(file)
    files = [BOARD / "boot.py", BOARD / "main.py", *certificates]
    if CONFIG.name not in on_board:
        check_config({*on_board, *(f.name for f in certificates)})
        files.append(CONFIG)
    return files


def check_config(present: set[str]) -> None:
    """Raise InstallError unless CONFIG has every setting, and its certificate is present."""
    example = BOARD / "config.example.py"
    if not CONFIG.exists():
        raise InstallError(
            f"the board has no config.py yet: cp boards/{example.name} config.py, "
            "fill in your network and server, and run this again"
        )
    settings, shown = _settings(CONFIG), _settings(example)
    missing = shown.keys() - settings
    if missing:
        raise InstallError(f"config.py lacks {', '.join(sorted(missing))}: see {example.name}")
    as_shown = [name for name in TO_FILL_IN if settings[name] == shown[name]]
    if as_shown:
        raise InstallError(f"fill in config.py: {', '.join(as_shown)} as in {example.name}")
    if settings["URL"].startswith("https:") and settings["CA_FILE"] not in present:
        raise InstallError(
            f"URL is https, and there is no {settings['CA_FILE']}: put the certificate that the "
            "server's was signed with beside config.py"
        )


def check_certificate(file: Path) -> None:
    """Raise InstallError unless TLS can read certificates, PEM or DER, from the file."""
    data = file.read_bytes()
    try:
        text = data.decode("ascii") if b"-----BEGIN" in data else data
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ValueError, ssl.SSLError):
        raise InstallError(f"{file.name} is no certificate (PEM or DER): the board cannot use it")


def copy(files: list[Path], folder: str) -> list[str]:
    """Return the mpremote commands that copy files into folder on the board."""
    return [arg for f in files for arg in ("+", "fs", "cp", str(f), f":{folder}{f.name}")]


def mpremote(port: str, *arguments: str, output: int | None = subprocess.PIPE) -> str | None:
    """Run mpremote and return what it printed; raise InstallError with its complaint."""
    command = [sys.executable, "-m", "mpremote", "connect", port, *arguments]
    run = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True)
    if run.returncode:
        said = (run.stderr or run.stdout or "no reason given").strip().splitlines()
        if "no module named 'esp32'" in said[-1]:
            raise InstallError(f"the board at {port} runs MicroPython, but is no ESP32")
        raise InstallError(f"mpremote at {port}: {said[-1]}")
    return run.stdout


def install(port: str) -> None:
    """Bring the board at port up to date and restart it."""
    board = probe(port)
    files = files_for(board["files"])
    with tempfile.TemporaryDirectory() as folder:
        library = compile_library(Path(folder))
        names = [f.name for f in library]
        stale = [name for name in board["library"] if name not in names]
        removals = [
            arg for name in stale for arg in ("+", "fs", "rm", "-r", f":lib/hawkbit/{name}")
        ]
        commands = [*removals, *copy(library, "lib/hawkbit/"), *copy(files, ""), "+", "reset"]
        mpremote(port, *commands[1:], output=None)
    if "config.py" in board["files"]:
        print("config.py: the board's own is kept")
    print(f"done; to watch it: mpremote connect {port}")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", required=True, help="serial port, such as /dev/ttyUSB0")
    args = parser.parse_args(argv)
    if not args.port:
        print("install: make install PORT=/dev/ttyUSB0", file=sys.stderr)
        return 2
    try:
        install(args.port)
    except InstallError as e:
        print(f"install: {e}", file=sys.stderr)
        return 1
    return 0


def _settings(path: Path) -> dict:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assigned = [node for node in tree.body if isinstance(node, ast.Assign)]
        return {node.targets[0].id: ast.literal_eval(node.value) for node in assigned}
    except SyntaxError as e:
        raise InstallError(f"{path.name}, line {e.lineno}: {e.msg}")
    except (AttributeError, ValueError) as e:
        raise InstallError(f"{path.name}: only lines NAME = value are read ({e})")


if __name__ == "__main__":
    sys.exit(main())
