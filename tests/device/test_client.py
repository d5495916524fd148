"""What goes over the wire for each resource, and where the token goes."""

import json

import asks
from fake_ddi import CLOSED, QUOTA, empty, error
from fakes import FakeSession
from hawkbit.client import Client, quote
from hawkbit.deployment import EXEC_CLOSED, RESULT_SUCCESS
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from runner import raises

HOST = "https://server"
BASE = "/DEFAULT/controller/v1/dev1"
POLL = b'{"config":{"polling":{"sleep":"00:05:00"}}}'
TOKEN = "TargetToken secret"


def client(answers, url=HOST, **kwargs):
    """Return (Client, session); the answers are a list or a function."""
    session = FakeSession(answers)
    kwargs.setdefault("target_token", "secret")
    return Client(session, url, "DEFAULT", "dev1", **kwargs), session


# --- addresses and heads


def test_ids_are_percent_encoded():
    assert quote("dev-1_a.b~c:d@e") == "dev-1_a.b~c:d@e"
    assert quote("a b/c?d%\u00e4") == "a%20b%2Fc%3Fd%25%C3%A4"
    found = Client(None, "http://server:8080/", "T 1", "d/1")
    assert found.url == "http://server:8080/T%201/controller/v1/d%2F1"


def test_url_that_is_none_is_refused_at_once():
    for url in ("server", "", "ftp://server", "http://", "http://user:pw@server", "http://a b"):
        raises(ProtocolError, Client, None, url, "DEFAULT", "dev1")


def test_prefix_of_a_proxy_is_kept():
    found, session = client([(200, {}, POLL)], "https://server/hawkbit/")
    found.poll()
    assert session.requests[0].url == "https://server/hawkbit" + BASE


def test_idle_poll_sends_at_most_400_bytes():
    found, session = client([(200, {"ETag": '"0' + "a" * 32 + '"'}, POLL), empty(304)])
    found.poll()
    found.poll()
    sent = session.requests[1]
    size = len("GET %s HTTP/1.1\r\nHost: server\r\n\r\n" % sent.path)
    assert size + sum(len(k) + len(v) + 4 for k, v in sent.headers.items()) <= 400


def test_token_of_either_kind_is_sent():
    for kwargs, word in (
        ({"target_token": "secret"}, "TargetToken secret"),
        ({"gateway_token": "secret"}, "GatewayToken secret"),
        ({"target_token": "a", "gateway_token": "b"}, "TargetToken a"),
    ):
        session = FakeSession([(200, {}, POLL)])
        Client(session, HOST, "DEFAULT", "dev1", **kwargs).poll()
        assert session.requests[0].headers["authorization"] == word
    session = FakeSession([(200, {}, POLL)])
    Client(session, HOST, "DEFAULT", "dev1").poll()
    assert "authorization" not in session.requests[0].headers


# --- poll


def test_poll_unchanged_is_the_one_before():
    found, session = client([(200, {"ETag": '"x"'}, POLL), empty(304), empty(304)])
    first = found.poll()
    assert found.poll() == first and found.poll() == first
    assert session.requests[0].headers.get("if-none-match") is None
    assert session.requests[2].headers["if-none-match"] == '"x"'


def test_poll_not_modified_without_a_question_is_an_error():
    found, _ = client([empty(304)])
    assert raises(HTTPError, found.poll).status == 304


def test_poll_after_one_that_failed_is_asked_whole():
    found, session = client(
        [(200, {"ETag": '"x"'}, POLL), (200, {"ETag": '"y"'}, b"<html>"), (200, {}, POLL)]
    )
    first = found.poll()
    raises(ProtocolError, found.poll)
    assert found.poll() == first
    assert "if-none-match" in session.requests[1].headers
    assert "if-none-match" not in session.requests[2].headers


