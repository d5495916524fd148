"""The harness itself: every way a device test can end is seen, and none is lost."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
import textwrap
from pathlib import Path

import certificates
import interpreters
import pytest
from boards.ESP32_GENERIC.repl import Repl
from scripted_server import ScriptedServer

TESTS = Path(__file__).resolve().parent.parent
NO_UNIX = interpreters.reason_absent("unix")
NEEDS_UNIX = pytest.mark.skipif(bool(NO_UNIX), reason=str(NO_UNIX))


HARNESS = [
    "chunks",
    "conftest",
    "interpreters",
    "servers",
    "certificates",
    "scripted_server",
    "tls_proxy",
]
FILES = {
    "mixed": """
        from runner import Skip

        def test_passes():
            print("seen")

        def test_fails():
            print("said before")
            assert 1 + 1 == 3

        def test_skips():
            raise Skip("no board")
    """,
    "dies": """
        def test_a(): pass

        def test_b():
            try:
                import uctypes
            except ImportError:
                import os
                os._exit(3)
            uctypes.bytearray_at(0, 9)[0]

        def test_c(): pass
    """,
    "exits": """
        def test_a(): raise SystemExit(0)

        def test_b(): pass
    """,
    "silent": """
        TIMEOUT_S = 1

        def test_a():
            while True:
                pass

        def test_b(): pass
    """,
    "imports": """
        import nothing_of_that_name

        def test_a(): pass
    """,
    "broken": "def test_a(:",
    "twice": """
        def test_a(): pass

        def test_a(): pass
    """,
    "needs": """
        NEEDS = ("COFFEE",)

        def test_a(): pass
    """,
}
OURS = ["cpython", pytest.param("unix", marks=NEEDS_UNIX)]
OUTCOMES = {
    "mixed.py::{}::test_passes": "PASSED",
    "mixed.py::{}::test_fails": "FAILED",
    "dies.py::{}::test_a": "PASSED",
    "dies.py::{}::test_b": "FAILED",
    "dies.py::{}::test_c": "FAILED",
    "exits.py::{}::test_a": "FAILED",
    "exits.py::{}::test_b": "PASSED",
    "silent.py::{}::test_a": "FAILED",
    "silent.py::{}::test_b": "FAILED",
    "imports.py::{}::test_a": "FAILED",
    "needs.py::{}::test_a": "ERROR",
}
WORDS = [
    "cpython: no board",
    "said before",
    "line 9, in test_fails",
    "no result: the process ended with status",
    "killed: a test took over 1 s",
    "nothing_of_that_name",
    "ERROR tests/device/test_broken.py",
    "two tests are named test_a",
    "no 'COFFEE'; there are",
    "NO DEVICE TESTS ON 1.27.0: ",
    "no interpreter 9.9: cpython, unix",
    "test_needs.py needs COFFEE, and 1.27.0 has no sockets",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return a function that runs FILES under the real conftest.py; gives what is printed."""
    folder = tmp_path_factory.mktemp("harness")
    device = folder / "tests" / "device"
    device.mkdir(parents=True)
    for name in HARNESS:
        shutil.copy(TESTS / f"{name}.py", device.parent)
    shutil.copy(TESTS / "device" / "runner.py", device)
    (device.parent / "versions").mkdir()
    shutil.copy(TESTS / "versions" / "package.json", device.parent / "versions")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = tests\n")
    for name, source in FILES.items():
        (device / f"test_{name}.py").write_text(textwrap.dedent(source))

    def run(*options):
        command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-rA", *options]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        return done.stdout + done.stderr

    return run


@pytest.fixture(scope="module")
def out(run):
    return run("--interpreters=cpython,unix,1.27.0,9.9", "--continue-on-collection-errors")


@pytest.mark.parametrize("interpreter", OURS)
@pytest.mark.parametrize("item", OUTCOMES)
def test_each_line_is_an_item_and_none_is_lost(out, item, interpreter):
    assert f"{OUTCOMES[item]} tests/device/test_{item.format(interpreter)}" in out


@pytest.mark.parametrize("words", WORDS)
def test_reason_is_told(out, words):
    assert words in out


def test_xdist_gives_the_same(run):
    options = ("-n2", "--dist=loadscope", "--interpreters=cpython")
    assert "1 failed, 1 passed, 1 skipped" in run(*options, "tests/device/test_mixed.py")


