"""A process per boot, on MicroPython's unix port and on CPython, and the command board.py."""

import json
import sys
from pathlib import Path

import appimage
import board as command
import pytest
from boards.unix.conftest import SMALL
from simboard import process
from simboard.flash import File, Flash
from simboard.host import Board, new_flash

UNIX_PORT = Path(sys.executable).with_name("micropython")
INTERPRETERS = {"unix": str(UNIX_PORT), "cpython": sys.executable}
FIRMWARE_SIZE = 4096


@pytest.fixture(params=INTERPRETERS)
def interpreter(request):
    if not Path(INTERPRETERS[request.param]).exists():
        pytest.skip("no MicroPython unix port: its wheels are for Linux only")
    return INTERPRETERS[request.param]


@pytest.fixture
def flash_file(tmp_path):
    """Return a function that makes a flash file with `files` and, in ota_1, another image."""

    def make(files, other="ok"):
        path = tmp_path / "flash.bin"
        path.write_bytes(b"\xff" * SMALL[0])
        with path.open("r+b", buffering=0) as file:
            board = Board(new_flash(SMALL, File(file)))
            board.install(appimage.make(version="1.0.0", size=FIRMWARE_SIZE))
            board.install(appimage.make(other, "2.0.0", FIRMWARE_SIZE), slot=1)
            for name, data in files.items():
                board.put(name, data)
        return path

    return make


def get(path, name):
    with path.open("r+b", buffering=0) as file:
        return Board(Flash(File(file))).get(name)


COUNT = b"""
import machine
try:
    with open("/count") as f:
        count = int(f.read())
except OSError:
    count = 0
with open("/count.new", "w") as f:
    f.write(str(count + 1))
import os
os.rename("/count.new", "/count")
print("boot", count, "cause", machine.reset_cause())
"""
ALL_ENDS = (
    COUNT
    + b"""
if count == 0:
    machine.reset()
if count == 1:
    machine.deepsleep(10)
if count == 2:
    machine.soft_reset()
if count == 3:
    machine.RTC().memory(b"kept")
    raise SystemExit
assert machine.RTC().memory() == b"kept"
"""
)


def test_exit_of_each_boot_says_how_it_ended(flash_file, interpreter):
    lines = []
    board = process.ProcessBoard(
        flash_file({"/main.py": ALL_ENDS}), interpreter, on_line=lines.append
    )
    ends = board.run(timeout_s=300)
    assert [end.how for end in ends] == ["reset", "sleep", "soft-reset", "soft-reset", "end"]
    assert ends[1].sleep_ms == 10
    causes = [line.split()[-1] for line in lines if line.startswith("boot ")]
    assert causes == ["1", "2", "4", "5", "5"]


@pytest.mark.parametrize("moment", ["before", "middle", "after"])
def test_cut_is_made_once_and_the_next_boot_is_a_power_on(flash_file, interpreter, moment):
    path = flash_file({"/main.py": COUNT})
    lines = []
    cut = f"flash:5:{moment}"
    board = process.ProcessBoard(path, interpreter, cuts=[cut], on_line=lines.append)
    assert [end.how for end in board.run(timeout_s=300)] == ["power-cut", "end"]
    assert lines[-1].endswith("cause 1")


def test_finally_repairs_nothing_after_a_reset(flash_file, interpreter):
    source = b"""
import machine
try:
    machine.reset()
finally:
    with open("/repaired", "w") as f:
        f.write("by a finally")
"""
    path = flash_file({"/main.py": source})
    lines = []
    board = process.ProcessBoard(path, interpreter, on_line=lines.append)
    assert board.boot(timeout_s=300).how == "reset"
    assert not any("Traceback" in line for line in lines)
    with pytest.raises(FileNotFoundError):
        get(path, "/repaired")


def test_both_interpreters_use_the_flash_alike(flash_file):
    if not UNIX_PORT.exists():
        pytest.skip("no MicroPython unix port: its wheels are for Linux only")
    path = flash_file({"/main.py": COUNT})
    fresh, flashes = path.read_bytes(), []
    for interpreter in INTERPRETERS.values():
        path.write_bytes(fresh)
        board = process.ProcessBoard(path, interpreter, cuts=["flash:4:middle"])
        board.power_off()
        assert board.boot(timeout_s=300).how == "power-cut"
        state = json.loads(Path(f"{path}.state").read_text())
        flashes.append((state["counts"], get(path, "/main.py"), get(path, "/count.new")))
    assert flashes[0] == flashes[1]


GUARD = b"""
import app, machine
if app.version == "2.0.0":
    machine.Timer(0).init(mode=0, period=200, callback=lambda _: machine.reset())
"""
STAGE = (
    COUNT
    + b"""
if count == 0:
    import esp32
    esp32.Partition("ota_1").set_boot()
    machine.reset()
"""
)


