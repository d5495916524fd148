"""The fakes keep what the seams promise, also where that is unkind."""

from fakes import (
    CountingSink,
    FakeClock,
    FakeSession,
    FakeSink,
    MemoryStore,
    Pattern,
    Request,
    artifact_answer,
)
from runner import raises

URL = "http://server:8080/a%20b?c=1"


def test_clock_goes_over_the_wrap():
    clock = FakeClock()
    before = clock.ticks_ms()
    clock.sleep_ms(3000)
    assert clock.ticks_ms() < before
    assert clock.ticks_diff(clock.ticks_ms(), before) == 3000
    assert clock.sleeps_ms == [3000]


def test_session_answers_in_order_and_keeps_the_requests():
    session = FakeSession([(200, {"ETag": "x"}, b'{"a": 1}'), (404, {}, b"")])
    response = session.request("PUT", URL, {"If-Match": "y"}, b"[1]")
    buf = bytearray(100)
    assert response.readinto(buf) == 8
    assert response.readinto(buf) == 0
    assert response.header("etag") == "x" and response.header("location") is None
    assert session.request("GET", URL, {}, None).status == 404
    put = session.requests[0]
    assert (put.method, put.path, put.json()) == ("PUT", "/a%20b?c=1", [1])
    assert put.headers == {"if-match": "y"}
    assert "no answer left" in str(raises(AssertionError, session.request, "GET", URL, {}, None))


def test_response_closed_unread_costs_a_connection():
    session = FakeSession(lambda request: (200, {}, b"body"))
    session.request("GET", URL, {}, None).close()
    response = session.request("GET", URL, {}, None)
    assert session.connections == 2
    response.readinto(bytearray(4))
    response.close()
    session.request("GET", URL, {}, None)
    assert session.connections == 2


def test_scripted_exception_is_raised_and_closes():
    session = FakeSession([OSError(110), (200, {}, b"")])
    raises(OSError, session.request, "GET", URL, {}, None)
    session.request("GET", URL, {}, None)
    assert session.connections == 2


def test_body_shorter_than_its_length_is_oserror():
    session = FakeSession([(200, {"Content-Length": "10"}, b"half")])
    response = session.request("GET", URL, {}, None)
    assert response.readinto(bytearray(2)) == 2
    raises(OSError, response.readinto, bytearray(100))


def test_body_without_end_is_as_long_as_its_length():
    session = FakeSession([(200, {"Content-Length": "6"}, Pattern(b"ab"))])
    response = session.request("GET", URL, {}, None)
    buf = bytearray(5)
    assert response.readinto(buf) == 5 and bytes(buf) == b"ababa"
    assert response.readinto(buf) == 1
    assert response.readinto(buf) == 0


def test_artifact_is_answered_by_range():
    def ask(**headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return artifact_answer(Request("GET", URL, headers, None), b"0123456789")

    status, headers, body = ask()
    assert (status, body) == (200, b"0123456789")
    status, headers, body = ask(Range="bytes=4-99", If_Range='"1"')
    assert (status, headers["Content-Range"], body) == (206, "bytes 4-9/10", b"456789")
    assert ask(Range="bytes=4-5", If_Range='"0"')[0] == 200
    assert ask(Range="bytes=10-11")[0] == 416


def test_store_fails_once_and_keeps_the_old():
    store = MemoryStore(b"old")
    store.error = OSError(28)
    raises(OSError, store.save, b"new")
    assert store.load() == b"old"
    store.save(b"new")
    assert (store.load(), store.saves) == (b"new", 1)


def test_sink_keeps_whole_blocks_and_alters_what_it_is_given():
    sink = FakeSink()
    assert sink.begin(None, 4096) == 0
    block = bytearray(b"\1" * 4096)
    sink.write(0, block)
    sink.write(4096, bytearray(b"\2" * 10))
    assert block[0] == 0xFF and sink.data[0] == 1
    raises(AssertionError, sink.write, 8192, block)
    assert sink.begin(None, 5000) == 4096
    sink.read(0, block)
    assert block == b"\1" * 4096
    assert sink.calls[:3] == ["begin", "write", "write"]


def test_sink_fails_where_it_is_told():
    raises(ValueError, FakeSink(errors={"finish": ValueError()}).finish)


def test_counting_sink_goes_beyond_small_ints():
    sink = CountingSink()
    at = (1 << 30) - 4096
    assert sink.begin(None, at) == at
    block = bytearray(4096)
    sink.write(at, block)
    sink.write(at + 4096, block)
    assert sink.size == (1 << 30) + 4096
    raises(AssertionError, sink.write, at, block)
