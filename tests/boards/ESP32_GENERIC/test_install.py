"""`make install` with the real mpremote and mpy-cross, against a MicroPython REPL."""

import shutil
import subprocess
from pathlib import Path

import install
import interpreters
import pytest
from boards.ESP32_GENERIC.repl import Repl

ROOT = Path(__file__).parents[3]
MODULES = sorted(f.stem for f in (ROOT / "lib" / "hawkbit").glob("*.py"))


@pytest.fixture
def board(tmp_path, monkeypatch):
    """Return a copy of the board's folder, where a test may put its config.py."""
    folder = tmp_path / "ESP32_GENERIC"
    folder.mkdir()
    for name in "boot.py", "main.py", "config.example.py":
        shutil.copy(install.BOARD / name, folder)
    monkeypatch.setattr(install, "BOARD", folder)
    return folder


@pytest.fixture
def connect(tmp_path):
    """Return a function that starts a board: connect(slots=2) -> Repl."""
    if reason := interpreters.reason_absent("unix"):
        pytest.skip(f"the board's REPL is the unix port's: {reason}")
    repls = []

    def start(slots=2) -> Repl:
        for name in "files", "modules":
            (tmp_path / name).mkdir()
        repls.append(Repl(tmp_path / "files", tmp_path / "modules", slots))
        return repls[-1]

    yield start
    for repl in repls:
        repl.stop()


def fill_in(board: Path) -> bytes:
    config = board / "config.py"
    shutil.copy(board / "config.example.py", config)
    return config.read_bytes()


def run(repl) -> int:
    return install.main(["--port", repl.url])


def test_empty_board_gets_library_boot_main_and_config(connect, board, capfd):
    config = fill_in(board)
    (board / "ca.pem").write_bytes(b"certificate")
    repl = connect()
    assert run(repl) == 0, capfd.readouterr().err
    on_board = {str(f.relative_to(repl.files)) for f in repl.files.rglob("*") if f.is_file()}
    library = {f"lib/hawkbit/{name}.mpy" for name in MODULES}
    assert on_board == {"boot.py", "main.py", "config.py", "ca.pem"} | library
    for name in "boot.py", "main.py":
        assert (repl.files / name).read_bytes() == (board / name).read_bytes()
    assert (repl.files / "config.py").read_bytes() == config


def test_installed_library_is_imported_by_micropython(connect, board):
    fill_in(board)
    repl = connect()
    assert run(repl) == 0
    program = "import hawkbit.ddi; print(hawkbit.ddi.__file__)"
    said = subprocess.run(
        [interpreters.unix_port(), "-c", program],
        env={"MICROPYPATH": str(repl.files / "lib")},
        cwd=repl.files,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip().endswith("hawkbit/ddi.mpy"), said.stderr


def test_second_install_writes_nothing_and_keeps_the_boards_config(connect, board, capfd):
    fill_in(board)
    repl = connect()
    assert run(repl) == 0
    (repl.files / "config.py").write_bytes(b"URL = 'mine'\n")
    times = {f: f.stat().st_mtime_ns for f in repl.files.rglob("*") if f.is_file()}
    capfd.readouterr()
    assert run(repl) == 0
    said = capfd.readouterr().out
    assert said.count("Up to date:") == len(MODULES) + 2
    assert "config.py: the board's own is kept" in said
    assert times == {f: f.stat().st_mtime_ns for f in repl.files.rglob("*") if f.is_file()}


def test_sources_that_would_shadow_the_library_go(connect, board):
    fill_in(board)
    repl = connect()
    library = repl.files / "lib" / "hawkbit"
    library.mkdir(parents=True)
    (library / "updater.py").write_text("raise RuntimeError('an old version')")
    assert run(repl) == 0
    assert sorted(f.name for f in library.iterdir()) == [f"{name}.mpy" for name in MODULES]


def test_without_any_config_says_what_to_copy_and_writes_nothing(connect, board, capfd):
    repl = connect()
    assert run(repl) == 1
    assert "copy config.example.py in boards/ESP32_GENERIC to config.py" in capfd.readouterr().err
    assert not [f for f in repl.files.rglob("*") if f.is_file()]


def test_config_that_lacks_a_setting_is_named(connect, board, capfd):
    (board / "config.py").write_text("URL = 'http://192.168.1.5:8080'\n")
    assert run(connect()) == 1
    assert "lacks ATTRIBUTES, CA_FILE, CONTROLLER_ID" in capfd.readouterr().err


def test_config_with_a_syntax_error_is_named(connect, board, capfd):
    (board / "config.py").write_text("URL = 'open\n")
    assert run(connect()) == 1
    assert "config.py: line 1: unterminated string" in capfd.readouterr().err


def test_board_without_slots_is_sent_to_make_flash(connect, board, capfd):
    assert run(connect(slots=0)) == 1
    assert "no OTA slots; first: make flash" in capfd.readouterr().err


def test_other_micropython_is_no_esp32(connect, board, capfd):
    assert run(connect(slots=None)) == 1
    assert "runs MicroPython, but is no ESP32" in capfd.readouterr().err


def test_too_old_micropython_is_refused(board, monkeypatch, capfd):
    answer = '{"version": [1, 22], "slots": 2, "files": [], "library": []}\n'
    monkeypatch.setattr(install, "mpremote", lambda port, *arguments: answer)
    assert install.main(["--port", "x"]) == 1
    assert "MicroPython 1.22 is too old" in capfd.readouterr().err


def test_absent_port_is_a_clear_error(board, capfd):
    assert install.main(["--port", "/dev/not-there"]) == 1
    assert "failed to access /dev/not-there" in capfd.readouterr().err


def test_make_without_port_says_how(capfd):
    assert install.main(["--port", ""]) == 2
    assert "make install PORT=" in capfd.readouterr().err
