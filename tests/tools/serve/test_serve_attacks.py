"""What an attacker sends: each is refused with words, and the server goes on."""

import os
import re
import socket
import stat

import httpx
import pytest
from rollouts.serve.clock import Clock
from rollouts.serve.settings import Settings, is_loopback
from rollouts.serve.store import Store, StoreError
from rollouts.testing import local_server
from serve_asks import TOKEN, Operator

# --- who may be asked by a browser


LOOPBACK = ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "[::1]"]
REBOUND = ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "10.0.0.7"]
REBOUND += ["[::1].evil.example", "[fe80::1]", "127.0.0.1@evil.example", "evil.example:80", ""]


@pytest.mark.parametrize("port", ["", ":80", ":8080"])
@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_has_these_names(operator, host, port):
    assert operator.get("/userinfo", headers={"Host": host + port}).status_code == 200


@pytest.mark.parametrize("host", REBOUND)
def test_a_name_that_dns_leads_here_is_refused(operator, host):
    for path in ("/userinfo", "/targets"):
        answer = operator.get(path, headers={"Host": host, "Origin": f"http://{host}"})
        assert answer.status_code == 421 and TOKEN not in answer.text
    page = httpx.get(operator.server.url, headers={"Host": host})
    assert page.status_code == 421 and "--host" in page.text


def test_a_server_for_others_takes_any_name():
    assert not is_loopback("0.0.0.0") and not is_loopback("::") and not is_loopback("hawkbit.lan")
    assert is_loopback("localhost") and is_loopback("::1") and is_loopback("127.0.0.9")


# --- what lies on disk


def test_files_are_for_their_owner_alone(tmp_path):
    path = tmp_path / "hawkbit.db"
    old = os.umask(0o022)
    try:
        with local_server(db=str(path)) as server, Operator(server) as operator:
            operator.release(operator.device().id)
            files = [path, *tmp_path.glob("hawkbit.db-*"), *tmp_path.glob("*.artifacts/*")]
            assert len(files) >= 3
            for file in files:
                assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
            folder = tmp_path / "hawkbit.db.artifacts"
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(old)


def test_files_of_an_older_version_are_closed_to_others(tmp_path):
    path = tmp_path / "hawkbit.db"
    path.touch(0o644)
    (tmp_path / "hawkbit.db.artifacts").mkdir(0o755)
    Store(str(path), Clock(), Settings()).close()
    modes = [stat.S_IMODE(one.stat().st_mode) for one in sorted(tmp_path.iterdir())]
    assert modes == [0o600, 0o700]


@pytest.mark.parametrize("name", ["db", "db-wal", "db-journal", "db.artifacts"])
def test_symbolic_links_are_not_followed(tmp_path, name):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / name).symlink_to(elsewhere)
    with pytest.raises(StoreError, match="symbolic link"):
        Store(str(tmp_path / "db"), Clock(), Settings())
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("name", ["a?b", "a%20b", "a#b", "file:a?mode=memory", "ä ö"])
def test_database_lies_where_the_path_says(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Store(name, Clock(), Settings()).close()
    assert sorted(os.listdir(tmp_path)) == [name, name + ".artifacts"]


# --- connections


@pytest.fixture
def impatient(hawkbit, monkeypatch):
    """The server, which waits half a second for the rest of a request."""
    monkeypatch.setattr(hawkbit.faults.limits, "patience_s", 0.5)
    return hawkbit


def connect(server):
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 10)


def closed_with(sock, data=b""):
    """Send `data`; return what came until the server closed."""
    got = b""
    try:
        sock.sendall(data)
        while piece := sock.recv(4096):
            got += piece
    except ConnectionError:
        pass
    return got