def test_poll_without_etag_is_asked_whole_again():
    found, session = client([(200, {"ETag": '"x"'}, POLL), (200, {}, POLL), (200, {}, POLL)])
    for _ in range(3):
        found.poll()
    assert "if-none-match" not in session.requests[2].headers


def test_poll_after_a_link_that_failed_is_asked_whole():
    for answer in (empty(404), CLOSED, (200, {}, b"<html>")):
        found, session = client([(200, {"ETag": '"x"'}, POLL), answer, (200, {}, POLL)])
        found.poll()
        raises(
            (HTTPError, ProtocolError, OSError),
            asks.stop_id,
            found,
            HOST + BASE + "/cancelAction/1",
        )
        found.poll()
        assert "if-none-match" not in session.requests[2].headers


def test_poll_after_a_link_that_was_answered_is_asked_with_its_etag():
    found, session = client(
        [(200, {"ETag": '"x"'}, POLL), (200, {}, b'{"cancelAction":{"stopId":"5"}}'), empty(304)]
    )
    first = found.poll()
    assert asks.stop_id(found, HOST + BASE + "/cancelAction/1") == "5"
    assert found.poll() == first
    assert session.requests[2].headers["if-none-match"] == '"x"'


def test_poll_after_a_link_that_is_none_is_asked_whole():
    found, session = client([(200, {"ETag": '"x"'}, POLL), (200, {}, POLL)])
    found.poll()
    raises(ProtocolError, asks.stop_id, found, "no\nlink")
    found.poll()
    assert "if-none-match" not in session.requests[1].headers


def test_retry_after_that_is_no_number_is_none():
    for text in ("", "\u00b2", "Wed, 21 Oct", "1.5", "soon", "Wed, 21 Oct 2026 7.28 GMT"):
        found, _ = client([(503, {"Retry-After": text}, b"")])
        assert raises(HTTPError, found.poll).retry_after_s is None
    found, _ = client([(503, {"Retry-After": "120"}, b"")])
    assert raises(HTTPError, found.poll).retry_after_s == 120


def test_json_too_deep_is_protocol_error():
    for status in (200, 400):
        found, _ = client([(status, {}, b"[" * 1500 + b"]" * 1500)])
        raises((HTTPError, ProtocolError), found.poll)


def test_redirected_poll_is_not_followed():
    found, session = client([(302, {"Location": "https://evil" + BASE}, b"")])
    assert raises(HTTPError, found.poll).status == 302
    assert len(session.requests) == 1


def test_answer_that_is_not_json_is_protocol_error():
    for body in (b"", b"{", b"<html>", b"\xff\xfe\x00", b"nul", b'{"a":1}}', b"\x00"):
        found, _ = client([(200, {}, body)])
        raises(ProtocolError, found.poll)


def test_answer_up_to_the_limit_is_read_and_over_it_refused():
    for size in (4095, 4096, 4097, 8191, 8192):
        found, _ = client([(200, {}, POLL + b" " * (size - len(POLL)))])
        assert found.poll().sleep == "00:05:00", size
    found, session = client([(200, {}, POLL + b" " * (8193 - len(POLL)))])
    e = raises(UpdateError, found.poll)
    assert "8192" in str(e)


def test_limit_can_be_raised():
    found, _ = client([(200, {}, POLL + b" " * 19000)], json_limit=20000)
    assert found.poll().sleep == "00:05:00"


def test_connection_is_kept_after_every_answer_that_was_read():
    found, session = client(
        [(200, {}, POLL), error(404, "x"), (200, {}, b'{"success":true}'), (200, {}, POLL)]
    )
    found.poll()
    raises(HTTPError, asks.deployment, found, HOST + BASE + "/deploymentBase/1")
    asks.feedback(found, "1", EXEC_CLOSED, RESULT_SUCCESS)
    found.poll()
    assert session.connections == 1


# --- links


