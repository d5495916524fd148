"""docs/tls.md: its commands make what its code on the board connects with."""

import os
import re
import ssl
import subprocess
from pathlib import Path

import interpreters
import pytest
import scripted_server
from tls_proxy import TLSProxy

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/tls.md").read_text()
CONNECT = """
import time
from hawkbit.http import Session
response = Session(net, time, tls=tls).request("GET", "https://localhost:%d/", {})
print(response.status)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the commands of the page have run."""
    folder = tmp_path_factory.mktemp("tls")
    [commands] = re.findall(r"```sh\n(.*?)```", TEXT, re.S)
    subprocess.run(["bash", "-euc", commands], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def port(folder):
    """A server that wants a client certificate, before one that says 200."""
    port = scripted_server._ScriptedPort(
        [[["request"], ["send", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"]]], None
    )
    (folder / "both.pem").write_text(
        (folder / "server-key.pem").read_text() + (folder / "server.pem").read_text()
    )
    proxy = TLSProxy(port.number, folder / "both.pem")
    proxy._context.verify_mode = ssl.CERT_REQUIRED
    proxy._context.load_verify_locations(folder / "ca.pem")
    yield proxy.port
    proxy.close()
    port.close()


@pytest.mark.skipif(
    interpreters.reason_absent("unix") is not None, reason="no MicroPython unix port"
)
@pytest.mark.parametrize("form", ["der", "pem"])
def test_board_connects_with_what_the_commands_made(folder, port, form):
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    code = code.replace('"/', f'"{folder}/').replace(".der", f".{form}") + CONNECT % port
    env = {**os.environ, "MICROPYPATH": str(ROOT / "lib")}
    command = [interpreters.unix_port(), "-c", code]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.stdout == "200\n", done.stdout + done.stderr


def test_every_message_of_the_table_exists():
    lines = re.findall(r"^\| [^|]+ \| [^`|]*`([^`]+)`", TEXT, re.M)
    source = "".join(
        (ROOT / f"lib/hawkbit/{name}.py").read_text() for name in ("tls_errors", "pem")
    )
    source = re.sub(r'"\s+"', "", source)
    assert len(lines) >= 12
    for line in lines:
        start = line.replace("hawkbit.example", "%(host)s").split(" (this")[0]
        start = start.replace("key is", "%s is").replace("ca: its", "%s: its")
        for piece in re.split(r"%\(host\)s|2000-01-01|elsewhere.example|R10|\.\.\.", start):
            words = piece.strip(" ,:").replace("\\n", "\\\\n")
            assert words in source or words in source.replace("\\\\", "\\"), words
