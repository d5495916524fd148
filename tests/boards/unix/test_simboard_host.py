"""A board inside CPython: its filesystem, its modules, what images do, power cuts."""

import json
import os
import sys
import types

import pytest
from littlefs import LittleFS, UserContext
from simboard import partitions
from simboard.clock import Clock
from simboard.errors import MisuseError
from simboard.flash import SECTOR
from simboard.host import UNIX, Board
from simboard.power import FLASH, MOMENTS, Cut, Supply

FOREVER = b"import time\nwhile True:\n    time.sleep(1)\n"


def run(board, source, **options):
    board.put("/main.py", source)
    return board.boot(**options).how


# --- filesystem


def test_firmware_files_lie_in_the_vfs_partition(small_board):
    board = small_board()
    assert run(board, b"with open('/note', 'w') as f:\n    f.write('hello')\n") == "end"
    vfs = partitions.find(board.partitions(), partitions.TYPE_DATA, label="vfs")[0]
    raw = bytearray(vfs.size)
    board.flash.read(vfs.addr, raw)
    witness = LittleFS(UserContext(buffer=raw), block_size=SECTOR, block_count=vfs.size // SECTOR)
    with witness.open("/note") as file:
        assert file.read() == "hello"
    assert not os.path.exists("/note")


FILE_CALLS = b"""
import os
os.mkdir("/d")
with open("/d/a", "wb") as f:
    assert f.write(b"one\\ntwo") == 7
with open("/d/a") as f:
    assert f.readline() == "one\\n" and f.read() == "two"
with open("d/a", "rb") as f:
    f.seek(4)
    buf = bytearray(10)
    assert f.readinto(buf) == 3 and bytes(buf[:3]) == b"two" and f.tell() == 7
with open("/d/a", "ab") as f:
    f.write(b"!")
assert os.stat("/d/a")[6] == 8 and os.stat("/d/a")[0] == 0x8000
assert os.stat("/d")[0] == 0x4000
os.chdir("/d")
os.rename("a", "b")
assert list(os.ilistdir()) == [("b", 0x8000, 0, 8)] and os.getcwd() == "/d"
for call, args, code in (
    (open, ("none",), 2),
    (os.remove, ("none",), 2),
    (os.mkdir, ("/d",), 17),
    (os.rmdir, ("/d",), 39),
    (os.listdir, ("b",), 20),
):
    try:
        call(*args)
    except OSError as e:
        assert e.args[0] == code, (call, e)
    else:
        raise AssertionError(call)
os.remove("b")
os.chdir("/")
os.rmdir("/d")
assert "d" not in os.listdir("/") and os.statvfs("/")[0] == 4096
print("all right")
"""


def test_open_and_os_are_those_of_micropython(small_board, capsys):
    assert run(small_board(), FILE_CALLS) == "end"
    assert "all right" in capsys.readouterr().out


def test_file_that_was_not_closed_is_lost(small_board):
    board = small_board()
    run(board, b"f = open('/note', 'w')\nf.write('hello')\nimport machine\nmachine.reset()\n")
    assert board.get("/note") == b""


def test_blank_first_block_of_a_filesystem_does_not_format_it(small_board):
    # What a power cut leaves that hits LittleFS while it moves its superblock.
    board = small_board()
    board.put("/main.py", b"")
    for number in range(200):
        board.put("/note", b"%d" % number)
    vfs = partitions.find(board.partitions(), partitions.TYPE_DATA, label="vfs")[0]
    board.flash.erase_sector(vfs.addr)
    assert board.boot().how == "end"
    assert board.get("/note").isdigit()


def test_corrupt_filesystem_is_told(small_board):
    board = small_board()
    board.put("/main.py", b"")
    vfs = partitions.find(board.partitions(), partitions.TYPE_DATA, label="vfs")[0]
    for block in (0, 1):
        board.flash.program(vfs.addr + block * SECTOR, bytes(SECTOR))
    with pytest.raises(OSError, match="corrupt|84"):
        board.boot()


# --- modules


def test_every_boot_has_fresh_modules(small_board, capsys):
    board = small_board()
    board.put("/counter.py", b"count = 0\n")
    source = b"import counter\ncounter.count += 1\nprint('count', counter.count)\n"
    run(board, source)
    run(board, source)
    assert capsys.readouterr().out.count("count 1") == 2


def test_host_is_not_touched(small_board):
    modules, opener = dict(sys.modules), open
    run(small_board(), b"import os, time, machine, app\nos.sep = '!'\ntime.extra = 1\n")
    assert {"machine", "app", "esp32"}.isdisjoint(set(sys.modules) - set(modules))
    assert os.sep == "/" and open is opener and not hasattr(__import__("time"), "extra")


def test_packages_and_relative_imports_on_the_board(small_board, capsys):
    board = small_board()
    board.put("/lib/package/__init__.py", b"name = __name__\n")
    board.put("/lib/package/one.py", b"from . import two\nfrom .two import value\n")
    board.put("/lib/package/two.py", b"value = 42\n")
    run(
        board,
        b"import package.one\nfrom package import two\nprint(package.one.value, two.value)\n",
    )
    assert "42 42" in capsys.readouterr().out


def test_module_that_fails_to_import_is_tried_again(small_board, capsys):
    board = small_board()
    board.put("/broken.py", b"1 / 0\n")
    run(
        board,
        b"for _ in range(2):\n    try:\n        import broken\n"
        b"    except ZeroDivisionError:\n        print('raised')\n",
    )
    assert capsys.readouterr().out.count("raised") == 2


def test_modules_of_the_test_reach_the_firmware(small_board):
    seen = []
    board = small_board(modules={"witness": types.SimpleNamespace(see=seen.append)})
    run(board, b"import witness, app\nwitness.see(app.version)\n")
    assert seen == ["1.0.0"]


# --- what images do

GUARD = b"""
import app, machine
if app.version == "2.0.0":
    machine.Timer(0).init(mode=0, period=60000, callback=lambda _: machine.reset())
"""


@pytest.mark.parametrize("name", ["hangs", "crashes-before-updater", "unbootable"])
def test_image_that_fails_resets_and_goes_back(small_board, staged, name):
    board = small_board()
    board.put("/boot.py", GUARD)
    staged(board, name)
    assert board.boot().how == "reset"
    assert board.chip.running.label == "ota_1"
    board.boot()
    assert board.chip.running.label == "ota_0"


def test_hang_without_a_timer_ends_the_boot(small_board, staged):
    board = small_board()
    staged(board, "hangs")
    assert board.boot().how == "hung"


def test_self_test_fails_by_name(small_board, staged, capsys):
    board = small_board()
    board.put("/main.py", b"import app\nprint(app.version, app.self_test())\n")
    board.boot()
    staged(board, "self-test-fails")
    board.boot()
    out = capsys.readouterr().out
    assert "1.0.0 True" in out and "2.0.0 False" in out


class Wire:
    """A net module that keeps what was sent and answers 10,000 bytes."""

    def __init__(self):
        self.sent = []

    def dial(self, host, port, tls, timeout_s):
        return types.SimpleNamespace(
            write=lambda data: self.sent.append(bytes(data)),
            readinto=lambda buf: len(buf),
            poll=lambda ms: True,
            close=lambda: None,
        )


DOWNLOAD = b"""
from hawkbit import net
stream = net.dial("host", 80, None, 5)
try:
    stream.write(b"GET /")
    for _ in range(10):
        stream.readinto(bytearray(1000))
    stream.write(b"POST")
finally:
    stream.write(b"from beyond")
"""


@pytest.mark.parametrize(
    ("cut", "sent"),
    [
        (Cut("request", 1, "before"), []),
        (Cut("request", 1, "middle"), [b"GE"]),
        (Cut("request", 1, "after"), [b"GET /"]),
        (Cut("stream", 2, "before"), [b"GET /"]),
        (Cut("request", 2, "after"), [b"GET /", b"POST"]),
    ],
)
def test_cut_network_is_dead_in_a_finally_too(small_board, cut, sent):
    wire = Wire()
    board = small_board(net=wire, supply=Supply([cut]))
    assert run(board, DOWNLOAD) == "power-cut"
    assert wire.sent == sent
    assert board.supply.made == [cut]


def test_image_without_network(small_board, staged, capsys):
    wire = Wire()
    board = small_board(net=wire)
    staged(board, "no-network")
    run(board, DOWNLOAD)
    assert wire.sent == []
    assert "this image has no network" in capsys.readouterr().err


def test_image_that_cannot_import(small_board, staged, capsys):
    board = small_board()
    staged(board, "cannot-import")
    assert run(board, b"from hawkbit.updater import Updater\n") == "end"
    assert "ImportError" in capsys.readouterr().err


# --- time


def test_waiting_takes_no_time(small_board):
    board = small_board()
    source = b"import time, machine\ntime.sleep(86400)\nmachine.deepsleep(5000)\n"
    assert run(board, source) == "sleep"
    assert board.clock.now_ms() == 86400_000


def test_limit_ends_an_endless_program(small_board):
    assert run(small_board(), FOREVER, limit_ms=3600_000) == "time-up"


def test_ticks_wrap_as_on_a_board(small_board, capsys):
    source = b"""
import time
start = time.ticks_ms()
time.sleep_ms(20)
assert time.ticks_ms() < start and time.ticks_diff(time.ticks_ms(), start) == 20
print("wrapped")
"""
    run(small_board(ticks_at_boot=(1 << 30) - 10), source)
    assert "wrapped" in capsys.readouterr().out


def test_timer_fires_in_an_endless_loop_on_a_real_clock(small_board):
    source = b"import machine\n" + (
        b"machine.Timer(0).init(mode=0, period=50, callback=lambda _: machine.reset())\n"
        b"while True:\n    pass\n"
    )
    assert run(small_board(clock=Clock()), source) == "reset"


def test_exception_in_boot_keeps_main_from_running(small_board, capsys):
    board = small_board()
    board.put("/boot.py", b"1 / 0\n")
    assert run(board, b"print('main')\n") == "end"
    assert "main" not in capsys.readouterr().out.splitlines()


def test_sys_exit_is_a_soft_reset_without_the_bootloader(small_board, staged):
    board = small_board()
    staged(board)
    assert run(board, b"import sys\nsys.exit()\n") == "soft-reset"
    assert run(board, b"") == "end"
    assert board.chip.running.label == "ota_1"


# --- power

JOURNAL = b"""
import json, os, machine
try:
    with open("/record") as f:
        count = json.loads(f.read())["count"]
except OSError:
    count = 0
try:
    with open("/record.new", "w") as f:
        f.write(json.dumps({"count": count + 1, "noise": "x" * 300}))
    os.rename("/record.new", "/record")
finally:
    with open("/tidied", "w") as f:
        f.write(str(count + 1))
if count < 3:
    os.remove("/tidied")
    machine.reset()
"""


def test_every_cut_in_a_rename_leaves_the_old_or_the_new_record(small_board):
    board = small_board()
    board.put("/main.py", JOURNAL)
    fresh = bytes(board.flash.storage.data)
    ends = [end.how for end in board.run()]
    assert ends == ["reset"] * 3 + ["end"]
    operations = board.supply.counts[FLASH]
    assert operations > 30
    for number in range(1, operations + 1):
        for moment in MOMENTS:
            board.flash.storage.data[:] = fresh
            supply = Supply([Cut(FLASH, number, moment)])
            cut_board = Board(board.flash, supply=supply, log=lambda text: None)
            boot_and_check_record(cut_board)
            assert supply.cuts == [], (number, moment)


def boot_and_check_record(board):
    count, how = 0, None
    while how != "end":
        how = board.boot().how
        record = json.loads(found(board, "/record") or b'{"count": 0}')["count"]
        assert record in (count, count + 1)
        assert int(found(board, "/tidied") or b"0") <= record, "a finally went on after the cut"
        count = record
    assert count >= 4


def found(board, path):
    try:
        return board.get(path)
    except FileNotFoundError:
        return b""


def test_dead_board_does_not_go_on_after_a_call_that_needs_no_flash(small_board, capsys):
    source = b"""
import machine
f = open("/note", "w")
try:
    machine.reset()
finally:
    f.write("cached")
    print("went on")
"""
    assert run(small_board(), source) == "reset"
    assert "went on" not in capsys.readouterr().out


def test_misuse_of_the_flash_ends_the_test(small_board):
    board = small_board()
    board.put(
        "/main.py",
        b"import esp32\np = esp32.Partition('ota_1')\n"
        b"p.writeblocks(0, b'\\0', 0)\np.writeblocks(0, b'\\1', 0)\n",
    )
    with pytest.raises(MisuseError, match="erase it first"):
        board.boot()


def test_a_boot_takes_milliseconds(small_board):
    import time

    board = small_board(log=lambda text: None)
    board.put("/main.py", b"")
    start = time.process_time()
    for _ in range(50):
        board.boot()
    assert time.process_time() - start < 50 * 0.020


def test_example_of_the_readme_runs():
    text = (UNIX / "README.md").read_text()
    for block in text.split("```python\n")[1:]:
        exec(block.split("```")[0], {})
