"""What people really meet: proxies, gateways, CDNs and older servers. A table for each kind."""

import asks
from fake_ddi import BASE, TOKEN, URL, FakeDevice, FakeServer, empty, pattern
from fakes import FakeSession, artifact_answer
from hawkbit import http, http_date
from hawkbit.client import Client, quote
from hawkbit.errors import HTTPError, ProtocolError
from runner import raises

DATA = pattern(20000)


def device_at(server, address, **settings):
    """Return a device that knows the server by another address."""
    client = Client(server.session, address, "DEFAULT", "dev1", target_token=TOKEN, **settings)
    return FakeDevice(server, client=client)


def finished(device, action, cycles=4):
    device.cycles(cycles)
    assert action.status == "finished", (action.status, device.errors())
    assert device.slot.data == DATA


# --- addresses: RFC 3986


def test_references_mean_what_rfc_3986_says():
    base = "http://a/b/c/d;p?q"
    for reference, url in (
        ("g:h", "g:h"),
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("//cdn:81/x?y", "http://cdn:81/x?y"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        ("..g", "http://a/b/c/..g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/../h", "http://a/b/c/h"),
        ("x/y:z", "http://a/b/c/x/y:z"),
        ("my fw.bin", "http://a/b/c/my%20fw.bin"),
    ):
        assert http.absolute(base, reference) == url, (reference, http.absolute(base, reference))
    assert http.absolute("https://a", "g") == "https://a/g"


def test_redirects_of_every_form_are_followed_and_the_token_stays_home():
    for location, url, is_home in (
        ("//cdn/x", "http://cdn/x", False),
        ("/other", URL + "/other", True),
        ("other.bin?sig=a+b", URL + "/dir/other.bin?sig=a+b", True),
        ("../up", URL + "/up", True),
        ("https://cdn/x", "https://cdn/x", False),
        ("/my fw.bin", URL + "/my%20fw.bin", True),
    ):
        session = FakeSession([(302, {"Location": location}, b""), (206, {}, b"x")])
        client = Client(session, URL, "DEFAULT", "dev1", target_token=TOKEN)
        asks.artifact(client, URL + "/dir/fw.bin", 0, 10)
        assert session.requests[1].url == url, location
        assert ("authorization" in session.requests[1].headers) == is_home, location


def test_five_redirects_are_followed_and_a_sixth_is_not():
    for count in (5, 6):
        answers = [(307, {"Location": "/%d" % i}, b"") for i in range(count)]
        session = FakeSession(answers + [(206, {}, b"x")])
        client = Client(session, URL, "DEFAULT", "dev1")
        if count == 5:
            assert asks.artifact(client, URL + "/fw.bin", 0, 10).status == 206
        else:
            raises(ProtocolError, asks.artifact, client, URL + "/fw.bin", 0, 10)


def test_place_a_redirect_led_to_is_asked_again_for_the_next_window():
    server = FakeServer()
    action = server.assign(DATA)

    def redirected(request):
        if request.path.startswith("/cdn"):
            return artifact_answer(request, DATA)
        return 302, {"Location": "/cdn/fw.bin"}, b""

    server.fault("artifacts", redirected)
    server.fault("/cdn/", redirected)
    finished(FakeDevice(server), action)
    assert len(server.seen("artifacts")) == 1 and len(server.seen("/cdn/")) == 5


def test_expired_place_of_a_redirect_is_asked_for_anew():
    server = FakeServer()
    action = server.assign(DATA)
    places = []

    def redirected(request):
        if not request.path.startswith("/cdn"):
            places.append("/cdn/%d" % len(places))
            return 302, {"Location": places[-1]}, b""
        is_fresh = len(server.seen(request.path)) <= 2
        return artifact_answer(request, DATA) if is_fresh else empty(403)

    server.fault("artifacts", redirected)
    server.fault("/cdn/", redirected)
    finished(FakeDevice(server), action, cycles=9)
    assert len(places) > 1


def test_base_path_that_a_proxy_strips_is_put_before_links():
    for address in ("http://server:8080/hawkbit", "http://server:8080/hawkbit/"):
        server = FakeServer()
        action = server.assign(DATA)
        right = server.answer

        def behind(request, right=right):
            assert request.path.startswith("/hawkbit/"), request.path
            request.path = request.path[len("/hawkbit") :]
            return right(request)

        server.session._answers = behind
        finished(device_at(server, address), action)


def test_link_that_has_the_base_path_keeps_it_once():
    client = Client(None, "https://h/a/b", "T", "d")
    assert client.at_home("http://x/a/b/T/y") == "https://h/a/b/T/y"
    assert client.at_home("http://x/T/y") == "https://h/a/b/T/y"
    assert client.at_home("/a/bc") == "https://h/a/b/a/bc"


def test_links_of_our_own_host_come_home_whatever_scheme_they_say():
    client = Client(None, "https://hawkbit.example/x", "T", "d")
    for link, url in (
        ("http://hawkbit.example/T/fw", "https://hawkbit.example/x/T/fw"),
        ("http://HAWKBIT.example:8080/T/fw", "https://hawkbit.example/x/T/fw"),
        ("https://hawkbit.example/x/T/fw?s=1", "https://hawkbit.example/x/T/fw?s=1"),
        ("https://hawkbit.example:444/T/fw", "https://hawkbit.example:444/T/fw"),
        ("https://cdn.example/T/fw", "https://cdn.example/T/fw"),
        ("http://cdn.example/T/fw", "http://cdn.example/T/fw"),
        ("//hawkbit.example/T/fw", "https://hawkbit.example/x/T/fw"),
    ):
        assert client.artifact_link(link) == url, link


def test_device_updates_behind_a_proxy_that_ends_tls():
    server = FakeServer()
    action = server.assign(DATA)
    finished(device_at(server, "https://server"), action)
    assert all(r.url.startswith("https://server/") for r in server.session.requests)


def test_sub_delims_stay_raw_in_an_id():
    assert quote("plant(2)") == "plant(2)"
    assert quote("a!$&'*+,;=b") == "a!$&'*+,;=b"
    assert quote("a/b c%#?") == "a%2Fb%20c%25%23%3F"


def test_plus_of_a_query_is_left_alone():
    server = FakeServer()
    link = URL + BASE + "/softwaremodules/1/artifacts/my+fw.bin?sig=a+b"
    one = server.add(DATA, "my fw.bin", _links={"download-http": {"href": link}})
    server.assign(chunks=[{"part": "os", "name": "n", "version": "1", "artifacts": [one]}])
    FakeDevice(server).cycle()
    assert server.seen("artifacts")[0].path.endswith("/my%20fw.bin?sig=a+b")


# --- headers


def test_every_request_says_who_asks():
    server = FakeServer()
    action = server.assign(DATA)
    finished(FakeDevice(server), action)
    agents = {request.headers["user-agent"] for request in server.session.requests}
    assert len(agents) == 1 and agents.pop().startswith("micropython-hawkbit/")


def test_headers_of_the_user_go_to_the_origin_only():
    session = FakeSession([(302, {"Location": "https://cdn/x"}, b""), (206, {}, b"x")])
    client = Client(session, URL, "T", "d", headers={"X-API-Key": "k"}, target_token=TOKEN)
    asks.artifact(client, URL + "/fw.bin", 0, 10)
    assert session.requests[0].headers["x-api-key"] == "k"
    assert "x-api-key" not in session.requests[1].headers


def test_users_authorization_stays_where_there_is_no_token():
    session = FakeSession([empty(403)] * 2)
    client = Client(session, URL, "T", "d", headers={"Authorization": "Basic abc"})
    raises(HTTPError, client.poll)
    assert session.requests[0].headers["authorization"] == "Basic abc"


# --- validators and ranges


def test_weak_etag_is_never_sent_in_if_range():
    server = FakeServer()
    action = server.assign(DATA)

    def picky(request):
        if request.headers.get("if-range", "").startswith("W/"):
            return 200, {"ETag": 'W/"abc"'}, DATA
        return artifact_answer(request, DATA, 'W/"abc"')

    server.fault("artifacts", picky)
    finished(FakeDevice(server), action)
    assert len(server.seen("artifacts")) == 5


def test_if_range_that_always_restarts_is_left_out():
    for status in (200, 412):
        server = FakeServer()
        action = server.assign(DATA)
        tags = []

        def changing(request, status=status, tags=tags):
            tags.append('"%d"' % len(tags))
            if "if-range" in request.headers:
                return status, {"ETag": tags[-1]}, DATA if status == 200 else b""
            return artifact_answer(request, DATA, tags[-1])

        server.fault("artifacts", changing)
        finished(FakeDevice(server), action, cycles=8)
        assert len(server.seen("artifacts")) <= 8, status


def test_portals_page_in_the_middle_is_for_now():
    for kind in ("text/html", "Text/HTML; charset=x", "application/json", "application/xhtml+xml"):
        server = FakeServer()
        action = server.assign(DATA)
        page = b"<html>" + bytes(1554)
        server.fault("bytes=4096-", (200, {"Content-Type": kind}, page), 8)
        device = FakeDevice(server)
        device.cycles(4)
        assert action.is_active and "someone else answers" in device.errors()[0], kind
        finished(device, action, cycles=8)


def test_portals_page_without_a_length_is_for_now_too():
    for kind in ("text/html", "Text/HTML", "APPLICATION/XHTML+XML"):
        server = FakeServer()
        action = server.assign(DATA)
        chunked = {"Content-Type": kind, "Transfer-Encoding": "chunked"}
        server.fault("bytes=4096-", (200, chunked, b"<html>"), 8)
        device = FakeDevice(server)
        device.cycles(4)
        assert action.is_active and "someone else answers" in device.errors()[0], kind
        finished(device, action, cycles=8)


def test_another_size_of_an_octet_stream_is_final_in_any_case_of_letters():
    for kind in ("application/octet-stream", "Application/Octet-Stream"):
        server = FakeServer()
        action = server.assign(DATA)
        server.fault("artifacts", (200, {"Content-Type": kind}, b"x" * 1560), 8)
        FakeDevice(server).cycles(3)
        assert action.status == "error" and "1560 on the server" in str(action.entries), kind


def test_range_is_read_whatever_its_unit_looks_like():
    for unit in ("Bytes ", "bytes=", "bytes  "):
        server = FakeServer()
        action = server.assign(DATA)

        def odd(request, unit=unit):
            status, headers, body = artifact_answer(request, DATA)
            span = headers["Content-Range"].replace("bytes ", unit)
            return status, {"Content-Range": span}, body

        server.fault("artifacts", odd)
        finished(FakeDevice(server), action)


def test_scheme_of_a_link_is_read_in_capitals_too():
    session = FakeSession([(302, {"Location": "HTTPS://cdn/y"}, b""), (206, {}, b"x")])
    client = Client(session, "https://h", "T", "d")
    assert client.artifact_link("HTTPS://cdn/x") == "HTTPS://cdn/x"
    assert asks.artifact(client, "HTTPS://cdn/x", 0, 10).status == 206


def test_content_coding_that_changes_nothing_is_taken():
    for coding in ("identity", "Identity"):
        server = FakeServer()
        action = server.assign(DATA)

        def coded(request, coding=coding):
            status, headers, body = artifact_answer(request, DATA)
            return status, dict(headers, **{"Content-Encoding": coding}), body

        server.fault("artifacts", coded)
        finished(FakeDevice(server), action)


def test_compressed_and_multipart_answers_are_named():
    for headers, words in (
        ({"Content-Encoding": "gzip"}, "compressed"),
        ({"Content-Type": "multipart/byteranges; boundary=x"}, "multipart/byteranges"),
    ):
        server = FakeServer()
        server.assign(DATA)
        server.fault("artifacts", (206, headers, b"x" * 100))
        device = FakeDevice(server)
        device.cycle()
        assert words in device.errors()[0], device.errors()


# --- what is said, and what to do


def test_moved_server_is_named_with_its_new_address():
    for status, moved in ((300, True), (301, True), (399, True), (400, False), (201, False)):
        server = FakeServer()
        server.fault("GET", (status, {"Location": "https://server/x"}, b""))
        device = FakeDevice(server)
        device.cycle()
        assert ("moved to https://server/x" in device.errors()[0]) is moved, device.errors()
        assert str(status) in device.errors()[0]


def test_setting_that_would_help_is_named():
    server = FakeServer()
    action = server.assign(chunks=[{"part": "os", "name": "n" * 9000, "version": "1"}])
    FakeDevice(server).cycles(2)
    assert "json_limit" in action.entries[-1][2][0]
    server = FakeServer()
    one = server.add(DATA, hashes={"sha1": "a" * 40})
    action = server.assign(
        chunks=[{"part": "os", "name": "n", "version": "1", "artifacts": [one]}]
    )
    FakeDevice(server).cycles(2)
    assert "weak_hashes" in action.entries[-1][2][0]


def test_token_with_a_line_end_is_named():
    message = http._message
    e = raises(ProtocolError, message, "GET", URL, "/", {"Authorization": "TargetToken a\n"}, b"")
    assert "Authorization" in str(e) and "TargetToken" not in str(e)


def test_link_that_is_missing_again_and_again_is_an_error_with_its_address():
    server = FakeServer()
    server.assign(DATA)
    server.fault("deploymentBase", empty(404))
    device = FakeDevice(server)
    device.cycle()
    assert len(server.session.requests) <= 5
    assert "404" in device.errors()[0] and "/deploymentBase/1" in device.errors()[0]


def test_retry_after_as_a_date_is_read_where_the_clock_is_set():
    class Time:
        def __init__(self, *now):
            self.gmtime = lambda: now + (0, 0)

    kept = http_date.time
    try:
        http_date.time = Time(2026, 11, 25, 7, 27, 50)
        for text, seconds in (
            ("Wed, 25 Nov 2026 07:28:00 GMT", 10),
            ("Thu, 26 Nov 2026 07:27:50 GMT", 86400),
            ("Wed, 25 Nov 2026 07:00:00 GMT", 0),
            ("Fri, 25 Dec 2026 07:27:50 GMT", 30 * 86400),
            ("Tue, 29 Feb 2028 07:27:50 GMT", 461 * 86400),
            ("Wed, 01 Mar 2028 07:27:50 GMT", 462 * 86400),
            ("Mon, 01 Mar 2100 07:27:50 GMT", 26759 * 86400),
            ("Wednesday, 25-Nov-26 07:28:00 GMT", None),
            ("Wed Nov 25 07:28:00 2026", None),
            ("soon", None),
        ):
            assert http_date.seconds_until(text) == seconds, text
        http_date.time = Time(2000, 1, 1, 0, 0, 0)
        assert http_date.seconds_until("Wed, 25 Nov 2026 07:28:00 GMT") is None
    finally:
        http_date.time = kept


def test_no_link_that_the_session_can_ask_for_is_an_error():
    server = FakeServer()
    one = server.add(DATA, _links={})
    action = server.assign(
        chunks=[{"part": "os", "name": "n", "version": "1", "artifacts": [one]}]
    )
    FakeDevice(server).cycles(2)
    assert "no usable link" in action.entries[-1][2][0]


def test_refusal_that_lasts_is_seen_on_the_server_ever_more_rarely():
    server = FakeServer()
    action = server.assign(DATA)
    server.fault("artifacts", empty(403))
    device = FakeDevice(server)
    device.cycles(40)
    told = [details[0] for _, _, details in action.entries if details and "tried" in details[0]]
    assert [text.split(" ")[1] for text in told] == ["4", "8", "16", "32"]
    assert "403" in told[0] and action.is_active and len(action.entries) <= 18
    server.faults = []
    finished(device, action)


def test_refusals_between_which_it_goes_on_are_not_told():
    server = FakeServer()
    action = server.assign(pattern(40000))
    answers = []

    def moody(request):
        answers.append(empty(403) if len(answers) % 4 else server.right_answer(request))
        return answers[-1]

    server.fault("artifacts", moody)
    device = FakeDevice(server)
    device.cycles(40)
    assert action.status == "finished" and len(answers) > 30
    assert not [details for _, _, details in action.entries if details and "tried" in details[0]]
