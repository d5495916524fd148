"""One artifact into one sink: windows, resume, and servers that do it differently."""

import micropython
from fake_ddi import CLOSED, artifact, chunk, empty, error, pattern, sha256
from fake_net import REQUEST, FakeNet
from fakes import CountingSink, FakeSession, FakeSink, MemoryStore, Pattern, artifact_answer
from hawkbit import deployment
from hawkbit.action import Action
from hawkbit.client import Client
from hawkbit.download import Download
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.journal import Journal
from runner import Skip, raises

DATA = pattern(20000)


def download(answers=None, data=DATA, sink=None, **changes):
    """Return (Download, session, sink), not begun yet. answers: default a right server."""
    session = FakeSession(answers or (lambda request: artifact_answer(request, data)))
    client = Client(session, "http://server:8080", "DEFAULT", "dev1")
    body = {"deployment": {"chunks": [chunk([artifact(data, **changes)])]}}
    one = deployment.parse(body, "1").artifacts[0]
    sink = sink or FakeSink()
    return Download(client, one, sink), session, sink


def run(steps):
    """Go through a generator; return how often it yielded."""
    return sum(1 for _ in steps)


def nothing():
    pass


def begin(found, have=0, etag=None):
    run(found.begin(have, etag, nothing))
    return found


def window(found, size=8192):
    return run(found.window(size, nothing))


def whole(found, size=8192, have=0, etag=None):
    """Fetch it all; return what finish() says."""
    begin(found, have, etag)
    while found.offset < found.artifact.size:
        window(found, size)
    return found.finish()


def test_file_of_every_size_is_stored_whole():
    for size in (1, 15, 16, 4095, 4096, 4097, 8192, 12289):
        data = pattern(size)
        found, session, sink = download(data=data)
        assert whole(found) is True, size
        assert sink.data == data and sink.calls[-1] == "finish"


def test_windows_are_ranges_with_if_range_after_the_first():
    found, session, _ = download()
    whole(found)
    assert [r.range() for r in session.requests] == [(0, 8192), (8192, 16384), (16384, 20000)]
    assert "if-range" not in session.requests[0].headers
    assert all(r.headers["if-range"] == '"1"' for r in session.requests[1:])
    assert session.connections == 1


def test_each_block_is_a_step():
    found, _, _ = download()
    begin(found)
    blocks = []
    assert run(found.window(8192, lambda: blocks.append(found.offset))) == 3
    assert blocks == [4096, 8192]


def test_window_broken_off_goes_on_behind_the_last_whole_block():
    class Broken:
        def __init__(self, data):
            self.data = data

        def readinto(self, buf):
            n = min(len(buf), len(self.data))
            buf[:n] = self.data[:n]
            self.data = self.data[n:]
            return n

    answers = [
        (
            206,
            {
                "Content-Range": "bytes 0-8191/20000",
                "Content-Length": "8192",
                "ETag": '"1"',
            },
            Broken(DATA[:5000]),
        ),
        CLOSED,
    ]
    found, session, sink = download(answers)
    begin(found)
    raises(OSError, window, found)
    assert found.offset == 4096
    raises(OSError, window, found)
    session._answers = lambda request: artifact_answer(request, DATA)
    while found.offset < 20000:
        window(found)
    assert found.finish() and sink.data == DATA


def test_server_without_range_is_read_whole_and_hashed_once():
    found, session, sink = download([(200, {}, DATA)])
    assert whole(found) is True
    assert len(session.requests) == 1 and sink.data == DATA


def test_file_changed_on_the_server_starts_again():
    found, session, sink = download()
    begin(found)
    window(found)
    session._answers = lambda request: artifact_answer(request, DATA, etag='"2"')
    while found.offset < 20000:
        window(found)
    assert found.finish() is True and sink.data == DATA
    assert session.requests[1].headers["if-range"] == '"1"'


