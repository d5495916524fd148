"""What a hostile or broken server sends to stop a board for good: it goes on all the same."""

import json

from fake_ddi import BASE, FakeDevice, FakeServer, empty, error, pattern
from fake_net import REQUEST, FakeNet, pieces
from fakes import MemoryStore, artifact_answer
from hawkbit import log
from hawkbit.client import Client
from hawkbit.download import ask
from hawkbit.errors import ProtocolError, UpdateError
from hawkbit.http import Session
from runner import raises

POLL = b'{"config":{"polling":{"sleep":"00:05:00"}}}'
DATA = pattern(20000)


class Page(MemoryStore):
    """As large as NVSStore's blob may be."""

    def save(self, data):
        if len(data) > 4000:
            raise OSError("a record of %d bytes" % len(data))
        super().save(data)


def poll_answer(*headers, body=POLL):
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body)] + list(headers)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def polled(*answers):
    """Return the heads of the polls that get these answers, and what each came to."""
    net = FakeNet(*[[REQUEST, answer] for answer in answers])
    client = Client(net.session(), "http://h", "DEFAULT", "d")
    found = []
    for _ in answers:
        try:
            client.poll()
            found.append("polled")
        except Exception as e:
            found.append(repr(e))
        client.close()
    return [b"".join(stream.written) for stream in net.streams], found


# ETags


def test_line_ends_and_nul_in_a_header_are_blanks():
    for end in (b"\r", b"\0", b"\rX-Evil: 1"):
        heads, found = polled(poll_answer(b'ETag: "a' + end + b'b"'), poll_answer())
        assert found == ["polled", "polled"]
        [line] = [line for line in heads[1].split(b"\r\n") if b"If-None-Match" in line]
        assert b"\r" not in line and b"\0" not in line, line


def test_etag_too_long_for_the_journal_is_done_without():
    # As JSON a control character has six bytes.
    for tag in (b"a" * 4000, b"a" * 253, b"\x01" * 64, b"\x7f" * 200, b"\x1b[2J" * 40):
        heads, found = polled(poll_answer(b'ETag: "' + tag + b'"'), poll_answer())
        assert found == ["polled", "polled"] and b"If-None-Match" not in heads[1], tag


def test_record_with_reports_that_nobody_takes_and_the_worst_etag_fits_into_nvs():
    for tag in ('"' * 200, "\x01" * 200, "\\" * 120, "é" * 100, "a" * 240):
        server = FakeServer()
        action = server.assign(DATA)
        server.fault("artifacts", lambda request, tag=tag: artifact_answer(request, DATA, tag), 9)
        server.fault("99/feedback", empty(500), 99)
        device = FakeDevice(server, store=Page())
        device.updater._journal.renew(action="99")
        device.updater.reports().end("failure", ["\x01" * 190] * 2)
        device.cycles(6)
        assert action.is_active is False, (tag, device.errors())


def test_etag_that_the_server_refuses_is_not_sent_again():
    for status in (400, 412, 431, 404, 500):
        refusal = b"HTTP/1.1 %d \r\nContent-Length: 0\r\n\r\n" % status
        heads, _ = polled(poll_answer(b'ETag: "a"'), refusal, poll_answer())
        assert [b"If-None-Match" in head for head in heads] == [False, True, False], status


def test_etag_is_kept_over_a_304():
    unchanged = b'HTTP/1.1 304 \r\nETag: "a"\r\n\r\n'
    heads, found = polled(poll_answer(b'ETag: "a"'), unchanged, unchanged)
    assert [b"If-None-Match" in head for head in heads] == [False, True, True]
    assert found == ["polled"] * 3


# Bodies


def test_chunks_without_end_have_deadlines_and_feed():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for drip in (b"1;" + b"x" * 400, b"1\r\na\r\n" * 100, b"0\r\n" + b"A: b\r\n" * 100):
        fed = []
        net = FakeNet([REQUEST, head] + pieces(drip, 1, 62))
        session = Session(net, net.clock, feed=lambda fed=fed: fed.append(1), deadline_s=5)
        started = net.clock.ticks_ms()

        def read(session=session):
            response = session.request("GET", "http://h/", {})
            while response.readinto(bytearray(100)):
                pass

        raises(OSError, read)
        passed_ms = net.clock.ticks_diff(net.clock.ticks_ms(), started)
        assert 4900 < passed_ms < 6000, (drip[:9], passed_ms)
        assert len(fed) > 50


