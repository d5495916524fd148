"""tests/device on the chip: `make test-board`, whose board is the emulator's serial line.

The tests lie in its flash: `mpremote mount` hangs for ever when a byte of it is lost.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import interpreters
import pytest
from emulator import flash_file
from emulator.qemu import Emulator

# What mpremote says when the emulated UART, which has no flow control, has lost a byte.
NOT_HEARD = "could not enter raw repl"
TRIES = 5
FOLDER = "/device"
FILES = sorted(path.name for path in interpreters.DEVICE.glob("test_*.py"))


@pytest.fixture(scope="module")
def chip(machine, make_board_flash, firmware, tmp_path_factory):
    path = tmp_path_factory.mktemp("device") / "flash.bin"
    shutil.copy(make_board_flash(firmware), path)
    compiled = Path(interpreters.compiled().name)
    for file in filter(Path.is_file, compiled.rglob("*")):
        flash_file.put(path, f"{FOLDER}/{file.relative_to(compiled)}", file.read_bytes())
    flash_file.compact(path, f"{FOLDER}/runner.mpy")
    chip = Emulator(machine, path, wifi=False)
    yield chip
    chip.cut_power()


@pytest.mark.parametrize("name", FILES)
def test_device_tests_pass_or_say_why_not(chip, name, capsys):
    for _ in range(TRIES):
        if not chip.is_on:
            chip.power_on().expect(r"^>>> ")
            chip.leave()  # a serial line has one client
        argv = [sys.executable, "-m", "pytest", interpreters.DEVICE / name, "-n0", "-q", "-rs"]
        argv += [f"--interpreters={interpreters.BOARD}", "-p", "no:cacheprovider"]
        environ = {**os.environ, "PORT": chip.port, "ON_BOARD": FOLDER}
        run = subprocess.run(
            argv, env=environ, cwd=interpreters.ROOT, capture_output=True, text=True
        )
        if NOT_HEARD not in run.stdout:
            break
    with capsys.disabled():
        print(f"\n{name}: {run.stdout.splitlines()[-1]}", end="")
    if run.returncode:
        chip.check()
        chip.cut_power()  # the next file begins with a fresh boot
        pytest.fail(run.stdout)