def test_resume_hashes_what_is_stored_and_asks_for_the_rest():
    found, session, sink = download()
    sink.data[:] = DATA[:8192]
    assert whole(found, have=8192, etag='"1"') is True
    assert session.requests[0].range() == (8192, 16384)
    assert session.requests[0].headers["if-range"] == '"1"'
    assert sink.calls.count("read") == 2


def test_resume_is_from_where_the_sink_says():
    for kept in (0, 4096, 8192):
        sink = FakeSink()
        sink.data[:] = DATA[:kept]
        found, session, _ = download(sink=sink)
        assert whole(found, have=12288) is True and sink.data == DATA
        assert session.requests[0].range()[0] == kept


def test_resume_reads_back_before_the_first_request_and_nothing_after_it():
    reads = []

    def answer(request):
        reads.append(sink.calls.count("read"))
        return artifact_answer(request, DATA)

    found, _, sink = download(answer)
    sink.data[:] = DATA[:8192]
    assert whole(found, have=8192, etag='"1"') is True
    assert reads == [2, 2] and sink.calls.count("read") == 2


def test_resume_feeds_with_every_block():
    found, _, sink = download()
    sink.data[:] = DATA[:16384]
    fed = []
    assert run(found.begin(16384, None, lambda: fed.append(1))) == 4
    assert len(fed) == 4


def test_resume_of_other_bytes_is_fetched_once_more_from_the_start():
    found, session, sink = download()
    sink.data[:] = pattern(8192, 9)
    assert whole(found, have=8192) is False
    while found.offset < 20000:
        window(found)
    assert found.finish() is True and sink.data == DATA


def test_second_chance_is_the_last():
    found, session, sink = download(lambda request: artifact_answer(request, pattern(20000, 5)))
    sink.data[:] = DATA[:8192]
    assert whole(found, have=8192) is False
    while found.offset < 20000:
        window(found)
    raises(UpdateError, found.finish)


def test_wrong_hash_names_both():
    found, _, sink = download(hashes={"sha256": "0" * 64})
    text = str(raises(UpdateError, whole, found))
    assert "fw.bin" in text and "sha256" in text and "0" * 64 in text
    assert "finish" not in sink.calls


def test_every_digit_of_the_hash_counts():
    right = sha256(DATA)
    for at in (0, 31, 32, 63):
        other = "1" if right[at] == "0" else "0"
        found, session, sink = download(hashes={"sha256": right[:at] + other + right[at + 1 :]})
        raises(UpdateError, whole, found)
        assert "finish" not in sink.calls, at


def test_one_flipped_byte_is_found():
    wrong = bytearray(DATA)
    wrong[12345] ^= 4
    found, _, sink = download(lambda request: artifact_answer(request, bytes(wrong)))
    raises(UpdateError, whole, found)
    assert "finish" not in sink.calls


def test_size_that_is_not_the_length_names_both():
    for size in (19999, 20001, 4096, 40000):
        found, _, sink = download(size=size)
        text = str(raises(UpdateError, whole, found))
        assert str(size) in text and "20000" in text, text
        found, _, sink = download(lambda request: (200, {}, DATA), size=size)
        text = str(raises(UpdateError, whole, found))
        assert str(size) in text and "20000" in text, text


def test_range_answered_from_elsewhere_is_protocol_error():
    for head in (
        "bytes 4096-8191/20000",
        "bytes */20000",
        "",
        "0-8191/20000",
        "bytes 00-1/20000",
        "bytes 0",
        "bytes 0-/20000",
        "bytes 0-8191x/20000",
        "bytes 0--1/20000",
    ):
        found, _, sink = download([(206, {"Content-Range": head}, DATA[:8192])])
        begin(found)
        raises(ProtocolError, window, found)
        assert sink.data == b"", head


def test_range_of_unknown_length_is_taken():
    answers = [(206, {"Content-Range": "bytes 0-8191/*"}, DATA[:8192])]
    found, _, _ = download(answers)
    begin(found)
    window(found)
    assert found.offset == 8192