def test_json_links_of_another_host_are_asked_at_home():
    for link in (
        "http://internal:8080" + BASE + "/cancelAction/7?c=1",
        "https://evil" + BASE + "/cancelAction/7?c=1",
        BASE + "/cancelAction/7?c=1",
    ):
        found, session = client([(200, {}, b'{"cancelAction":{"stopId":"7"}}')])
        asks.stop_id(found, link)
        request = session.requests[0]
        assert request.url == HOST + BASE + "/cancelAction/7?c=1"
        assert request.headers["authorization"] == TOKEN


def test_json_link_that_is_none_is_protocol_error():
    for link in (
        "ftp://server/x",
        "http://",
        "http://a\tb/",
        "https://server\r\nx: y/",
    ):
        found, session = client([])
        raises(ProtocolError, asks.stop_id, found, link)
        assert session.requests == []


# --- what the device sends


def test_feedback_goes_below_the_base_with_json():
    found, session = client([empty(200)] * 4)
    asks.feedback(found, "7", EXEC_CLOSED, RESULT_SUCCESS, ["a"], 3)
    asks.cancel_feedback(found, "7", EXEC_CLOSED, RESULT_SUCCESS)
    found.config_data({"a": 1})
    asks.set_installed(found, "linux", "1.0")
    seen = [(r.method, r.path[len(BASE) :]) for r in session.requests]
    assert seen == [
        ("POST", "/deploymentBase/7/feedback"),
        ("POST", "/cancelAction/7/feedback"),
        ("PUT", "/configData"),
        ("PUT", "/installedBase"),
    ]
    assert all(r.headers["content-type"] == "application/json" for r in session.requests)
    assert all(r.headers["authorization"] == TOKEN for r in session.requests)
    assert session.requests[0].json()["status"]["code"] == 3


def test_answers_with_and_without_a_body_are_taken():
    for answer in (empty(200), empty(201), empty(204), (200, {}, b'{"success":true}')):
        found, session = client([answer])
        found.config_data({"a": 1})


def test_refusal_carries_status_and_error_code():
    found, _ = client([QUOTA, empty(410), (400, {}, b"<html>"), CLOSED])
    e = raises(HTTPError, asks.feedback, found, "7", "closed", "success")
    assert e.status == 429 and e.error_code == "hawkbit.server.error.quota.tooManyEntries"
    e = raises(HTTPError, asks.feedback, found, "7", "closed", "success")
    assert (e.status, e.error_code) == (410, None)
    assert raises(HTTPError, asks.feedback, found, "7", "closed", "success").error_code is None
    raises(OSError, asks.feedback, found, "7", "closed", "success")


def test_refusal_whose_body_breaks_off_keeps_its_status():
    class Broken:
        def readinto(self, buf):
            raise self.error

    for fault in (OSError(104), ProtocolError("chunk")):
        body = Broken()
        body.error = fault
        found, _ = client([(410, {"Content-Length": "50"}, body)])
        assert raises(HTTPError, asks.feedback, found, "7", "closed", "success").status == 410


# --- artifacts: where the token goes


def asked(link, answers=None, url=HOST, **kwargs):
    """Return the requests for an artifact at `link`."""
    found, session = client(answers or [(206, {}, b"x")], url, **kwargs)
    asks.artifact(found, found.artifact_link(link), 0, 4096)
    return session.requests


def test_artifact_at_home_is_asked_with_the_token():
    for link in (HOST + "/x/fw.bin", "https://SERVER:443/x/fw.bin", "https://server:0443/x"):
        assert asked(link)[0].headers["authorization"] == TOKEN, link


def test_artifact_elsewhere_is_asked_without_the_token():
    for link in (
        "https://cdn/fw.bin",
        "https://server:8443/fw.bin",
        "https://server.evil/fw.bin",
        "https://evil/server/fw.bin",
        "https://evil?server/",
        "https://server./fw.bin",
    ):
        try:
            requests = asked(link)
        except ProtocolError:
            continue  # not asked at all
        assert "authorization" not in requests[0].headers, link


