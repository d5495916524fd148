"""The adapter over the real `requests` that is bundled in MicroPython's firmware."""

from hawkbit.errors import ProtocolError
from hawkbit.requests_session import RequestsSession
from runner import Skip, raises
from scripted import CLOSE, REQUEST, Server, send

try:
    import requests
except ImportError:
    requests = None

NEEDS = ("SCRIPTED_SERVER",)


def session(**options):
    if not hasattr(requests, "request") or hasattr(requests, "Session"):
        raise Skip("no micropython-lib `requests` here")
    return RequestsSession(requests, **options)


def read(response, size=100):
    buf = bytearray(size)
    n = response.readinto(buf)
    return bytes(buf[:n])


def answer(body, *heads, status="200 OK"):
    length = "Content-Length: %d" % len(body)
    return send("\r\n".join(("HTTP/1.1 " + status, length) + heads) + "\r\n\r\n" + body)


def get(*script, **options):
    """Return the response to a GET that is answered by `script`, then the connection ends."""
    s = session(**options)
    server = Server([REQUEST] + list(script) + [CLOSE])
    try:
        return s.request("GET", server.url + "/a?b=c", {"If-None-Match": '"1"'})
    finally:
        server.close()


def test_request_arrives_with_its_heads_and_body():
    s = session()
    server = Server([REQUEST, answer("ok")])
    response = s.request("POST", server.url + "/a?b=c", {"X": "y"}, b'{"a": 1}')
    assert read(response) == b"ok"
    response.close()
    head, _, body = server.received()[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0].startswith(b"POST /a?b=c HTTP/1.")
    assert b"X: y" in lines and b"Host: localhost:%d" % server.port in lines
    assert b"Content-Length: 8" in lines and body == b'{"a": 1}'
    server.close()


def test_answer_has_status_heads_and_body():
    response = get(answer("0123456789", 'ETAG: "1"', "X: \xff"))
    assert response.status == 200 and response.header("etag") == '"1"'
    assert response.header("location") is None
    assert [read(response, 6), read(response), read(response)] == [b"012345", b"6789", b""]


def test_body_without_a_length_ends_with_the_connection():
    response = get(send("HTTP/1.0 200 OK\r\n\r\nbody"))
    assert read(response) == b"body" and read(response) == b""


def test_no_body_where_there_is_none():
    assert read(get(answer("", status="204"))) == b""
    for status in ("204 ", "304 "):
        assert read(get(answer("body", status=status))) == b""


def test_end_in_the_body_is_oserror():
    response = get(send("HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\nx"))
    raises(OSError, read, response)


def test_garbage_is_protocol_error():
    for text in (
        "garbage",
        "",
        "HTTP/1.1 x OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ):
        raises(ProtocolError, get, send(text))


def test_redirect_is_answered_and_not_followed():
    s = session()
    elsewhere = Server([REQUEST, answer("")])
    location = "Location: %s/cdn" % elsewhere.url
    for method, status in (("GET", "302 Found"), ("GET", "307 "), ("POST", "303 ")):
        server = Server([REQUEST, answer("", location, status=status), CLOSE])
        response = s.request(method, server.url + "/", {"Authorization": "secret"})
        assert response.status == 302
        assert response.header("location") == elsewhere.url + "/cdn"
        assert read(response) == b""
        response.close()
        server.close()
    assert elsewhere.received() == []
    elsewhere.close()


def test_each_request_is_a_connection():
    s = session()
    server = Server([REQUEST, answer("1"), CLOSE], [REQUEST, answer("2"), CLOSE])
    for expected in (b"1", b"2"):
        response = s.request("GET", server.url + "/", {})
        assert read(response) == expected
        response.close()
    assert s.connections == 2
    s.close()
    server.close()


def test_silence_ends_after_the_timeout():
    s = session(timeout_s=1)
    server = Server([REQUEST], [REQUEST, send("HTTP/1.1 200 \r\nContent-Length: 9\r\n\r\n")])
    raises(OSError, s.request, "GET", server.url + "/", {})
    response = s.request("GET", server.url + "/", {})
    raises(OSError, read, response)
    server.close()


def test_https_is_refused_unless_insecure():
    server = Server([REQUEST, answer("ok")], tls="good")
    raises(ProtocolError, session().request, "GET", server.url + "/", {})
    assert server.received() == []
    assert read(session(insecure=True).request("GET", server.url + "/", {})) == b"ok"
    server.close()


def test_line_end_in_a_head_and_wrong_url_are_refused():
    s = session()
    for end in ("\r\n", "\r", "\n"):
        raises(ProtocolError, s.request, "GET", "http://server/", {"X": "a%sb" % end})
        raises(ProtocolError, s.request, "GET", "http://server/", {"X%sY" % end: "a"})
    raises(ProtocolError, s.request, "GET", "http://server/\r\nX: y", {})
    assert s.connections == 0


class Answering:
    """A `requests` that answers everything alike; it is its own answer and its stream."""

    status_code = 200
    closed = 0

    def request(self, method, url, data, headers, timeout, parse_headers):
        parse_headers(b"Content-Length: 5\r\n", {})
        self.raw = self
        return self

    def close(self):
        self.closed += 1


def test_closed_response_closes_its_connection():
    module = Answering()
    response = RequestsSession(module).request("GET", "http://server/", {})
    assert module.closed == 0
    response.close()
    assert module.closed == 1