def test_lines_around_chunks_are_bounded():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    extended = b"1;" + b"x" * 300 + b"\r\na\r\n"
    for endless in (extended * 400, b"0\r\n" + b"A: b\r\n" * 2000, b"0" * 9000):
        net = FakeNet([REQUEST, head + endless])

        def read(net=net):
            net.session().request("GET", "http://h/", {}).readinto(bytearray(500))

        assert "does not end" in str(raises(ProtocolError, read))


def test_many_tiny_chunks_feed_and_end_at_the_deadline_though_nothing_waits():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    net = FakeNet([REQUEST, head + b"1\r\na\r\n" * 400])
    fed = []
    session = net.session(feed=lambda: fed.append(1))
    response = session.request("GET", "http://h/", {})
    session.deadline_s = 5
    stream, readinto = net.streams[0], net.streams[0].readinto

    def slow(buf):  # as on a busy board: the time passes, and the server has not to be waited for
        net.clock.sleep_ms(10)
        return readinto(buf)

    stream.readinto = slow
    raises(OSError, response.readinto, bytearray(400))
    assert len(fed) > 50


# Polls


def offer(action_id):
    poll = json.loads(POLL)
    href = "http://server:8080%s/deploymentBase/%s" % (BASE, action_id)
    poll["_links"] = {"deploymentBase": {"href": href}}
    return json.dumps(poll)


def test_action_id_of_thousands_of_characters_is_refused_with_words():
    server = FakeServer()
    device = FakeDevice(server)
    for length in (65, 5000):
        server.faults = [["GET " + BASE + " ", (200, {}, offer("9" * length).encode()), 1]]
        device.cycle()
        name, info = device.events[-1]
        assert name == "error" and "action id of %d characters" % length in str(info)
    device.cycles(2)
    assert device.events[-1] == (name, info)  # and nothing else went wrong


def test_what_is_no_poll_confirms_nothing():
    for body in (
        b'{"_links":{"a":1}}',
        b'{"config":{},"_links":{"a":1}}',
        b'{"config":{"polling":{}}}',
        b'{"config":{"polling":["sleep"]}}',
        b'{"_links":{"configData":{"href":"http://server:8080/x"}}}',
    ):
        server = FakeServer()
        action = server.assign()
        device = FakeDevice(server)
        device.cycle()
        if not device.resets:
            device.cycle()
        assert device.slot.is_pending, body
        server.fault("GET " + BASE + " ", (200, {}, body))
        device.cycles(3)
        assert device.slot.is_pending and action.is_active, body
        server.faults = []
        device.cycles(2)
        assert not device.slot.is_pending and action.status == "finished", body


# An action that does not end


def reports_and_saves(device, server, cycles=5):
    posts, saves = len(server.seen("POST")), device.store.saves
    device.cycles(cycles)
    return len(server.seen("POST")) - posts, device.store.saves - saves


def never_ends(server, action):
    """From now on reports are taken, and the action stays offered all the same."""
    action.end = lambda status: None


def test_action_offered_again_after_its_success_gets_one_report_more():
    server = FakeServer()
    action = server.assign()
    never_ends(server, action)
    device = FakeDevice(server)
    device.cycles(6)
    ends = [entry for entry in action.entries if entry[0] == "closed"]
    assert len(ends) == 2, ends
    assert reports_and_saves(device, server) == (0, 0)
    device.reset()
    assert reports_and_saves(device, server) == (0, 0)
    server.actions.remove(action)
    assert server.assign().id == "1"
    server.actions[0].id = "2"
    device.cycles(4)
    assert server.actions[0].status == "finished"