def test_one_item_is_run_alone(run):
    out = run("tests/device/test_mixed.py::cpython::test_passes")
    assert "1 passed" in out and "fail" not in out


def test_board_that_is_asked_for_and_absent_is_one_sentence(run, monkeypatch):
    monkeypatch.setenv("PORT", "")  # as `make test-board` has it
    assert run("--interpreters=board") == "ERROR: no board: make test-board PORT=/dev/ttyUSB0\n\n"


@pytest.fixture
def port():
    """A port that takes whatever comes, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"socket://127.0.0.1:{silent.getsockname()[1]}"


def test_board_that_says_nothing_is_one_sentence(run, port, monkeypatch):
    monkeypatch.setenv("PORT", port)
    said = run("--interpreters=board")
    assert said.startswith("ERROR: ") and said.endswith("press the board's reset button\n\n"), said
    assert port in said


@NEEDS_UNIX
def test_board_without_the_library_is_told_how_it_gets_it(run, tmp_path, monkeypatch):
    (tmp_path / "files").mkdir()
    repl = Repl(tmp_path / "files", tmp_path)
    url = repl.url
    monkeypatch.setenv("PORT", url)
    try:
        said = run("--interpreters=board")
    finally:
        repl.stop()
    assert said == f"ERROR: the board has no library: make install PORT={url}\n\n"


def test_lost_byte_of_a_mounted_test_is_told(run, tmp_path, monkeypatch):
    """mpremote is a program here that answers the question and then waits without end."""
    (tmp_path / "mpremote.py").write_text(MPREMOTE)
    (tmp_path / "mpy_cross.py").write_text("")  # one of FILES is no Python
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PORT", "/dev/ttyUSB0")
    said = run("--interpreters=board", "tests/device/test_silent.py")
    assert "the board: A board with an ESP32 0.1.0" in said
    assert "killed: a test took over 2 s; or a byte was lost on the serial line: press" in said


MPREMOTE = """
import sys, time
if "mount" in sys.argv:
    time.sleep(60)
print("A board with an ESP32 0.1.0")
"""
SHORT = """
from hawkbit import log

def test_a_lacks_memory_and_fails():
    log.line(log.ERROR, "%s", "memory allocation failed, allocating 9000 bytes")
    assert False

def test_b_fails_with_memory(): assert False

def test_c_lacks_memory_and_passes():
    log.line(log.ERROR, "memory allocation failed, allocating 1 bytes")

def test_d_fails_after_it(): assert False

def test_e_has_none(): raise MemoryError("memory allocation failed, allocating 8 bytes")
"""


@NEEDS_UNIX
def test_board_skips_what_it_has_no_memory_for_in_its_words(tmp_path):
    (tmp_path / "test_short.py").write_text(SHORT)
    path = ":".join(map(str, [tmp_path, TESTS / "device", TESTS.parent / "lib"]))
    program = f"import runner; runner.run_apart('test_short', folder={str(tmp_path / 'apart')!r})"
    command = [interpreters.unix_port(), "-c", program]
    environ = {"MICROPYPATH": path}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if line[:4] in ("PASS", "FAIL", "SKIP")]
    assert [line.split()[0] for line in lines] == ["SKIP", "FAIL", "PASS", "FAIL", "SKIP"]
    assert lines[0].endswith("allocating 9000 bytes") and lines[4].endswith("8 bytes")


@pytest.fixture(scope="module")
def certificate_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    certificates.make(folder)
    return folder


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("good", None),
        ("expired", "expired"),
        ("other-host", "doesn't match|mismatch"),
        ("other-ca", "self-signed certificate in certificate chain"),
    ],
)
def test_certificates_are_what_they_are_called(certificate_folder, kind, error):
    server = ScriptedServer(certificate_folder)
    with socket.create_connection(("127.0.0.1", server.port)) as control:
        lines = control.makefile("rwb", 0)
        order = {"script": [[["send", "hello"], ["close"]]], "tls": kind}
        lines.write(json.dumps(order).encode() + b"\n")
        port = json.loads(lines.readline())["port"]
        context = ssl.create_default_context(cafile=certificate_folder / "ca.pem")
        with socket.create_connection(("localhost", port)) as plain:
            if error:
                with pytest.raises(ssl.SSLCertVerificationError, match=error):
                    context.wrap_socket(plain, server_hostname="localhost")
            else:
                tls = context.wrap_socket(plain, server_hostname="localhost")
                assert tls.recv(100) == b"hello"