def test_artifact_at_a_user_of_another_host_is_not_asked():
    for link in ("https://server@evil/x", "https://server:443@evil/x", "https://server\\@evil/x"):
        found, session = client([(206, {}, b"x")])
        raises(ProtocolError, asks.artifact, found, link, 0, 10)
        assert session.requests == []


def test_artifact_link_from_https_to_http_is_refused():
    for link in ("http://server/fw.bin", "http://cdn/fw.bin", "HTTP://server/x"):
        found, session = client([(206, {}, b"x")])
        assert "https to http" in str(raises(UpdateError, asks.artifact, found, link, 0, 10))
        assert session.requests == []


def test_artifact_from_http_may_lead_to_https():
    requests = asked("https://cdn/fw.bin", url="http://server")
    assert "authorization" not in requests[0].headers


def test_rewritten_link_stays_at_home():
    for link in ("http://internal:8080/x/fw.bin?a=b", "https://cdn/x/fw.bin?a=b"):
        request = asked(link, rewrite_links=True)[0]
        assert request.url == HOST + "/x/fw.bin?a=b"
        assert request.headers["authorization"] == TOKEN


def test_redirect_to_another_host_loses_the_token():
    for status in (301, 302, 303, 307, 308):
        answers = [(status, {"Location": "https://cdn/blob?sig=1"}, b"moved"), (206, {}, b"x")]
        first, second = asked(HOST + "/fw.bin", answers)
        assert first.headers["authorization"] == TOKEN
        assert second.url == "https://cdn/blob?sig=1"
        assert "authorization" not in second.headers
        assert second.range() == (0, 4096)


def test_redirect_within_the_server_keeps_the_token():
    answers = [(302, {"Location": "/other/fw.bin"}, b""), (206, {}, b"x")]
    second = asked(HOST + "/fw.bin", answers)[1]
    assert second.url == HOST + "/other/fw.bin" and second.headers["authorization"] == TOKEN


def test_redirect_to_http_is_refused():
    found, session = client([(302, {"Location": "http://server/fw.bin"}, b"")])
    raises(UpdateError, asks.artifact, found, HOST + "/fw.bin", 0, 10)
    assert len(session.requests) == 1


def test_redirects_without_end_or_aim_are_protocol_errors():
    found, session = client(lambda request: (302, {"Location": request.url}, b""))
    raises(ProtocolError, asks.artifact, found, HOST + "/fw.bin", 0, 10)
    assert len(session.requests) == 6
    for location in ("", "ftp://x/y", "https://user@x/y", "//evil\r\nx/y"):
        answers = [(302, {"Location": location}, b""), (206, {}, b"")]
        found, session = client(answers, "http://server")
        raises(ProtocolError, asks.artifact, found, "http://server/fw.bin", 0, 10)
    found, session = client([(302, {}, b"")], "http://server")
    raises(ProtocolError, asks.artifact, found, "http://server/fw.bin", 0, 10)


def test_range_and_if_range_are_as_hawkbit_reads_them():
    request = asked(HOST + "/fw.bin")[0]
    assert request.headers["range"] == "bytes=0-4095"
    found, session = client([(206, {}, b"x")])
    asks.artifact(found, HOST + "/fw.bin", 4096, 5000, '"abc"')
    heads = session.requests[0].headers
    assert heads["range"] == "bytes=4096-4999" and heads["if-range"] == '"abc"'
    assert "if-match" not in heads and "if-none-match" not in heads


def test_close_closes_the_connection():
    found, session = client([(200, {}, POLL), (200, {}, POLL)])
    found.poll()
    found.close()
    found.poll()
    assert session.connections == 2


def test_body_is_what_json_says():
    found, session = client([empty(200)])
    found.send("POST", "/x", {"a": "\u00e4"})
    assert json.loads(session.requests[0].body) == {"a": "\u00e4"}
