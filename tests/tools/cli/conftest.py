"""The command line against a local server: `cli("publish", file)`, and a device to answer."""

import json

import appimage
import commands
import httpx
import pytest
from rollouts.api import Hawkbit
from rollouts.serve.dialect import HAWKBIT_1_0_4, YEAR_2023
from rollouts.testing import local_server
from serve_asks import NO_TLS

PASSWORD = "correct horse"


@pytest.fixture(scope="session")
def servers():
    options = {"password": PASSWORD}
    with (
        local_server(dialect=HAWKBIT_1_0_4, **options) as new,
        local_server(dialect=YEAR_2023, **options) as old,
    ):
        yield {HAWKBIT_1_0_4: new, YEAR_2023: old}


@pytest.fixture(params=[HAWKBIT_1_0_4, YEAR_2023])
def any_server(servers, request):
    """For tests that hold on servers of both dialects."""
    servers[request.param].reset()
    return servers[request.param]


@pytest.fixture
def server(servers):
    servers[HAWKBIT_1_0_4].reset()
    return servers[HAWKBIT_1_0_4]


@pytest.fixture
def hawkbit(server):
    with Hawkbit(server.url, server.user, server.password) as client:
        yield client


class Result:
    def __init__(self, result):
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return [line.split("\t") for line in self.out.splitlines()]


class Cli:
    """Runs commands in this process, in `folder`, with the server in the environment."""

    def __init__(self, server, folder):
        self.environ = {
            "ROLLOUTS_URL": server.url,
            "ROLLOUTS_USER": server.user,
            "ROLLOUTS_PASSWORD": server.password,
            "ROLLOUTS_TENANT": server.tenant,
            "XDG_CONFIG_HOME": str(folder),
        }

    def __call__(self, *arguments, stdin=None):
        result = commands.invoke(arguments, input=stdin, env=self.environ)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result)

    def ok(self, *arguments, **options):
        result = self(*arguments, **options)
        assert result.code == 0, result.err
        return result


@pytest.fixture
def cli(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Cli(server, tmp_path)


@pytest.fixture
def any_cli(any_server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Cli(any_server, tmp_path)


@pytest.fixture
def image(tmp_path):
    file = tmp_path / "fw.app-bin"
    file.write_bytes(appimage.make("fw", "2.0.0"))
    return file


class Device:
    """The least a device says."""

    def __init__(self, server, controller_id):
        self._base = f"{server.url}/{server.tenant}/controller/v1/{controller_id}"
        token = f"GatewayToken {server.gateway_token}"
        self._http = httpx.Client(headers={"Authorization": token}, verify=NO_TLS)

    def poll(self):
        return self._http.get(self._base).raise_for_status().json()

    def get(self, link):
        return self._http.get(link).raise_for_status().json()

    def report(self, action, execution, finished="none", *details):
        result = {"execution": execution, "result": {"finished": finished}}
        answer = self._http.post(
            f"{self._base}/deploymentBase/{action}/feedback",
            json={"status": {**result, "details": list(details)}},
        )
        answer.raise_for_status()


@pytest.fixture
def devices(request):
    """`devices("dev-1")`: a registered device of the server in use."""
    name = "any_server" if "any_server" in request.fixturenames else "server"
    server = request.getfixturevalue(name)

    def make(controller_id):
        device = Device(server, controller_id)
        device.poll()
        return device

    return make
