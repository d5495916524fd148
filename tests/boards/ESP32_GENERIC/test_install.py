"""`make install` with the real mpremote and mpy-cross, against a MicroPython REPL."""

import shutil
import subprocess
from pathlib import Path

import certificates
import install
import interpreters
import pytest

ROOT = Path(__file__).parents[3]
MODULES = sorted(f.stem for f in (ROOT / "lib" / "hawkbit").glob("*.py"))


@pytest.fixture
def config(tmp_path, monkeypatch):
    """Return where config.py is looked for; nothing is there yet."""
    monkeypatch.setattr(install, "CONFIG", tmp_path / "config.py")
    return install.CONFIG


@pytest.fixture
def filled_in(config):
    """Return a config.py that is complete."""
    text = (install.BOARD / "config.example.py").read_text()
    for old in "my network", "its password", "hawkbit.example.com", "the security token of the":
        text = text.replace(old, "filled in")
    config.write_text(text)
    certificates.make(config.parent)
    return config


def run(repl) -> int:
    return install.main(["--port", repl.url])


def test_empty_board_gets_library_boot_main_and_config(connect, filled_in, capfd):
    repl = connect()
    assert run(repl) == 0, capfd.readouterr().err
    on_board = {str(f.relative_to(repl.files)) for f in repl.files.rglob("*") if f.is_file()}
    library = {f"lib/hawkbit/{name}.mpy" for name in MODULES}
    assert on_board == {"boot.py", "main.py", "config.py", "ca.pem", "ca.der"} | library
    for name in "boot.py", "main.py":
        assert (repl.files / name).read_bytes() == (install.BOARD / name).read_bytes()
    assert (repl.files / "config.py").read_bytes() == filled_in.read_bytes()


def test_installed_library_is_imported_by_micropython(connect, filled_in):
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


def test_second_install_writes_nothing_and_keeps_the_boards_config(connect, filled_in, capfd):
    repl = connect()
    assert run(repl) == 0
    (repl.files / "config.py").write_bytes(b"URL = 'mine'\n")
    times = {f: f.stat().st_mtime_ns for f in repl.files.rglob("*") if f.is_file()}
    capfd.readouterr()
    assert run(repl) == 0
    said = capfd.readouterr().out
    assert said.count("Up to date:") == len(times) - len(["config.py"])
    assert "config.py: the board's own is kept" in said
    assert times == {f: f.stat().st_mtime_ns for f in repl.files.rglob("*") if f.is_file()}


def test_sources_that_would_shadow_the_library_go(connect, filled_in):
    repl = connect()
    library = repl.files / "lib" / "hawkbit"
    library.mkdir(parents=True)
    (library / "updater.py").write_text("raise RuntimeError('an old version')")
    assert run(repl) == 0
    assert sorted(f.name for f in library.iterdir()) == [f"{name}.mpy" for name in MODULES]


def test_without_any_config_says_what_to_copy_and_writes_nothing(connect, config, capfd):
    repl = connect()
    assert run(repl) == 1
    assert "cp boards/config.example.py config.py" in capfd.readouterr().err
    assert not [f for f in repl.files.rglob("*") if f.is_file()]


def test_config_that_lacks_a_setting_is_named(connect, config, capfd):
    config.write_text("URL = 'http://192.168.1.5:8080'\n")
    assert run(connect()) == 1
    assert "lacks ATTRIBUTES, CA_FILE, CONTROLLER_ID" in capfd.readouterr().err


def test_config_with_a_syntax_error_is_named(connect, config, capfd):
    config.write_text("URL = 'open\n")
    assert run(connect()) == 1
    assert "config.py, line 1: unterminated string" in capfd.readouterr().err


def test_config_as_the_example_has_it_is_refused(connect, config, capfd):
    shutil.copy(install.BOARD / "config.example.py", config)
    repl = connect()
    assert run(repl) == 1
    error = capfd.readouterr().err
    assert "fill in config.py: WIFI_SSID, WIFI_PASSWORD, URL, TARGET_TOKEN as in" in error
    assert not [f for f in repl.files.rglob("*") if f.is_file()]


NO_CERTIFICATES = {
    "empty": b"",
    "words": b"certificate",
    "page": b"<html>please log in</html>",
    "cut off": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "key": b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    "DER cut off": b"\x30\x82\x01\x00\x30",
}


@pytest.mark.parametrize("data", NO_CERTIFICATES.values(), ids=NO_CERTIFICATES)
def test_certificate_that_is_none_is_refused(filled_in, data):
    filled_in.with_name("ca.pem").write_bytes(data)
    with pytest.raises(install.InstallError, match=r"ca\.pem is no certificate \(PEM or DER\)"):
        install.files_for([])


def test_certificate_goes_to_the_board_in_both_forms_and_no_key_does(filled_in):
    filled_in.with_name("ca.key").write_text("the secret of the CA")
    names = [file.name for file in install.files_for(["config.py"])]
    assert names == ["boot.py", "main.py", "ca.pem", "ca.der"]


def test_https_without_a_certificate_is_refused(connect, filled_in, capfd):
    for name in "ca.pem", "ca.der":
        filled_in.with_name(name).unlink()
    assert run(connect()) == 1
    assert "URL is https, and there is no ca.pem" in capfd.readouterr().err


@pytest.mark.parametrize("line", ["URL = NAME", "a, b = 1, 2", "config.URL = ''"])
def test_config_that_computes_is_refused(config, line):
    config.write_text(line)
    with pytest.raises(install.InstallError, match="only lines NAME = value are read"):
        install.check_config(set())


def test_board_without_slots_is_sent_to_make_flash(connect, capfd):
    assert run(connect(slots=0)) == 1
    assert "no OTA slots; first: make flash" in capfd.readouterr().err


def test_other_micropython_is_no_esp32(connect, capfd):
    assert run(connect(slots=None)) == 1
    assert "runs MicroPython, but is no ESP32" in capfd.readouterr().err


def test_too_old_micropython_is_refused(monkeypatch, capfd):
    answer = '{"version": [1, 22], "slots": 2, "files": [], "library": []}\n'
    monkeypatch.setattr(install, "mpremote", lambda port, *arguments: answer)
    assert install.main(["--port", "x"]) == 1
    assert "MicroPython 1.22 is too old" in capfd.readouterr().err


def test_absent_port_is_a_clear_error(capfd):
    assert install.main(["--port", "/dev/not-there"]) == 1
    assert "failed to access /dev/not-there" in capfd.readouterr().err


def test_make_without_port_says_how(capfd):
    assert install.main(["--port", ""]) == 2
    assert "make install PORT=" in capfd.readouterr().err