def test_part_longer_than_asked_for_is_cut_and_closes_the_connection():
    answers = [(206, {"Content-Range": "bytes 0-19999/20000"}, DATA)]
    found, session, _ = download(answers)
    begin(found)
    window(found)
    assert found.offset == 8192 and not session._open


def test_part_shorter_than_asked_for_is_an_error_and_keeps_the_blocks():
    answers = [(206, {"Content-Range": "bytes 0-8191/20000"}, DATA[:5000])]
    found, _, _ = download(answers)
    begin(found)
    raises(ProtocolError, window, found)
    assert found.offset == 4096


def test_server_that_breaks_off_in_every_window_gives_it_all_in_the_end():
    data = pattern(40000)

    def cut(request):
        status, headers, body = artifact_answer(request, data)
        return status, headers, body[:5000]

    found, _, sink = download(cut, data=data)
    begin(found)
    for _ in range(9):
        raises(ProtocolError, window, found, 8192)
    window(found, 8192)
    assert found.finish() and sink.data == data


def test_other_file_that_is_the_same_and_breaks_off_is_asked_for_without_its_etag():
    # A proxy that takes every If-Range for that of another file, on a bad line.
    def answer(request):
        if "if-range" in request.headers:
            return 200, {"ETag": '"1"', "Content-Length": str(len(DATA))}, DATA[:9000]
        return artifact_answer(request, DATA)

    found, session, sink = download(answer)
    begin(found)
    for _ in range(12):
        if found.offset < len(DATA):
            try:
                window(found)
            except (OSError, ProtocolError):
                pass  # as the updater, which comes again
    assert found.offset == len(DATA) and found.finish() and sink.data == DATA


def test_part_that_says_it_is_shorter_is_taken_as_far_as_it_has_whole_blocks():
    def half(request):
        first, end = request.range()
        last = min(first + 5000, end) - 1
        span = "bytes %d-%d/20000" % (first, last)
        return 206, {"Content-Range": span}, DATA[first : last + 1]

    found, session, sink = download(half)
    assert whole(found) is True and sink.data == DATA
    assert len(session.requests) == 5


def test_part_shorter_than_a_block_is_an_error_and_no_endless_loop():
    found, session, _ = download([(206, {"Content-Range": "bytes 0-99/20000"}, DATA[:100])])
    begin(found)
    raises(ProtocolError, window, found)


def test_range_refused_starts_again():
    for status in (412, 416):
        for heads in ({}, {"Content-Range": "bytes */20000"}, {"Content-Range": "?"}):
            found, session, sink = download([(status, heads, b"")])
            sink.data[:] = DATA[:8192]
            begin(found, 8192)
            assert raises(HTTPError, window, found).status == status
            assert found.offset == 0
            session._answers = lambda request: artifact_answer(request, DATA)
            while found.offset < 20000:
                window(found)
            assert found.finish() is True


def test_range_refused_with_another_length_is_a_wrong_size():
    found, _, _ = download([(416, {"Content-Range": "bytes */9999"}, b"")])
    begin(found)
    assert "9999" in str(raises(UpdateError, window, found))


def test_refused_file_name_is_said():
    found, _, _ = download([(400, {}, b"<html>")], filename="a%b.bin")
    begin(found)
    assert "a%b.bin" in str(raises(UpdateError, window, found))


def test_error_of_the_server_leaves_the_download_where_it_was():
    for answer in (empty(401), empty(404), error(404, "x"), empty(429), error(500, "loadFailed")):
        found, session, _ = download()
        begin(found)
        window(found)
        session._answers = [answer]
        raises(HTTPError, window, found)
        assert found.offset == 8192
        session._answers = lambda request: artifact_answer(request, DATA)
        while found.offset < 20000:
            window(found)
        assert found.finish() is True


