"""http over connections that are scripts; real ones are in test_net.py."""

import errno

import micropython
from fake_net import BROKEN_PIPE, END, REQUEST, FakeNet, pieces
from hawkbit.errors import ProtocolError
from hawkbit.http import split_url
from runner import Skip, raises

URL = "http://server:8080/a"
RESET = OSError(errno.ECONNRESET)


def answer(body=b"", *heads, status=b"HTTP/1.1 200 OK"):
    """Return an answer with its Content-Length and `heads`."""
    lines = [status, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines + list(heads)) + b"\r\n\r\n" + body


def headed(*lines):
    return b"\r\n".join(lines) + b"\r\n\r\n"


CHUNKED = b"Transfer-Encoding: chunked"


def chunked(body):
    return headed(b"HTTP/1.1 200 ", CHUNKED) + body


def read(response, size=100):
    """Return up to `size` bytes of the body."""
    buf = bytearray(size)
    n = response.readinto(buf)
    return bytes(buf[:n])


def get(*script, **options):
    """Return the response to a GET that is answered by `script`."""
    return FakeNet([REQUEST] + list(script)).session(**options).request("GET", URL, {})


def body(*script, **options):
    """Return the whole body of the answer `script`."""
    return read(get(*script, **options))


# The URL


def test_url_is_split_with_the_port_of_its_scheme():
    for url, parts in (
        ("http://server", ("http", "server", 80, "/")),
        ("https://server/", ("https", "server", 443, "/")),
        ("HTTP://Server:8080/A?b=c#d", ("http", "server", 8080, "/A?b=c")),
        ("http://[::1]:8080/x", ("http", "::1", 8080, "/x")),
        ("https://[FE80::1]", ("https", "fe80::1", 443, "/")),
        ("http://127.0.0.1//x:y@z", ("http", "127.0.0.1", 80, "//x:y@z")),
    ):
        assert split_url(url) == parts, url


def test_wrong_url_is_protocol_error():
    for url in (
        "",
        None,
        7,
        b"http://server/",
        "server",
        "/path",
        "//server/path",
        "http:/server",
        "http://",
        "http:///path",
        "http://:80/",
        "ftp://server/",
        "http://user:password@server/",
        "http://user@server/",
        "http://server?query",
        "http://server:/",
        "http://server:x/",
        "http://server:-1/",
        "http://server:+80/",
        "http://server:0/",
        "http://server:65536/",
        "http://server:1000000000000000000000/",
        "http://::1/",
        "http://[::1/",
        "http://[server]/",
        "http://[]/",
        " http://server/",
        "http://server/a b",
        "http://server/\r\nX: y",
        "http://server\n/",
    ):
        raises(ProtocolError, split_url, url)


# The request


def test_request_is_one_write():
    net = FakeNet([REQUEST, answer()])
    net.session().request("POST", URL + "?b=%20", {"Accept": "x/y", "ETag": '"1"'}, b'{"a": 1}')
    (sent,) = net.streams[0].written
    head, _, rest = sent.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /a?b=%20 HTTP/1.1"
    assert sorted(lines[1:]) == [
        b"Accept: x/y",
        b"Content-Length: 8",
        b'ETag: "1"',
        b"Host: server:8080",
    ]
    assert rest == b'{"a": 1}'
    assert net.dials == [("server", 8080, None, 20)]


def test_get_has_no_length_and_put_without_body_has_one():
    net = FakeNet([REQUEST, answer(), REQUEST, answer()])
    session = net.session()
    session.request("GET", "http://server/", {})
    session.request("PUT", "http://server/", {})
    assert net.streams[0].written == [
        b"GET / HTTP/1.1\r\nHost: server\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: server\r\nContent-Length: 0\r\n\r\n",
    ]


def test_ipv6_host_keeps_its_brackets_in_the_head_only():
    net = FakeNet([REQUEST, answer()])
    net.session().request("GET", "http://[::1]:81/", {})
    assert net.dials[0][:2] == ("::1", 81)
    assert b"\r\nHost: [::1]:81\r\n" in net.streams[0].written[0]


