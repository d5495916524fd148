"""What happens to a connection: who closes it and when."""

import socket
import time

import pytest
from serve_asks import Operator


@pytest.fixture
def device_head(hawkbit):
    """The head of a poll up to its last line, for HTTP version `%s`."""
    with Operator(hawkbit) as operator:
        device = operator.device()
    path = device.base.removeprefix(hawkbit.url)
    host = hawkbit.url.removeprefix("http://")
    authorization = device.headers["authorization"]
    return f"GET {path} HTTP/%s\r\nHost: {host}\r\nAuthorization: {authorization}\r\n"


def connect(hawkbit) -> socket.socket:
    host, port = hawkbit.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 5)


def answer(sock: socket.socket) -> tuple[str, dict, bytes]:
    """One answer: status line, heads in lower case, body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(4096)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = head.decode().split("\r\n")
    heads = dict(h.lower().split(": ", 1) for h in rest)
    while len(body) < int(heads.get("content-length", 0)):
        body += sock.recv(4096)
    return line, heads, body


def test_every_100th_answer_is_the_last(hawkbit, device_head):
    with connect(hawkbit) as sock:
        for i in range(1, 101):
            sock.sendall((device_head % "1.1" + "\r\n").encode())
            _, heads, _ = answer(sock)
            assert heads.get("connection") == ("close" if i == 100 else None), i
        assert sock.recv(1) == b""


def test_client_that_goes_away_in_its_body_is_no_error(hawkbit, device_head, caplog):
    head = device_head.replace("GET", "PUT").replace(" HTTP", "/configData HTTP") % "1.1"
    with connect(hawkbit) as sock:
        sock.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
    for _ in range(9):  # it has seen the end of the first one by then
        with connect(hawkbit) as sock:
            sock.sendall((device_head % "1.1" + "\r\n").encode())
            assert " 200 " in answer(sock)[0]
    assert caplog.messages == []


def test_400_closes_the_connection(hawkbit, device_head):
    with connect(hawkbit) as sock:
        head = device_head.replace(" HTTP", "/deploymentBase/x HTTP") % "1.1"
        sock.sendall((head + "\r\n").encode())
        line, heads, _ = answer(sock)
        assert (line.split()[1], heads["connection"]) == ("400", "close")
        assert sock.recv(1) == b""


def test_http_1_0_may_keep_its_connection(hawkbit, device_head):
    with connect(hawkbit) as sock:
        sock.sendall((device_head % "1.0" + "Connection: keep-alive\r\n\r\n").encode())
        assert answer(sock)[1]["connection"] == "keep-alive"
        sock.sendall((device_head % "1.0" + "\r\n").encode())
        assert answer(sock)[1]["connection"] == "close"
        assert sock.recv(1) == b""


def test_pipelined_requests_get_answers_in_order(hawkbit, device_head):
    with connect(hawkbit) as sock:
        sock.sendall((device_head % "1.1" + "\r\n").encode() * 2)
        data = b""
        while data.count(b'{"config"') < 2:
            data += sock.recv(4096)
    assert data.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize("text", ["hello\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"])
def test_no_http_or_no_host_is_400_and_closed(hawkbit, text):
    with connect(hawkbit) as sock:
        sock.sendall(text.encode())
        line, heads, _ = answer(sock)
        assert (line.split()[1], heads["connection"]) == ("400", "close")
        assert sock.recv(1) == b""


def test_reader_that_takes_nothing_is_dropped(hawkbit, monkeypatch):
    monkeypatch.setattr(hawkbit.faults.limits, "stalled_reader_s", 0.2)
    with Operator(hawkbit) as operator:
        device = operator.device()
        size = 32 << 20
        module_id = operator.module(fw_bin=bytes(size))
        action_id = operator.assign("dev-1", operator.set_of(module_id))
        path = device.artifact_url(action_id).removeprefix(hawkbit.url)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(10)
    with sock:
        sock.connect(connect(hawkbit).getpeername())
        authorization = device.headers["authorization"]
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n"
        sock.sendall(head.encode())
        received = len(sock.recv(4096))
        time.sleep(1)
        while data := sock.recv(1 << 16):
            received += len(data)
    assert received < size