def test_fifth_permanent_answer_without_progress_is_the_end():
    elsewhere = (206, {"Content-Range": "bytes 9-99/20000"}, b"")
    short = (206, {"Content-Range": "bytes 0-8191/20000"}, DATA[:5000])  # one block of progress
    for answers, kind in (
        ([empty(404)] * 5, HTTPError),
        ([elsewhere] * 5, ProtocolError),
        ([short] + [elsewhere] * 4, ProtocolError),
        ([elsewhere] * 4 + [short] + [elsewhere] * 4, ProtocolError),
    ):
        found, _, _ = download(answers)
        begin(found)
        for _ in answers[1:]:
            raises(kind, window, found)
        assert "does not give it" in str(raises(UpdateError, window, found))


def test_compressed_error_is_the_error_that_it_is():
    found, _, _ = download([(404, {"Content-Encoding": "gzip"}, b"?")])
    begin(found)
    assert raises(HTTPError, window, found).status == 404


def test_whole_file_that_breaks_off_is_asked_for_on_with_its_etag():
    whole = (200, {"ETag": '"1"', "Content-Length": "20000"}, DATA[:9000])
    found, session, _ = download([whole, CLOSED])
    begin(found)
    for _ in range(2):
        raises(OSError, window, found)
    assert session.requests[1].range() == (8192, 16384)
    assert session.requests[1].headers["if-range"] == '"1"'


def test_sink_that_refuses_stops_before_the_first_request():
    sink = FakeSink(errors={"begin": UpdateError("too large")})
    found, session, _ = download(sink=sink)
    raises(UpdateError, begin, found)
    assert session.requests == []


def test_sink_that_cannot_store_ends_the_deployment():
    for method in ("write", "finish"):
        sink = FakeSink(errors={method: OSError(28, "no space")})
        found, _, _ = download(sink=sink)
        assert "no space" in str(raises(UpdateError, whole, found)), method


def test_offsets_beyond_32_bits_are_exact():
    size = 5000000000
    sink = CountingSink()
    first = 4294967296 - 8192

    def answer(request):
        start, end = request.range()
        heads = {"Content-Range": "bytes %d-%d/%d" % (start, end - 1, size)}
        heads["Content-Length"] = str(end - start)
        return 206, heads, Pattern()

    found, session, _ = download(answer, sink=sink, size=size)
    begin(found)
    found.offset = sink.size = first
    window(found, 16384)
    assert session.requests[0].range() == (first, first + 16384)
    assert found.offset == sink.size == first + 16384
    found.offset = sink.size = size // 4096 * 4096
    window(found)
    assert found.offset == size


class Hooks:
    checkpoint_bytes = 1 << 20

    def feed_watchdog(self):
        pass

    def reports(self):
        pass


def test_whole_loop_allocates_nothing_per_block():
    """From the stream to the sink, as the updater runs it: hash, sink, feed, checkpoint test."""
    if not hasattr(micropython, "heap_lock"):
        raise Skip("CPython has no heap to lock")
    blocks = 20
    head = b"HTTP/1.1 206 \r\nContent-Length: %d\r\nContent-Range: bytes 0-%d/%d\r\n\r\n"
    size = blocks * 4096
    net = FakeNet([REQUEST, head % (size, size - 1, size)])
    client = Client(net.session(), "http://server", "DEFAULT", "dev1")
    sink = CountingSink()
    action = Action(client, {"os": sink}, Journal(MemoryStore(), client.url, print), Hooks())
    one = deployment.Artifact(
        "os", "fw", "1", {}, "fw.bin", size, "sha256", "0" * 64, "http://server/fw"
    )
    action._download = begin(Download(client, one, sink))
    steps = action._download.window(size, action._block_done)
    next(steps)
    net.streams[0].readinto = len  # from now on each read is whole
    micropython.heap_lock()
    try:
        for _ in range(blocks):
            next(steps)
    finally:
        micropython.heap_unlock()
    assert sink.size == size
