"""The type stubs beside the library: they agree with it, and examples are right by them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "lib" / "hawkbit"
FIRMWARE = Path(sys.prefix) / "typings"  # micropython-esp32-stubs, by make setup
UNIX = [ROOT / "boards" / "unix" / name for name in (".", "modules", "cpython")]
CONFIG = """
URL: str
TENANT: str
CONTROLLER_ID: str
TARGET_TOKEN: str
GATEWAY_TOKEN: str | None
CA_FILE: str
NTP_HOST: str
REWRITE_LINKS: bool
WIFI_SSID: str
WIFI_PASSWORD: str
WATCHDOG_S: int
ATTRIBUTES: dict[str, str]
TRUSTED_KEYS: list[str | bytes] | None
"""
WRONG = {
    'board.updater("http://x", "id", target_tokn="s")': 'did you mean "target_token"?',
    'board.updater("http://x", 3)': 'incompatible type "int"; expected "str"',
    'board.updater("http://x", "id", accept=3)': 'Argument "accept"',
    'board.updater("http://x", "id").ran()': '"Updater" has no attribute "ran"',
    'slot.FirmwareSlot("ota_1")': "Too many arguments",
    'board.updater("http://x", "id", sinks={"bApp": object()})': "Dict entry 0",
}


def test_every_module_has_a_stub():
    assert {p.stem for p in LIBRARY.glob("*.pyi")} == {p.stem for p in LIBRARY.glob("*.py")}


def test_stubs_agree_with_the_library(tmp_path):
    (tmp_path / "tls.py").write_text("")  # the one module that CPython and simulation both lack
    path = os.pathsep.join(map(str, [ROOT / "lib", *UNIX, tmp_path]))
    environ = {**os.environ, "PYTHONPATH": path, "MYPYPATH": str(ROOT / "lib")}
    command = [sys.executable, "-m", "mypy.stubtest", "hawkbit", "--concise"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def check(folder: Path, *files: Path) -> list[str]:
    """Return mypy's errors in the files, with the firmware's modules as MicroPython's stubs."""
    if not FIRMWARE.exists():
        pytest.skip("no stubs of the firmware: make setup installs them")
    (folder / "config.pyi").write_text(CONFIG)
    (folder / "application.pyi").write_text("def work() -> object: ...\n")
    path = os.pathsep.join(map(str, [folder, ROOT / "lib", FIRMWARE]))
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--custom-typeshed-dir",
        FIRMWARE,
        "--strict-equality",
    ]
    command += ["--no-incremental", "--check-untyped-defs", "--scripts-are-modules", *files]
    environ = {**os.environ, "MYPYPATH": path}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert "checked" in done.stdout, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if ": error: " in line]
    return [line for line in said if not line.startswith(str(FIRMWARE))]  # theirs have some


def test_examples_and_board_files_are_right_by_the_stubs(tmp_path):
    files = [*ROOT.glob("examples/*.py"), ROOT / "boards" / "main.py", ROOT / "boards" / "boot.py"]
    assert check(tmp_path, *files) == []


def test_what_is_wrong_is_found(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("from hawkbit import board, slot\n" + "\n".join(WRONG) + "\n")
    errors = check(tmp_path, wrong)
    assert len(errors) == len(WRONG)
    for words, error in zip(WRONG.values(), errors, strict=True):
        assert words in error
