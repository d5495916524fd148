"""The conformance suite itself: its servers, its table, and the tenant it must not spoil."""

import json
import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import appimage
import httpx
import pytest
from conformance import device, servers, tenant
from conformance.lab import Lab, View
from rollouts.api import Hawkbit, RolloutsError
from rollouts.api.configuration import POLLING_TIME
from rollouts.testing import local_server
from rollouts.testing.fixtures import hawkbit, hawkbit_server  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
FLOW = "user.confirmation.flow.enabled"


@pytest.fixture
def on_path(tmp_path, monkeypatch):
    """Return a function that puts a program in the place of another."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def put(name, source):
        (folder / name).write_text(f"#!{sys.executable}\n{source}")
        (folder / name).chmod(0o755)

    return put


# -- a jar


JAVA = f"""
import json, os, sys
sys.path.insert(0, {str(ROOT / "tools")!r})
options = dict(word[2:].split("=", 1) for word in sys.argv if word.startswith("--"))
with open(os.environ["ASKED"], "w") as file:
    json.dump([sys.argv[1:4], options], file)
os.execv(sys.executable, [sys.executable, "-m", "rollouts.serve",
    "--host", options["server.address"], "--port", options["server.port"]])
"""


def test_jar_is_started_waited_for_and_ended(on_path, tmp_path, monkeypatch):
    on_path("java", JAVA)
    monkeypatch.setenv("ASKED", str(tmp_path / "asked"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tools"))
    jar = tmp_path / "hawkbit-update-server-1.0.4.jar"
    jar.write_bytes(b"")
    [(name, start)] = servers.hawkbit({"HAWKBIT_JAR": str(jar)}, print).items()
    assert name == "hawkbit-update-server-1.0.4"
    with start() as server:
        assert server.is_ours
        with server.api() as api:
            assert api.user_info().tenant == "DEFAULT"
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    words, options = json.loads((tmp_path / "asked").read_text())
    assert words == ["-Xmx768m", "-jar", str(jar)]
    assert options["server.address"] == "127.0.0.1"
    assert options["hawkbit.controller.minPollingTime"] == "00:00:01"


def test_jar_that_ends_at_once_is_told_with_its_last_words(on_path, tmp_path):
    on_path("java", "raise SystemExit('Unsupported major.minor version 61.0')")
    jar = tmp_path / "hawkbit.jar"
    jar.write_bytes(b"")
    with pytest.raises(servers.ServerError, match=r"(?s)status 1.*Unsupported major"):
        servers.from_jar(jar).__enter__()


TOO_OLD = (
    "Error: LinkageError occurred while loading main class Start\\n\\tjava.lang."
    "UnsupportedClassVersionError: Start has been compiled by a more recent version of the Java "
    "Runtime (class file version 65.0), this version of the Java Runtime only recognizes class "
    "file versions up to 61.0"
)


def test_jar_for_a_newer_java_is_told_in_one_sentence(on_path, tmp_path):
    on_path("java", f"raise SystemExit('{TOO_OLD}')")
    jar = tmp_path / "hawkbit.jar"
    jar.write_bytes(b"")
    with pytest.raises(servers.ServerError) as raised:
        servers.from_jar(jar).__enter__()
    assert str(raised.value).startswith("this hawkBit needs Java 21, the `java` on the PATH is 17")
    assert "\n" not in str(raised.value)


def test_jar_that_is_not_there_is_named(tmp_path):
    with pytest.raises(servers.ServerError, match="there is no file .*missing.jar"):
        servers.from_jar(tmp_path / "missing.jar").__enter__()


# -- Maven


def test_jar_of_maven_is_asked_for_once(on_path, tmp_path):
    on_path(
        "mvn",
        "import sys, pathlib\n"
        "options = dict(word[2:].split('=') for word in sys.argv if word.startswith('-D'))\n"
        "folder = pathlib.Path(options['outputDirectory'])\n"
        "_, name, version = options['artifact'].split(':')\n"
        "folder.mkdir()\n"  # fails when asked again
        "(folder / f'{name}-{version}.jar').touch()\n",
    )
    jar = servers.from_maven(tmp_path / "hawkbit")
    assert jar.name == "hawkbit-update-server-1.0.4.jar"
    assert servers.from_maven(tmp_path / "hawkbit") == jar


def test_without_a_hawkbit_the_reason_is_said(on_path, monkeypatch, tmp_path):
    on_path("mvn", "print('\\x1b[0m[ERROR] project standalone-pom: not found'); exit(1)")
    monkeypatch.setattr(servers, "ROOT", tmp_path)
    said = []
    assert servers.hawkbit({}, said.append) == {}
    assert "hawkbit-update-server:1.0.4: not found" in said[0]
    assert "rollouts serve alone" in said[0]


# -- a server of the user's


def test_server_that_does_not_answer_is_told_with_what_to_set():
    environ = {"HAWKBIT_URL": "http://127.0.0.1:9"}
    with pytest.raises(servers.ServerError, match=r"(?s)cannot reach.*HAWKBIT_URL"):
        servers.at_url(environ).__enter__()


def test_https_without_a_root_is_refused():
    with pytest.raises(servers.ServerError, match="HAWKBIT_CA"):
        servers.at_url({"HAWKBIT_URL": "https://hawkbit.example"}).__enter__()


@pytest.fixture
def api(hawkbit):  # noqa: F811
    with Hawkbit(hawkbit.url, hawkbit.user, hawkbit.password) as api:
        yield api


def test_tenant_of_others_is_not_changed_unless_allowed(api, tmp_path):
    guarded = tenant.Tenant(api, is_ours=False, is_allowed=False, saved=tmp_path / "saved")
    guarded.require(FLOW, False)  # it is so
    with pytest.raises(tenant.NotAllowed, match="ALLOW_CONFIG=1"):
        guarded.require(FLOW, True)
    assert api.configuration.get(FLOW).value is False


def test_old_values_are_on_disk_before_the_first_change(api, tmp_path):
    api.configuration.set(POLLING_TIME, "00:07:00")
    saved = tmp_path / "saved"
    changes = []

    def set_value(key, value):
        changes.append((key, json.loads(saved.read_text())["values"]))
        original(key, value)

    original, api.configuration.set = api.configuration.set, set_value
    allowed = tenant.Tenant(api, is_ours=False, is_allowed=True, saved=saved)
    allowed.require(FLOW, True)
    allowed.require(POLLING_TIME, "00:00:05")
    assert changes == [
        (FLOW, {FLOW: {"value": False, "global": True}}),
        (POLLING_TIME, {**changes[0][1], POLLING_TIME: {"value": "00:07:00", "global": False}}),
    ]
    allowed.restore()
    assert api.configuration.get(FLOW).global_
    assert api.configuration.get(POLLING_TIME).value == "00:07:00"
    assert not saved.exists()


def test_killed_run_is_put_back_by_conformance_restore(api, hawkbit, tmp_path, capsys):  # noqa: F811
    saved = tmp_path / "saved"
    tenant.Tenant(api, is_ours=False, is_allowed=True, saved=saved).require(FLOW, True)
    # Killed here. The next run must not take the changed value for the old one.
    with pytest.raises(RolloutsError, match="make conformance-restore"):
        tenant.Tenant(api, is_ours=False, is_allowed=True, saved=saved)
    login = {"ROLLOUTS_USER": hawkbit.user, "ROLLOUTS_PASSWORD": "wrong"}
    assert tenant.main(saved, login) == 1
    assert saved.exists()
    assert tenant.main(saved, {**login, "ROLLOUTS_PASSWORD": hawkbit.password}) == 0
    assert api.configuration.get(FLOW).value is False
    assert not saved.exists()
    assert tenant.main(saved, login) == 0
    assert "nothing to put back" in capsys.readouterr().out


# -- a whole run


def test_board_of_the_scenarios_runs_on_cpython_too(tmp_path):
    with servers.serve() as server, closing(Lab(server, tmp_path, sys.executable)) as lab:
        device = lab.registered_device()
        action = lab.assign(lab.release())
        device.settle()
        assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def run(server, *options, **environ):
    environ = {
        **os.environ,
        "HAWKBIT_URL": server.url,
        "ROLLOUTS_USER": server.user,
        "ROLLOUTS_PASSWORD": server.password,
        "COLUMNS": "200",
        **environ,
    }
    command = [sys.executable, "-m", "pytest", "tests/conformance", "--conformance", "-q"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    table = re.findall(r"^│ (.*?) *│ (.*?) *│ (.*?) *│$", done.stdout, re.M)
    return done, {scenario: (ours, theirs) for scenario, ours, theirs in table if scenario}


@pytest.fixture
def server_of_others():
    with local_server(user="operator", password="not admin") as server:
        yield server


def test_run_on_a_server_of_others_changes_nothing_and_cleans_up(server_of_others):
    done, table = run(server_of_others, "-k", "confirmed_update or forced_update_runs")
    assert done.returncode == 0, done.stdout
    assert table["forced update runs and is reported"] == ("passed", "passed")
    ours, theirs = table["confirmed update is installed"]
    assert ours == "passed" and theirs.startswith("skipped: user.confirmation")
    assert "ALLOW_CONFIG=1" in done.stdout
    with Hawkbit(server_of_others.url, "operator", "not admin") as api:
        left = api.targets.find(), api.sets.find(), api.modules.find()
    assert left == ([], [], [])


def test_allowed_run_puts_the_configuration_back(server_of_others):
    done, table = run(server_of_others, "-k", "confirmed_update", ALLOW_CONFIG="1")
    assert table["confirmed update is installed"] == ("passed", "passed"), done.stdout
    assert not tenant.SAVED.exists()
    with Hawkbit(server_of_others.url, "operator", "not admin") as api:
        assert api.configuration.get(FLOW).global_


def test_failed_scenario_fails_the_run(server_of_others):
    done, table = run(server_of_others, "-k", "forced_update_runs", ROLLOUTS_PASSWORD="wrong")
    assert done.returncode == 1
    assert table["forced update runs and is reported"] == ("passed", "failed")


def test_board_that_hangs_is_said_and_its_process_ended(tmp_path, monkeypatch):
    board = tmp_path / "board"
    board.mkdir()
    (board / "boot.py").write_text("")
    (board / "main.py").write_text("print('hangs')\nwhile True:\n    pass\n")
    monkeypatch.setattr(device, "BOARD", board)
    monkeypatch.setattr(device, "SILENCE_S", 1)
    monkeypatch.setattr(device, "_LAST_WORDS_S", 0.1)
    hanging = device.Device(tmp_path, appimage.make(size=4096), {})
    with pytest.raises(device.DeviceError, match="nothing from the board"):
        hanging.power_on()
    hanging.end()
    assert hanging.log[-1] == "the simulated board ran longer than it was given"