def test_line_end_in_a_head_is_refused_before_anything_is_opened():
    net = FakeNet()
    for name, value in (
        ("Authorization", "TargetToken a\r\nX: y"),
        ("If-Range", '"1\r"'),
        ("X\nY", "z"),
    ):
        raises(ProtocolError, net.session().request, "GET", URL, {name: value})
    raises(ProtocolError, net.session().request, "GET /\r\n", URL, {})
    assert net.dials == []


def test_https_without_a_context_is_refused_and_with_one_is_passed_on():
    net = FakeNet([REQUEST, answer()])
    raises(ProtocolError, net.session().request, "GET", "https://server/", {})
    assert net.dials == []
    net.session(tls="context", timeout_s=5).request("GET", "https://server/", {})
    assert net.dials == [("server", 443, "context", 5)]


def test_http_never_gets_the_context():
    net = FakeNet([REQUEST, answer()])
    net.session(tls="context").request("GET", URL, {})
    assert net.dials[0][2] is None


# The head of the answer


def test_status_line_needs_no_reason():
    for line in (
        b"HTTP/1.1 404",
        b"HTTP/1.1 404 ",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.0 404 \xff",
    ):
        assert get(answer(status=line)).status == 404, line


def test_wrong_status_line_is_protocol_error():
    for line in (
        b"",
        b"SSH-2.0-OpenSSH_9.2",
        b"HTTP/1.1",
        b"HTTP/1.1 ",
        b"HTTP/1.1 20",
        b"HTTP/1.1 2000",
        b"HTTP/1.1 +20 OK",
        b"HTTP/2 200",
        b"HTTP/1.1  200",
        b" HTTP/1.1 200 OK",
        b"\xff\xfe",
    ):
        raises(ProtocolError, get, answer(status=line))


def test_heads_are_found_in_any_case_and_only_needed_ones_are_kept():
    response = get(answer(b"", b'eTAG:"1"', b"Retry-After: \t 30 \t", b"Set-Cookie: \xff"))
    assert response.header("etag") == '"1"'
    assert response.header("retry-after") == "30"
    assert response.header("content-length") == "0"
    assert response.header("location") is None
    assert response.header("set-cookie") is None