HEAD = b"POST /rest/v1/targets HTTP/1.1\r\nHost: localhost\r\n"
HEAD += b"Authorization: Basic YWRtaW46YWRtaW4=\r\n"
HALVES = {
    "nothing": b"",
    "a method": b"GET",
    "a head": b"GET / HTTP/1.1\r\nHost: localhost\r\n",
    "a body": HEAD + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n[",
    "a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n[",
    "a second request": b"GET /docs HTTP/1.1\r\nHost: localhost\r\n\r\nGET /",
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_is_closed_in_time(impatient, half):
    with connect(impatient) as sock:
        closed_with(sock, half)  # recv() would time out


def test_the_server_answers_beside_many_half_requests(impatient):
    halves = [connect(impatient) for _ in range(200)]
    for sock in halves:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: loc")
    assert httpx.get(impatient.url + "/docs").status_code == 200
    for sock in halves:
        closed_with(sock)
        sock.close()


ENDLESS = {
    "a line": b"GET /" + b"a" * 200_000,
    "a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000,
    "headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 30_000,
    "headers with an end": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 3000 + b"\r\n",
}


@pytest.mark.parametrize("head", ENDLESS.values(), ids=ENDLESS)
def test_a_head_without_end_is_refused(hawkbit, head):
    with connect(hawkbit) as sock:
        got = closed_with(sock, head)
    assert not got or got.startswith(b"HTTP/1.1 400 ")


def test_a_large_head_is_taken(operator):
    assert operator.get("/userinfo", headers={"X": "a" * 7000}).status_code == 200


def test_a_large_body_beside_its_head_is_not_taken_for_a_head(operator):
    body = [{"controllerId": f"dev-{i}", "name": "x" * 100} for i in range(200)]
    assert operator.post("/targets", json=body).status_code == 201


def test_a_body_without_end_is_refused(operator):
    def endless():
        yield b"["
        for _ in range(64):
            yield b" " * 65536

    for kind in ("application/json", "multipart/form-data; boundary=x"):
        answer = operator.post("/targets", content=endless(), headers={"Content-Type": kind})
        assert answer.status_code in (413, 415)
    device = operator.device()
    url = f"{device.base}/configData"
    assert device.put(url, content=endless()).status_code in (413, 415)
    assert operator.read("/userinfo")


def test_many_parts_are_refused(operator):
    part = '--x\r\nContent-Disposition: form-data; name="a{}"\r\n\r\nb\r\n'
    body = "".join(part.format(i) for i in range(1000)) + "--x--\r\n"
    answer = operator.post(
        f"/softwaremodules/{operator.module()}/artifacts",
        content=body,
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code == 400 and "parts" in answer.text


# --- values


LONG = "=in=(" + ",".join("0123456789"[i % 10] for i in range(3000)) + ")"
QUERIES = {
    "parentheses": "(" * 3000 + "name==a" + ")" * 3000,
    "open parentheses": "(" * 3000,
    "in": "name" + LONG,
    "out": "name" + LONG.replace("in", "out"),
    "in of another table": "attribute.a" + LONG,
    "ands": ";".join(["name==a"] * 3000),
    "ors": ",".join(["name==a"] * 3000),
    "values": "name=in=(" + ",".join("a" * 20_000) + ")",
    "nested": "(name==a;" * 200 + "name==a" + ")" * 200,
    "an endless value": "name==" + "*a" * 20_000,
    "quotes": "name=='" + "(" * 3000 + "'",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_query_of_any_size_is_answered(operator, query):
    answer = operator.get("/targets?q=" + query)
    assert answer.status_code in (200, 400), answer.text
    answer = operator.post("/targetfilters", json={"name": "f", "query": query})
    assert answer.status_code in (201, 400), answer.text


def test_three_thousand_values_are_searched_for(operator):
    operator.device("7")
    [found] = operator.read("/targets?q=controllerid" + LONG)["content"]
    assert found["controllerId"] == "7"
    assert operator.read("/targets?q=name" + LONG.replace("in", "out"))["total"] == 0


@pytest.mark.parametrize(
    "authorization",
    ["Basic é", "Basic \xff", "Basic =", "Basic", "TargetToken é", "GatewayToken é"],
)
def test_login_of_any_bytes_is_refused(operator, authorization):
    device = operator.device()
    for url in (operator.server.url + "/rest/v1/userinfo", device.base):
        heads = {"Authorization": authorization.encode("latin1")}
        assert httpx.get(url, headers=heads).status_code == 401


VALUES = ["1e999", "-1e999", "NaN", "1" * 5000, "1e30", '"\\ud800"', '"\\u0000"']
VALUES += ["[[]]", "{}", "true", '""', "-1"]
ASKED = """
    feedback {"status": {"execution": "proceeding", "result": {"finished": "none"}, "code": 0}}
    feedback {"status": {"execution": "proceeding", "result": {"finished": "none"}, "details": 0}}
    feedback {"timestamp": 0, "status": {"execution": "closed", "result": {"finished": "none"}}}
    feedback {"status": {"execution": 0, "result": {"finished": 0}}}
    configData {"mode": "merge", "data": {"a": 0}}
    /system/configs/pollingTime {"value": 0}
    /targets [{"controllerId": "x", "name": 0}]
    /targets [{"controllerId": 0, "name": "x"}]
    /softwaremodules [{"name": 0, "version": "1", "type": "os"}]
    /softwaremodules [{"name": "a", "version": "1", "type": 0}]
    /distributionsets [{"name": "a", "version": 0, "type": "os"}]
    /distributionsets [{"name": "a", "version": "1", "modules": [{"id": 0}]}]
    /distributionsets/1/assignedTargets [{"id": "dev-1", "type": "timeforced", "forcetime": 0}]
    /distributionsets/1/assignedTargets [{"id": "dev-1", "weight": 0}]
    /distributionsets/1/metadata [{"key": "x", "value": 0}]
    /targetfilters {"name": "x", "query": 0}
"""


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:9])
def test_no_value_anywhere_is_a_crash(operator, value):
    device = operator.device()
    paths = {
        "feedback": f"{device.base}/deploymentBase/{operator.release()}/feedback",
        "configData": f"{device.base}/configData",
    }
    for line in ASKED.strip().splitlines():
        name, _, body = line.strip().partition(" ")
        body = re.sub(r"\b0\b", lambda _: value, body)
        client = device if name in paths else operator
        method = "PUT" if name.endswith(("configData", "pollingTime")) else "POST"
        heads = {"Content-Type": "application/json"}
        answer = client.request(method, paths.get(name, name), content=body, headers=heads)
        assert answer.status_code < 500, (line, answer.text)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900])
def test_deep_body_is_refused(operator, body):
    for kind in ("application/json", "application/cbor"):
        data = body if kind.endswith("json") else b"\x81" * 100_000
        answer = operator.post("/targets", content=data, headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "value", ["1e999", "9" * 30, "-1", "é", "\ud800".encode("utf-8", "surrogatepass")]
)
@pytest.mark.parametrize("name", ["offset", "limit", "sort", "q", "representation"])
def test_no_parameter_is_a_crash(operator, name, value):
    for path in ("/targets", "/distributionsets", "/actions"):
        answer = operator.get(path, params={name: value})
        assert answer.status_code < 500, answer.text


NAMES = ["a\nb.bin", "a\rb.bin", "a\0b.bin", "a\x1bb.bin", "a\x7fb.bin", "a\x85b.bin", "a\tb.bin"]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_file_name_that_could_not_be_downloaded_is_refused(operator, name):
    module = operator.module()
    answer = operator.post(
        f"/softwaremodules/{module}/artifacts", files={"file": b"x"}, params={"filename": name}
    )
    assert answer.status_code == 400 and "control characters" in answer.text
    assert operator.read(f"/softwaremodules/{module}/artifacts") == []