def test_action_offered_again_after_its_failure_gets_one_report_more():
    for chunks in (
        [],
        [{"part": 1}],
        [{"part": "none", "name": "n", "version": "1", "artifacts": []}],
    ):
        server = FakeServer()
        action = server.assign(chunks=chunks)
        never_ends(server, action)
        device = FakeDevice(server)
        device.cycles(4)
        ends = [entry for entry in action.entries if entry[0] == "closed"]
        assert len(ends) == 2, ends
        assert reports_and_saves(device, server) == (0, 0)


def test_report_that_is_refused_costs_nothing_more():
    for answer in (empty(400), error(429, "quota.tooManyEntries")):
        server = FakeServer()
        server.assign(chunks=[])
        server.fault("feedback", answer)
        device = FakeDevice(server)
        device.cycles(5)
        assert reports_and_saves(device, server) == (0, 0), answer


def test_report_of_an_action_that_is_said_to_be_gone_and_is_offered_costs_one_post_a_cycle():
    server = FakeServer()
    server.assign(chunks=[])
    server.fault("feedback", empty(410))
    device = FakeDevice(server)
    device.cycles(5)
    posts, saves = reports_and_saves(device, server)
    assert posts <= 5 and saves == 0
    assert device.cycles(8) > 600  # and the cycles grow rare


# TLS that nobody verifies


def test_unverified_tls_is_logged_at_each_poll():
    class TLS:
        def __init__(self, verify_mode):
            self.verify_mode = verify_mode

    for tls, url, count in (
        (TLS(0), "https://h", 2),
        (TLS(2), "https://h", 0),
        (object(), "https://h", 0),  # of a MicroPython whose contexts do not say
        (None, "http://h", 0),
    ):
        net = FakeNet(*[[REQUEST, poll_answer()]] * 2)
        lines = []
        real, log.line = log.line, lambda level, text, *args, to=lines: to.append(text % args)
        try:
            client = Client(Session(net, net.clock, tls=tls), url, "DEFAULT", "d")
            for _ in range(2):
                client.poll()
                client.close()
        finally:
            log.line = real
        assert lines == ["TLS is not verified: insecure=True"] * count


HERE = "http://server:8080"
# Where a server, a proxy or a redirect may lead: links that look like home.
TRICKS = (
    "http://server:8081/fw",
    "http://server/fw",
    "http://server.:8080/fw",
    "http://server:8080.evil.example/fw",
    "http://server:8080@evil.example/fw",
    "http://evil.example:80@server:8080/fw",
    "http://evil.example#@server:8080/fw",
    "http://evil.example?@server:8080/fw",
    "http://evil.example\\@server:8080/fw",
    "http://server:8080\\@evil.example/fw",
    "http://evil.example/http://server:8080/fw",
    "http://server%00.evil.example:8080/fw",
    "http://server\t:8080/fw",
    "http://server:8080\r\nHost: evil.example\r\n\r\n/fw",
    "http://[server]:8080/fw",
    "http://server:8080:80/fw",
    "http://server:/fw",
    "http:server:8080/fw",
    "http:///server:8080/fw",
    "//evil.example/fw",
    "///server:8080/fw",
    "\\\\evil.example\\fw",
    "file:///fw",
    "javascript:fw",
    "ftp://server:8080/fw",
)


def test_no_link_takes_the_token_elsewhere():
    answer = [REQUEST, b"HTTP/1.1 404 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n"]
    redirect = b"HTTP/1.1 302 \r\nContent-Length: 0\r\nLocation: "
    for link in TRICKS:
        for is_redirect in (False, True):
            first = answer
            if is_redirect:
                first = [REQUEST, redirect + link.encode() + b"\r\n\r\n"] + answer
            net = FakeNet(first, answer)
            client = Client(net.session(), HERE, "DEFAULT", "dev1", target_token="secret")
            try:
                ask(client, HERE + "/fw" if is_redirect else client.artifact_link(link), 0, 100)
            except (ProtocolError, UpdateError):
                pass
            for (host, port, _, _), stream in zip(net.dials, net.streams):  # noqa: B905
                sent = b"".join(stream.written)
                is_home = (host, port) == ("server", 8080)
                assert (b"secret" in sent) <= is_home, (link, is_redirect, net.dials)
                assert sent.count(b"\r\nHost: ") == sent.count(b"GET "), (link, sent)