def test_bare_line_feeds_are_line_ends():
    assert body(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok") == b"ok"


def test_wrong_head_is_protocol_error():
    for line in (
        b"Content-Length : 0",
        b" Content-Length: 0",
        b"Transfer-Encoding : chunked",
        b"Content-Length",
        b"Etag: \xff",
    ):
        raises(ProtocolError, get, answer(b"", line))


def test_header_that_is_not_needed_hurts_nobody():
    for line in (
        b"no colon",
        b": no name",
        b"X-Space : 1",
        b"Content-Security-Policy: default-src 'self';\r\n  img-src *",
        b"X: folded\r\n\tcontent-length: inside",
        b"Et\xffag: 1",
        b"X: \xff\xfe",
        b"Set-Cookie: a=1\r\nSet-Cookie: b=2",
    ):
        assert get(answer(b"", line)).status == 200, line


def test_folded_header_is_joined():
    found = get(answer(b"", b'ETag:\r\n \t"abc"\r\nLocation: https://cdn/\r\n  x'))
    assert found.header("etag") == '"abc"' and found.header("location") == "https://cdn/ x"


def test_endless_head_is_protocol_error():
    raises(ProtocolError, get, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 9000)
    raises(ProtocolError, get, b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000)
    raises(ProtocolError, get, b"x" * 9000)
    raises(ProtocolError, get, headed(b"HTTP/1.1 100 ") * 1000)


def test_long_heads_within_the_limit_are_fine():
    location = b"https://cdn/" + b"a" * 4000
    assert get(answer(b"", b"Location: " + location)).header("location") == location.decode()


def test_answers_before_the_answer_are_skipped():
    early = headed(b"HTTP/1.1 100 Continue", b"Content-Length: 9") + headed(
        b"HTTP/1.1 103 Early Hints", b"ETag: early"
    )
    response = get(early + answer(b"ok"))
    assert (response.status, read(response), response.header("etag")) == (200, b"ok", None)


def test_failed_head_closes_the_connection():
    for script in ([b"garbage\r\n"], [b"HTTP/1.1 2", END], [RESET]):
        net = FakeNet([REQUEST] + script)
        raises((ProtocolError, OSError), net.session().request, "GET", URL, {})
        assert net.streams[0].closed


def test_end_in_the_head_is_oserror():
    for n in (0, 1, 20, len(answer()) - 1):
        raises(OSError, get, answer()[:n], END)


# The body


def test_body_with_a_length_in_any_pieces():
    for size in (1, 2, 7, 100):
        response = get(*pieces(answer(b"0123456789"), size))
        assert read(response, 4) == b"0123"
        assert read(response, 6) == b"456789"
        assert read(response) == b""


def test_no_body_where_there_is_none():
    length = b"Content-Length: 10"
    for head in (
        headed(b"HTTP/1.1 204 ", length),
        headed(b"HTTP/1.1 304 ", length, CHUNKED),
        answer(),
    ):
        net = FakeNet([REQUEST, head, REQUEST, answer()])
        session = net.session()
        assert read(session.request("GET", URL, {})) == b""
        session.request("GET", URL, {})
        assert session.connections == 1


def test_body_without_length_ends_with_the_connection():
    net = FakeNet([REQUEST, headed(b"HTTP/1.1 200 "), b"0123", 100, b"456789", END])
    response = net.session().request("GET", URL, {})
    assert read(response, 6) == b"012345"
    assert read(response) == b"6789"
    assert read(response) == b""
    assert net.streams[0].closed


def test_end_before_the_length_is_oserror():
    response = get(answer(b"0123456789")[:-4], END)
    assert read(response, 3) == b"012"
    raises(OSError, read, response)
    raises(OSError, body, answer(b"0123456789")[:-4], RESET)


def test_wrong_length_is_protocol_error():
    for length in (b"", b"-1", b"+1", b"1.0", b"0x1", b"1_0", b"ten", b"1 0", b"9" * 30, b"2, 3"):
        raises(ProtocolError, get, headed(b"HTTP/1.1 200 ", b"Content-Length: " + length))


def test_two_lengths_must_be_the_same():
    raises(ProtocolError, get, answer(b"ok", b"Content-Length: 3"))
    assert body(answer(b"ok", b"Content-Length: 2")) == b"ok"


def test_chunked_body_in_any_pieces():
    chunks = b"1\r\n0\r\n00A; name=value\r\n1234567890\r\na\r\n123456789a\r\n"
    data = chunked(chunks + b"0\r\nTrailer: x\r\n\r\n")
    for size in (1, 2, 5, 1000):
        assert body(*pieces(data, size)) == b"01234567890123456789a"


def test_chunked_body_is_read_across_chunks_by_parts():
    response = get(chunked(b"3\r\n012\r\n3\r\n345\r\n0\r\n\r\n"))
    assert [read(response, 2) for _ in range(4)] == [b"01", b"23", b"45", b""]


def test_empty_chunked_body_keeps_the_connection():
    net = FakeNet([REQUEST, chunked(b"0\r\n\r\n"), REQUEST, answer()])
    session = net.session()
    assert read(session.request("GET", URL, {})) == b""
    session.request("GET", URL, {})
    assert session.connections == 1


def test_malformed_chunks_are_protocol_errors():
    for chunks in (
        b"\r\n\r\n",
        b"x\r\n",
        b"-1\r\n",
        b"+1\r\n1\r\n0\r\n\r\n",
        b"0x1\r\n1\r\n0\r\n\r\n",
        b"1_0\r\n",
        b"1\r\n12\r\n0\r\n\r\n",
        b";ext\r\n",
        b"f" * 30 + b"\r\n",
        b"1" * 9000,
        b"1;" + b"x" * 9000,
        b"1\r\n1\r\n0\r\n" + b"X: y\r\n" * 2000,
    ):
        raises(ProtocolError, body, chunked(chunks))


def test_end_inside_the_chunks_is_oserror():
    whole = chunked(b"5\r\n01234\r\n0\r\nX: y\r\n\r\n")
    for n in range(len(chunked(b"")), len(whole)):
        raises(OSError, body, whole[:n], END)


def test_failed_chunk_is_not_an_end_of_the_body():
    for broken in (b"x\r\n", b"0\r\nTrailer: cut"):
        net = FakeNet([REQUEST, chunked(b"2\r\n01\r\n" + broken), END])
        response = net.session().request("GET", URL, {})
        for _ in range(2):
            raises((OSError, ProtocolError), read, response)
        response.close()
        assert net.streams[0].closed


def test_many_small_chunks_are_no_endless_head():
    response = get(chunked(b"1;extension\r\nx\r\n" * 1000 + b"0\r\n\r\n"))
    assert read(response, 2000) == b"x" * 1000


def test_unknown_transfer_encoding_is_protocol_error():
    for encoding in (b"gzip", b"gzip, chunked", b"identity", b"xchunked"):
        raises(ProtocolError, get, headed(b"HTTP/1.1 200 ", b"Transfer-Encoding: " + encoding))


def test_chunks_win_over_a_length_that_nobody_sees():
    head = headed(b"HTTP/1.1 200 ", CHUNKED, b"Content-Length: 99")
    response = get(head + b"2\r\nok\r\n0\r\n\r\n")
    assert (read(response), response.header("content-length")) == (b"ok", None)


def test_whole_blocks_allocate_nothing():
    if not hasattr(micropython, "heap_lock"):
        raise Skip("CPython has no heap to lock")
    net = FakeNet([REQUEST, answer(b"")[:-5] + b"%d\r\n\r\n" % (20 * 4096)])
    session = net.session()
    response = session.request("GET", URL, {})
    net.streams[0].readinto = len  # from now on each read is whole
    view = memoryview(bytearray(4096))
    micropython.heap_lock()
    try:
        for _ in range(20):
            response.readinto(view)
    finally:
        micropython.heap_unlock()
    assert response.readinto(view) == 0


# The connection


def two_answers(first, *second):
    """Return the net and session after a GET answered by `first`, and before another."""
    net = FakeNet([REQUEST, first] + list(second), [REQUEST, answer(b"new")])
    session = net.session()
    read(session.request("GET", URL, {}))
    return net, session


def test_connection_is_kept():
    net, session = two_answers(answer(b"old"), REQUEST, answer(b"old"))
    assert read(session.request("POST", URL + "/other", {}, b"x")) == b"old"
    assert session.connections == 1 and len(net.streams[0].written) == 2


def test_connection_is_closed_when_the_answer_says_so():
    for first in (
        answer(b"old", b"Connection: close"),
        answer(b"old", b"connection: x, CLOSE"),
        answer(b"old", b"Connection: keep-alive", b"Connection: close"),
        answer(b"old", status=b"HTTP/1.0 200 OK"),
        headed(b"HTTP/1.1 204 ", b"Connection: close"),
        headed(b"HTTP/1.1 200 ", CHUNKED, b"Connection: close") + b"1\r\nx\r\n0\r\n\r\n",
    ):
        net, session = two_answers(first)
        assert net.streams[0].closed
        assert read(session.request("GET", URL, {})) == b"new"
        assert session.connections == 2


def test_http_1_0_keeps_the_connection_when_it_says_so():
    first = answer(b"old", b"Connection: Keep-Alive", status=b"HTTP/1.0 200 OK")
    _, session = two_answers(first, REQUEST, answer(b"old"))
    assert read(session.request("GET", URL, {})) == b"old"
    assert session.connections == 1


def test_connection_closed_while_idle_is_noticed_before_anything_is_written():
    for end in (END, RESET, b"HTTP/1.1 408 Request Timeout\r\n\r\n"):
        net, session = two_answers(answer(b"old"), end)
        assert read(session.request("POST", URL, {}, b"x")) == b"new"
        assert len(net.streams[0].written) == 1 and net.streams[0].closed
        assert session.connections == 2


def test_other_origin_is_another_connection():
    for url in ("http://other:8080/a", "http://server:8081/a", "https://server:8080/a"):
        net = FakeNet([REQUEST, answer()], [REQUEST, answer()])
        session = net.session(tls="context")
        session.request("GET", URL, {})
        session.request("GET", url, {})
        assert net.streams[0].closed and session.connections == 2
        assert [len(stream.written) for stream in net.streams] == [1, 1]


def test_get_on_a_connection_that_dies_is_sent_again():
    for death in ([REQUEST, END], [REQUEST, RESET], [REQUEST], [BROKEN_PIPE]):
        net, session = two_answers(answer(b"old"), *death)
        assert read(session.request("GET", URL, {})) == b"new"
        assert net.streams[0].closed and session.connections == 2


def test_post_on_a_connection_that_dies_is_oserror_and_not_sent_again():
    for death in ([REQUEST, END], [REQUEST, RESET], [REQUEST], [BROKEN_PIPE]):
        net, session = two_answers(answer(b"old"), *death)
        raises(OSError, session.request, "POST", URL, {}, b"x")
        assert net.streams[0].closed and len(net.dials) == 1
        assert read(session.request("POST", URL, {}, b"x")) == b"new"


def test_get_is_not_sent_again_after_a_byte_of_the_answer():
    _, session = two_answers(answer(b"old"), REQUEST, b"H", END)
    raises(OSError, session.request, "GET", URL, {})
    assert session.connections == 1


def test_get_is_not_sent_again_on_a_new_connection():
    net = FakeNet([REQUEST, END], [REQUEST, answer()])
    raises(OSError, net.session().request, "GET", URL, {})
    assert len(net.dials) == 1


def test_failed_dial_is_oserror_and_no_connection():
    net = FakeNet(OSError(errno.ECONNREFUSED), [REQUEST, answer(b"ok")])
    session = net.session()
    raises(OSError, session.request, "GET", URL, {})
    assert session.connections == 0
    assert read(session.request("GET", URL, {})) == b"ok"


def test_unread_rest_costs_the_connection():
    net, session = two_answers(answer(b"old"), REQUEST, answer(b"0123456789"))
    response = session.request("GET", URL, {})
    read(response, 9)
    response.close()
    assert net.streams[0].closed
    assert read(response) == b""
    assert read(session.request("GET", URL, {})) == b"new"


def test_response_left_open_costs_the_connection():
    net, session = two_answers(answer(b"old"), REQUEST, answer(b"0123456789"))
    session.request("GET", URL, {})
    assert read(session.request("GET", URL, {})) == b"new"
    assert net.streams[0].closed


def test_response_closed_after_its_end_leaves_the_connection_alone():
    net, session = two_answers(answer(b"old"), REQUEST, answer(b"1"), REQUEST, answer(b"2"))
    first = session.request("GET", URL, {})
    read(first, 1)
    second = session.request("GET", URL, {})
    first.close()
    assert read(first) == b"" and read(second) == b"2"
    assert session.connections == 1


def test_chunked_answer_read_to_its_last_byte_keeps_the_connection():
    first = chunked(b"3\r\nold\r\n0\r\n\r\n")
    _, session = two_answers(answer(b"old"), REQUEST, first, REQUEST, answer(b"last"))
    response = session.request("GET", URL, {})
    assert read(response, 3) == b"old"
    response.close()
    assert read(session.request("GET", URL, {})) == b"last"
    assert session.connections == 1


def test_closed_session_opens_again():
    net, session = two_answers(answer(b"old"))
    session.close()
    session.close()
    assert net.streams[0].closed
    assert read(session.request("GET", URL, {})) == b"new"
    FakeNet().session().close()


# Deadlines, in ms of a clock that only waiting turns


def times_out(net, size=5000, **options):
    """Return after how many ms a GET with its body times out."""
    started = net.clock.now_ms
    session = net.session(**options)
    error = raises(OSError, lambda: read(session.request("GET", URL, {}), size))
    assert error.args[0] == errno.ETIMEDOUT, error
    return net.clock.now_ms - started


def test_silence_ends_after_the_timeout():
    for script in ([], [b"HTTP/1.1 2"], [answer(b"0123")[:-2]], [chunked(b"5\r\n01")]):
        net = FakeNet([REQUEST] + script)
        assert times_out(net, timeout_s=7) == 7000


def test_one_byte_a_second_ends_soon_after_three_timeouts():
    drip = pieces(answer(b"x" * 5000), 1, pause_ms=1000)
    for script in (drip, [answer(b"x" * 5000)[:-4990]] + drip):
        after_ms = times_out(FakeNet([REQUEST] + script))
        assert 60000 <= after_ms <= 62000, after_ms


def test_minimum_rate_is_an_option():
    drip = pieces(answer(b"x" * 5000), 270, pause_ms=1000)
    after_ms = times_out(FakeNet([REQUEST] + drip), min_bytes_per_s=2700, timeout_s=3)
    assert 9000 <= after_ms <= 11000, after_ms
    assert len(body(*pieces(answer(b"x" * 90), 1, pause_ms=1000), min_bytes_per_s=1)) == 90


def test_just_fast_enough_is_read_to_the_end():
    data = b"x" * 5000
    assert read(get(*pieces(answer(data), 270, pause_ms=1000)), 5000) == data
    assert read(get(*pieces(answer(data), 4096, pause_ms=15000)), 5000) == data


def test_burst_is_no_credit_for_a_silence():
    whole = answer(b"x" * 40000)
    net = FakeNet([REQUEST, whole[:30000]])
    assert times_out(net, size=40000) == 20000
    net = FakeNet([REQUEST, whole[:30000]] + pieces(whole[30000:], 1, pause_ms=1000))
    assert times_out(net, size=40000) < 62000


def test_deadline_ends_a_request_that_is_fast_enough():
    net = FakeNet([REQUEST] + pieces(answer(b"x" * 5000), 270, pause_ms=1000))
    assert times_out(net, deadline_s=9) == 9000


def test_deadline_counts_for_each_request_anew():
    script = [REQUEST, 6000, answer(b"old")]
    net = FakeNet(script * 2)
    session = net.session(deadline_s=9)
    for _ in range(2):
        assert read(session.request("GET", URL, {})) == b"old"
    assert session.connections == 1


def test_slow_caller_costs_the_server_no_time():
    net = FakeNet([REQUEST, answer(b"0123")])
    session = net.session(timeout_s=5, deadline_s=9)
    response = session.request("GET", URL, {})
    for expected in (b"0", b"1", b"2", b"3"):
        net.clock.sleep_ms(60000)
        assert read(response, 1) == expected


def test_timeout_closes_the_connection():
    net = FakeNet([REQUEST])
    times_out(net)
    assert net.streams[0].closed


def test_feed_comes_every_two_seconds_of_waiting_and_around_dial():
    net = FakeNet([REQUEST, 15000, answer(b"ok")[:-1], 15000, b"k"])
    fed_ms = [net.clock.now_ms]
    session = net.session(feed=lambda: fed_ms.append(net.clock.now_ms))
    read(session.request("GET", URL, {}))
    fed_ms.append(net.clock.now_ms)
    assert len(fed_ms) > 3 and fed_ms[1] == fed_ms[2] == fed_ms[0]
    assert max(fed_ms[i] - fed_ms[i - 1] for i in range(1, len(fed_ms))) <= 2000
