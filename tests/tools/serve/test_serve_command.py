"""The command: what it prints, how it ends, and what it refuses."""

import contextlib
import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from rollouts.testing import local_server
from typer.testing import CliRunner

COMMAND = [sys.executable, "-m", "rollouts.serve"]


@pytest.fixture
def runner():
    import typer
    from rollouts.serve.command import serve

    app = typer.Typer()
    app.command()(serve)
    return lambda *arguments, **env: CliRunner().invoke(app, arguments, env=env)


def test_ready_line_logs_in_and_sigterm_ends_it_cleanly():
    env = {**os.environ, "ROLLOUTS_PASSWORD": "secret word", "ROLLOUTS_GATEWAY_TOKEN": "gw"}
    server = subprocess.Popen(
        [*COMMAND, "--port", "0"], env=env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        ready = json.loads(server.stdout.readline())
        assert ready["password"] is None  # whoever set it knows it
        login = (ready["user"], "secret word")
        answer = httpx.get(ready["url"] + "/rest/v1/userinfo", auth=login)
        assert answer.json()["tenant"] == ready["tenant"]
        url = f"{ready['url']}/{ready['tenant']}/controller/v1/new"
        token = {"Authorization": f"GatewayToken {ready['gatewayToken']}"}
        assert httpx.get(url, headers=token).status_code == 200
        assert httpx.get(url, headers={"Authorization": "GatewayToken no"}).status_code == 401
    finally:
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=300)
    assert server.returncode == 0
    assert (out, err) == ("", "")


AS_ON_WINDOWS = """
import asyncio, runpy
def add_signal_handler(*_):
    raise NotImplementedError
asyncio.SelectorEventLoop.add_signal_handler = add_signal_handler
runpy.run_module("rollouts.serve", run_name="__main__", alter_sys=True)
"""


def test_ctrl_c_ends_it_cleanly_where_loops_know_no_signals():
    command = [sys.executable, "-c", AS_ON_WINDOWS, "--port", "0"]
    server = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        ready = json.loads(server.stdout.readline())
        assert httpx.get(ready["url"] + "/rest/v1/userinfo").status_code == 401
    finally:
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=300)
    assert (server.returncode, out, err) == (0, "", "")


def test_fault_strikes_devices_and_says_so():
    options = ["--port", "0", "--fault", "status=503@poll#2", "--fault", "gone@poll#3"]
    server = subprocess.Popen(
        [*COMMAND, *options], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        ready = json.loads(server.stdout.readline())
        url = f"{ready['url']}/{ready['tenant']}/controller/v1/new"
        token = {"Authorization": f"GatewayToken {ready['gatewayToken']}"}
        seen = [httpx.get(url, headers=token).status_code for _ in range(4)]
    finally:
        server.send_signal(signal.SIGTERM)
        _, err = server.communicate(timeout=300)
    assert seen == [200, 503, 410, 200]
    assert "status=503@poll#2 strikes GET /DEFAULT/controller/v1/new" in err


def test_address_that_is_taken_is_named(runner):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = runner("--port", str(port))
    assert result.exit_code == 2
    assert f"port {port}" in result.output and "--port 0" in result.output


REFUSED = {
    "--port=70000": "65535",
    "--dialect=1999": "1999",
    "--polling-time=soon": "--polling-time",
    "--db=/nowhere/at/all.db": "--db",
    "--fault=flood": "wrong-hash",
    "--host=0.0.0.0": "ROLLOUTS_PASSWORD",
}


@pytest.mark.parametrize("option", REFUSED)
def test_bad_option_is_refused_with_what_to_do(runner, option):
    result = runner(option)
    assert result.exit_code == 2
    assert REFUSED[option] in result.output


def test_terminal_is_told_the_page_and_the_requests_and_programs_one_line():
    said = on_terminal()
    assert len(said["out"].splitlines()) == 1 and json.loads(said["out"])
    url = json.loads(said["out"])["url"]
    assert f"{url}/\r\n" in said["err"] and f"{url}/docs" in said["err"]
    assert '"GET /rest/v1/userinfo HTTP/1.1" 401' in said["err"]
    assert on_terminal("--quiet")["err"] == ""


def on_terminal(*options):
    """Start it with stderr on a terminal, ask once, end it; return what it said."""
    parent, child = pty.openpty()
    command = [*COMMAND, "--port", "0", *options]
    server = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=child)
    os.close(child)
    try:
        out = server.stdout.readline()
        httpx.get(json.loads(out)["url"] + "/rest/v1/userinfo")
    finally:
        server.send_signal(signal.SIGTERM)
        out += server.communicate(timeout=300)[0]
    err = b""
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while block := os.read(parent, 4096):
            err += block
    os.close(parent)
    return {"out": out, "err": err.decode()}


@pytest.mark.parametrize(
    "program", [COMMAND, [Path(sys.executable).with_name("rollouts"), "serve"]]
)
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_is_asked_for_by_both_names(program, option):
    said = subprocess.run([*program, option], capture_output=True, text=True, check=True).stdout
    assert "Usage: rollouts serve" in said and "--quiet" in said


def test_gateway_token_is_kept_in_the_database(tmp_path):
    def token_of(db, **settings):
        with local_server(db=str(tmp_path / db), **settings) as server:
            url = f"{server.url}/{server.tenant}/controller/v1/dev-1"
            login = {"Authorization": f"GatewayToken {server.gateway_token}"}
            assert httpx.get(url, headers=login).status_code == 200
            return server.gateway_token

    first = token_of("a.db")
    assert token_of("a.db", gateway_token="of the variable") == "of the variable"
    assert token_of("a.db") == first
    assert token_of("b.db") != first
