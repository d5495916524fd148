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
from scripted_server import ScriptedServer

TESTS = Path(__file__).resolve().parent.parent
NO_UNIX = interpreters.reason_absent("unix")
NEEDS_UNIX = pytest.mark.skipif(bool(NO_UNIX), reason=str(NO_UNIX))


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a device test file under the real conftest.py."""
    device = tmp_path / "tests" / "device"
    device.mkdir(parents=True)
    for name in (
        "chunks",
        "conftest",
        "interpreters",
        "servers",
        "certificates",
        "scripted_server",
        "tls_proxy",
    ):
        shutil.copy(TESTS / f"{name}.py", device.parent)
    shutil.copy(TESTS / "device" / "runner.py", device)
    (device.parent / "versions").mkdir()
    shutil.copy(TESTS / "versions" / "package.json", device.parent / "versions")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = tests\n")

    def run(source, *options):
        (device / "test_made.py").write_text(textwrap.dedent(source))
        command = [sys.executable, "-m", "pytest", "--import-mode=importlib", "-rA", *options]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return done.stdout + done.stderr

    return run


CPYTHON = "--interpreters=cpython"

MIXED = """
    from runner import Skip

    def test_passes():
        print("seen")

    def test_fails():
        print("said before")
        assert 1 + 1 == 3

    def test_skips():
        raise Skip("no board")
"""


@pytest.mark.parametrize("interpreter", ["cpython", pytest.param("unix", marks=NEEDS_UNIX)])
def test_each_line_is_an_item(run, interpreter):
    out = run(MIXED, f"--interpreters={interpreter}")
    assert f"PASSED tests/device/test_made.py::{interpreter}::test_passes" in out
    assert f"FAILED tests/device/test_made.py::{interpreter}::test_fails" in out
    assert f"{interpreter}: no board" in out
    assert "said before" in out and "line 9, in test_fails" in out
    assert "1 failed, 1 passed, 1 skipped" in out


def test_xdist_gives_the_same(run):
    out = run(MIXED, CPYTHON, "-n2", "--dist=loadscope")
    assert "1 failed, 1 passed, 1 skipped" in out


def test_one_item_is_run_alone(run):
    out = run(MIXED, "tests/device/test_made.py::cpython::test_passes")
    assert "1 passed" in out and "fail" not in out


@pytest.mark.parametrize(
    ("interpreter", "die"),
    [
        ("cpython", "import os; os._exit(3)"),
        pytest.param("unix", "import uctypes; uctypes.bytearray_at(0, 9)[0]", marks=NEEDS_UNIX),
    ],
)
def test_end_of_the_process_fails_the_rest(run, interpreter, die):
    source = f"def test_a(): pass\n\ndef test_b(): {die}\n\ndef test_c(): pass\n"
    out = run(source, f"--interpreters={interpreter}")
    assert "2 failed, 1 passed" in out
    assert "no result: the process ended with status" in out


def test_system_exit_is_one_failure(run):
    out = run("def test_a(): raise SystemExit(0)\n\ndef test_b(): pass\n", CPYTHON)
    assert "1 failed, 1 passed" in out


def test_silence_fails_the_rest(run):
    out = run(
        """
        TIMEOUT_S = 1

        def test_a():
            while True:
                pass

        def test_b():
            pass
    """,
        CPYTHON,
    )
    assert "2 failed" in out
    assert "killed: a test took over 1 s" in out


def test_file_that_does_not_import_fails(run):
    out = run("import nothing_of_that_name\n\ndef test_a(): pass\n", CPYTHON)
    assert "1 failed" in out and "nothing_of_that_name" in out


def test_file_that_is_not_python_is_an_error(run):
    assert "1 error" in run("def test_a(:\n")


def test_two_tests_of_one_name_are_an_error(run):
    out = run("def test_a(): pass\n\ndef test_a(): pass\n")
    assert "two tests are named test_a" in out


def test_unknown_need_is_an_error(run):
    out = run('NEEDS = ("COFFEE",)\n\ndef test_a(): pass\n', CPYTHON)
    assert "1 error" in out and "no 'COFFEE'; there are" in out


def test_missing_interpreter_is_skipped_and_said_first(run):
    out = run("def test_a(): pass\n", "--interpreters=cpython,1.27.0")
    assert "1 passed, 1 skipped" in out
    assert "NO DEVICE TESTS ON 1.27.0: " in out


def test_unknown_interpreter_is_skipped_with_a_list(run):
    assert "no interpreter 9.9: cpython, unix" in run("def test_a(): pass\n", "--interpreters=9.9")


def test_file_that_needs_a_server_is_skipped_without_sockets(run):
    out = run('NEEDS = ("SCRIPTED_SERVER",)\n\ndef test_a(): pass\n', "--interpreters=1.27.0")
    assert "test_made.py needs SCRIPTED_SERVER, and 1.27.0 has no sockets" in out


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
        ("other-ca", "unable to get local issuer"),
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