@pytest.mark.parametrize("name", ["hangs", "crashes-before-updater", "unbootable"])
def test_image_that_fails_goes_back(flash_file, interpreter, name):
    path = flash_file({"/boot.py": GUARD, "/main.py": STAGE}, other=name)
    lines = []
    board = process.ProcessBoard(path, interpreter, on_line=lines.append)
    assert [end.how for end in board.run(timeout_s=300)] == ["reset", "reset", "end"]
    assert lines[-1].startswith("boot 1")


def test_boot_without_an_end_is_ended_by_the_supervisor(flash_file, interpreter):
    path = flash_file({"/main.py": b"while True:\n    pass\n"})
    with pytest.raises(TimeoutError):
        process.ProcessBoard(path, interpreter).boot(timeout_s=1)


def test_virtual_clock_takes_no_time(flash_file, interpreter):
    path = flash_file({"/main.py": b"import time\ntime.sleep(86400)\n"})
    board = process.ProcessBoard(path, interpreter, virtual_clock=True)
    assert board.boot(timeout_s=300).how == "end"


def test_error_of_the_simulation_is_not_taken_for_an_end(flash_file, interpreter):
    source = b"import esp32\np = esp32.Partition('nvs')\n"
    source += b"p.writeblocks(0, b'\\0', 0)\np.writeblocks(0, b'\\1', 0)\n"
    lines = []
    board = process.ProcessBoard(
        flash_file({"/main.py": source}), interpreter, on_line=lines.append
    )
    with pytest.raises(RuntimeError, match="exit code 1"):
        board.boot(timeout_s=300)
    assert "erase it first" in "".join(lines)


# --- board.py


@pytest.fixture
def image_file(tmp_path):
    path = tmp_path / "app.bin"
    path.write_bytes(appimage.make(version="1.0.0", size=FIRMWARE_SIZE))
    return path


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "boot.py").write_text("")
    (folder / "main.py").write_text("import app, config\nprint(app.version, config.URL)\n")
    return folder


def test_flash_run_and_show(tmp_path, image_file, files, capfd):
    flash = tmp_path / "flash.bin"
    arguments = ["--image", image_file, "--files", files, "--config", "URL=http://host", "N=5"]
    assert command.main(["flash", str(flash), *map(str, arguments)]) == 0
    assert flash.stat().st_size == 8 * 1024 * 1024
    assert get(flash, "/config.py") == b"URL = 'http://host'\nN = 5\n"
    assert command.main(["run", str(flash)]) == 0
    assert "1.0.0 http://host\nboard.py: end" in capfd.readouterr().out
    assert command.main(["show", str(flash)]) == 0
    shown = capfd.readouterr().out
    assert "0x010000 0x270000 ota_0: 4096 bytes, ok 1.0.0" in shown
    assert "otadata 0: ota_0 valid, seq 1\notadata 1: blank" in shown


def test_own_files_of_the_board_come_with_its_example_config(tmp_path, image_file):
    flash = tmp_path / "flash.bin"
    command.main(["flash", str(flash), "--image", str(image_file), "--config", "TENANT=other"])
    settings = {}
    exec(get(flash, "/config.py"), settings)
    assert settings["TENANT"] == "other"
    assert settings["URL"] == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["flash", "F", "--image", "nothing.bin"], "there is no nothing.bin"),
        (["flash", "F", "--image", "IMAGE", "--files", "nowhere"], "there is no nowhere"),
        (["flash", "F", "--image", "IMAGE", "--config", "no.py"], "there is no no.py"),
        (["flash", "F", "--image", "COMBINED"], "not the combined .bin"),
        (["flash", "F", "--image", "LARGE", "--layout", "ota-4m"], "do not fit the 1572864"),
        (["flash", "F", "--image", "IMAGE", "--config", "URL"], "--config takes KEY=VALUE"),
        (["run", "F", "--cut", "flash:x"], "a cut is KIND:NUMBER:MOMENT"),
        (["show", "IMAGE"], "no partition table"),
        (["run", "IMAGE"], "no partition table"),
        (["run", "no.bin"], "there is no no.bin: make it with `flash`"),
        (["boot", "no.bin"], "there is no no.bin: make it with `flash`"),
        (["show", "no.bin"], "there is no no.bin: make it with `flash`"),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(
    tmp_path, image_file, capfd, arguments, text
):
    (tmp_path / "combined.bin").write_bytes(b"\xff" * 9000)
    (tmp_path / "large.bin").write_bytes(appimage.make(size=2_000_000))
    names = {
        "F": tmp_path / "flash.bin",
        "IMAGE": image_file,
        "COMBINED": tmp_path / "combined.bin",
        "LARGE": tmp_path / "large.bin",
    }
    names["F"].write_bytes(b"the flash of another day")
    before = sorted(tmp_path.iterdir())
    assert command.main([str(names.get(word, word)) for word in arguments]) == 1
    error = capfd.readouterr().err
    assert text in error
    assert error.count("\n") == 1
    assert names["F"].read_bytes() == b"the flash of another day"
    assert sorted(tmp_path.iterdir()) == before
