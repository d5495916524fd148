"""`mpremote mip install` of what the repository and a release have, onto a MicroPython."""

import functools
import http.server
import subprocess
import sys
import threading
import zipfile

import dist
import install
import interpreters
import pytest

MODULES = {path.stem for path in install.LIBRARY.glob("*.py")}


def mip(repl, source) -> None:
    command = [sys.executable, "-m", "mpremote", "connect", repl.url, "mip", "install", source]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def installed(repl, suffix) -> None:
    """Assert that the board has the whole library and nothing else, and can import it."""
    library = repl.files / "lib" / "hawkbit"
    assert {path.name for path in library.iterdir()} == {f"{name}{suffix}" for name in MODULES}
    program = "import hawkbit.client; print(hawkbit.client.__file__)"
    said = subprocess.run(
        [interpreters.unix_port(), "-c", program],
        env={"MICROPYPATH": str(library.parent)},
        cwd=repl.files,
        capture_output=True,
        text=True,
    )
    assert said.stdout.strip().endswith(f"hawkbit/client{suffix}"), said.stderr


def test_checkout_is_installed_by_its_path(connect):
    repl = connect()
    mip(repl, str(install.ROOT / "package.json"))
    installed(repl, ".py")


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Return a function that unpacks a release's archive and returns its folder."""
    monkeypatch.setattr(dist, "DIST", tmp_path)

    def unpack(kind, files):
        dist.archive(kind, files)
        name = f"micropython-hawkbit-{dist.version()}-{kind}"
        with zipfile.ZipFile(tmp_path / f"{name}.zip") as packed:
            packed.extractall(tmp_path)
        return tmp_path / name

    return unpack


@pytest.fixture
def bytecode(archive, tmp_path):
    """Return the folder of the release's bytecode."""
    (tmp_path / "compiled").mkdir()
    return archive(dist.MPY, install.compile_library(tmp_path / "compiled"))


def test_release_as_bytecode_is_installed_by_its_path(connect, bytecode):
    for path in (bytecode / "hawkbit").iterdir():
        # Version 6; the minor one counts only with machine code, which there is none of.
        assert path.read_bytes()[:3] == b"M\6\0"
    repl = connect()
    mip(repl, str(bytecode / "package.json"))
    installed(repl, ".mpy")


def test_release_as_source_is_installed_from_a_web_server(connect, archive):
    folder = archive("py", install.LIBRARY.glob("*.py"))
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        repl = connect()
        mip(repl, f"http://127.0.0.1:{server.server_port}/package.json")
        server.shutdown()
    installed(repl, ".py")
