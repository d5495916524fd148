"""make ram finds the smallest heap of a real update, and fails over a budget."""

import shutil
from itertools import count
from pathlib import Path

import appimage
import interpreters
import pytest
import size
from bench import ram
from rollouts.testing import local_server

NO_UNIX = interpreters.reason_absent("unix")
needs_unix = pytest.mark.skipif(bool(NO_UNIX), reason=str(NO_UNIX))


@pytest.fixture(scope="module")
def mpy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mpy")
    size.compile_library(size.ROOT / "lib" / "hawkbit", folder / "hawkbit")
    size.compile_library(size.ROOT / "tests" / "ram", folder)
    return folder


@pytest.mark.parametrize("need", [9, 64, 65, 1024])
def test_smallest_heap_is_found_to_the_kilobyte(need):
    asked = []

    def works(heap):
        asked.append(heap)
        return None if heap >= need * size.KB else "MemoryError"

    assert ram.smallest(works) == need * size.KB
    assert len(asked) < 30


def test_chance_decides_nothing():
    attempts = count()

    def works(heap):
        return "MemoryError" if heap < 64 * size.KB or next(attempts) % 2 else None

    assert ram.smallest(works) == 64 * size.KB


def test_failure_with_plenty_of_heap_is_not_about_heap():
    with pytest.raises(ram.Failed, match="status 1: ImportError"):
        ram.smallest(lambda heap: "status 1: ImportError")


def test_stub_has_at_most_80_lines():
    stub = size.ROOT / "tests" / "ram" / "esp32.py"
    assert len(stub.read_text().splitlines()) <= 80


@needs_unix
def test_update_needs_a_heap_and_reaches_the_server(mpy):
    with local_server() as server:
        attempts = ram.Attempts(mpy, server, appimage.make(size=20_000), "small")
        assert attempts.complaint(512 * size.KB, server.url) is None
        assert "MemoryError" in attempts.complaint(16 * size.KB, server.url)
        assert attempts.complaint(512 * size.KB, "http://127.0.0.1:1")


@needs_unix
def test_update_that_the_server_does_not_call_finished_is_a_complaint(mpy):
    with local_server() as server:
        attempts = ram.Attempts(mpy, server, b"no image" * 3000, "wrong")
        assert "status 0" in attempts.complaint(512 * size.KB, server.url)


@needs_unix
def test_import_is_measured_without_what_was_there(mpy, tmp_path):
    (tmp_path / "hawkbit").mkdir()
    for stub in ("esp32", "machine"):
        (tmp_path / f"{stub}.mpy").write_bytes((mpy / f"{stub}.mpy").read_bytes())
    (tmp_path / "hawkbit" / "__init__.py").write_text("import esp32, machine\nx = bytes(5000)\n")
    assert 5000 < ram.import_cost(tmp_path, "hawkbit") < 6000


@needs_unix
def test_source_beside_is_not_measured_instead(mpy, tmp_path, monkeypatch):
    (tmp_path / "update.py").write_text("raise SystemExit(9)\n")
    monkeypatch.chdir(tmp_path)
    assert ram.import_complaint(mpy, 512 * size.KB) is None


@needs_unix
def test_place_of_the_library_and_environment_do_not_count(mpy, tmp_path, monkeypatch):
    def free(place):
        program = "import gc, hawkbit.errors, update, os; print(gc.mem_free(), os.getenv('OTHER'))"
        return ram.run_unix(program, place, tmp_path, 512 * size.KB, {"URL": ""}).stdout

    far = tmp_path / "a folder" / "with a long name"
    shutil.copytree(mpy, far)
    monkeypatch.setenv("OTHER", "x" * 300)
    ram.make_flash(tmp_path / "flash.bin", appimage.make(size=4096))
    assert "None" in free(mpy)
    assert free(mpy) == free(far)


@needs_unix
def test_build_of_ones_own_is_measured_with_what_is_frozen_first(mpy, tmp_path, monkeypatch):
    def first_two():
        return ram.run_unix("import sys; print(sys.path[:2])", mpy, tmp_path, 64 * size.KB).stdout

    assert first_two() == "['', 'mpy']\n"
    monkeypatch.setenv("MICROPYTHON", interpreters.unix_port())
    assert first_two() == "['', '.frozen']\n"
    monkeypatch.setenv("MICROPYTHON", "/not/there")
    assert interpreters.reason_absent("unix") == "MICROPYTHON=/not/there is no program"


def test_import_on_32_bit_is_measured(mpy):
    if reason := interpreters.reason_absent(ram.VERSION_32_BIT):
        pytest.skip(reason)
    one = ram.import_cost_32_bit(mpy, ["errors"])
    more = ram.import_cost_32_bit(mpy, ["errors", "ddi", "http"])
    assert 0 < one < more < 64 * size.KB
    with pytest.raises(ram.Failed, match="no module named"):
        ram.import_cost_32_bit(mpy, ["nothing"])
    assert one + 4096 < ram.delta_cost_32_bit(mpy) < 64 * size.KB


def test_over_budget_is_exit_1_and_absence_is_not(monkeypatch, capsys):
    figures = [
        ram.Figure("heap", 1000, 1000),
        ram.Figure("info", 10**9),
        ram.Figure("node", None, 5, "no Node.js"),
    ]
    monkeypatch.setattr(ram, "measure", lambda: figures)
    monkeypatch.setattr(interpreters, "reason_absent", lambda name: None)
    monkeypatch.setattr("sys.argv", ["ram.py"])
    assert ram.main() == 0
    assert "no Node.js" in capsys.readouterr().out
    figures[0] = ram.Figure("heap", 1001, 1000)
    assert ram.main() == 1
    assert "heap: 1 bytes over the budget" in capsys.readouterr().out


def test_without_unix_port_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(interpreters, "unix_port", _no_unix_port)
    monkeypatch.setattr("sys.argv", ["ram.py"])
    assert ram.main() == 0
    assert "not measured: no MicroPython" in capsys.readouterr().out


def _no_unix_port() -> Path:
    raise interpreters.Unavailable("no MicroPython unix port")
