"""Login, retries, paging, uploads and answers that no hawkBit should give."""

import hashlib
import socket
from contextlib import ExitStack

import httpx
import pytest
from recorded import PASSWORD, Server, answer, client_for
from rollouts.api import Hawkbit, rsql
from rollouts.api.errors import BadAnswerError, RefusedError, ServerError, UnreachableError
from rollouts.api.transport import path
from rollouts.testing import local_server

USER_INFO = {"tenant": "DEFAULT", "username": "admin"}


def ok(data=USER_INFO):
    return httpx.Response(200, json=data)


def test_json_is_asked_for_on_every_request():
    # GET of one metadata entry answers 406 to application/hal+json.
    client, server = client_for(ok({"key": "k", "value": "v"}))
    assert client.sets.metadata(1).get("k").value == "v"
    assert server.requests[0].headers["Accept"].startswith("application/json")


def test_plain_hawkbit_gets_the_user_alone():
    client, server = client_for(ok(), tenant="DEFAULT")
    client.user_info()
    assert server.logins == [f"admin:{PASSWORD}"]


def test_a_401_is_tried_with_tenant_and_user_and_that_is_kept():
    client, server = client_for(httpx.Response(401), ok(), ok(), tenant="ACME", user="jane")
    client.user_info()
    client.user_info()
    assert [login.split(":")[0] for login in server.logins] == ["jane", "ACME\\jane", "ACME\\jane"]


def test_a_user_with_tenant_is_sent_as_it_is():
    client, server = client_for(httpx.Response(401), tenant="ACME", user="ACME\\jane")
    with pytest.raises(ServerError):
        client.user_info()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ('Bearer realm="hawkBit"', "login by Bearer.*ROLLOUTS_USER"),
        ("Negotiate, Bearer", "login by Negotiate"),
        ('Bearer realm="a", Basic realm="b"', "answered 401"),
        ('basic realm="hawkBit", charset="UTF-8"', "answered 401"),
    ],
)
def test_server_without_basic_login_is_told_with_what_to_do(wanted, said):
    client, _ = client_for(httpx.Response(401, headers={"WWW-Authenticate": wanted}))
    with pytest.raises((BadAnswerError, ServerError), match=said):
        client.user_info()


def test_history_entry_without_words_has_none():
    # Seen on hawkBit 1.0.4 after an answer to a cancelation that has no details.
    entry = {"id": 1, "type": "running", "messages": [None], "reportedAt": 1, "timestamp": 1}
    client, _ = client_for(ok({"content": [entry], "total": 1, "size": 1}))
    [seen] = client.targets.action_history("dev", 1)
    assert seen.messages == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_passing_fault_is_tried_again_with_growing_pauses(status):
    client, server = client_for(*[httpx.Response(status)] * 3, ok())
    assert client.user_info().tenant == "DEFAULT"
    assert [int(pause) for pause in server.sleeps_s] == [1, 2, 4]


def test_a_fault_that_stays_is_reported_after_four_tries():
    client, server = client_for(*[httpx.Response(503, text="maintenance")] * 4)
    with pytest.raises(ServerError, match="maintenance.*503"):
        client.user_info()
    assert len(server.requests) == 4


def test_retry_after_is_waited_for():
    client, server = client_for(httpx.Response(429, headers={"Retry-After": "9"}), ok())
    client.user_info()
    assert 9 <= server.sleeps_s[0] <= 9 * 1.25


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "hawkbit.server.error.quota.tooManyEntries"),
        (403, "hawkbit.server.error.quota.tooManyEntries"),
        (409, "hawkbit.server.error.repo.entityAlreadyExists"),
        (400, "hawkbit.server.error.rest.body.notReadable"),
    ],
)
def test_a_final_refusal_is_not_tried_again(status, code):
    client, server = client_for(httpx.Response(status, json={"errorCode": code}))
    with pytest.raises(ServerError):
        client.user_info()
    assert len(server.requests) == 1


def test_a_concurrent_change_is_tried_again():
    code = "hawkbit.server.error.repo.concurrentModification"
    client, _ = client_for(httpx.Response(409, json={"errorCode": code}), ok())
    assert client.user_info().username == "admin"


def test_a_connection_lost_after_the_first_answer_is_opened_again():
    client, server = client_for(ok(), httpx.RemoteProtocolError("server disconnected"), ok())
    client.user_info()
    client.user_info()
    assert len(server.requests) == 3


def test_an_address_that_never_answered_is_not_tried_again():
    client, server = client_for(httpx.ConnectError("Name or service not known"))
    with pytest.raises(UnreachableError, match=r"cannot reach http://hawkbit\.test: Name"):
        client.user_info()
    assert len(server.requests) == 1


def test_a_list_is_read_to_its_end():
    def page(first, count):
        content = [{"key": str(key), "value": "v"} for key in range(first, first + count)]
        return ok({"content": content, "total": 1100, "size": count})

    client, server = client_for(page(0, 500), page(500, 500), page(1000, 100))
    assert len(client.sets.metadata(1).find()) == 1100
    assert [one.url.params["offset"] for one in server.requests] == ["0", "500", "1000"]
    assert {one.url.params["sort"] for one in server.requests} == {"key:ASC"}


def test_a_list_that_shrinks_meanwhile_ends():
    content = [{"key": "a", "value": "v"}]
    first = ok({"content": content, "total": 9, "size": 1})
    client, _ = client_for(first, ok({"content": [], "total": 1, "size": 0}))
    assert len(client.sets.metadata(1).find()) == 1


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(200, html="<html>please log in</html>"),
        httpx.Response(200, text="{"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"tenant": 5, "username": "admin"}),
        httpx.Response(200),
        httpx.Response(302, headers={"Location": "https://portal.test/login"}),
    ],
)
def test_an_answer_of_another_shape_is_named(response):
    client, _ = client_for(response)
    with pytest.raises(BadAnswerError):
        client.user_info()


@pytest.mark.parametrize(
    "page",
    [{"content": [], "total": None}, {"content": {}, "total": 1}, {"total": 1}, "x", None],
)
def test_a_page_of_another_shape_is_named(page):
    client, _ = client_for(ok(page))
    with pytest.raises(BadAnswerError):
        client.sets.find()


@pytest.mark.parametrize(
    "actions", [[{}], [{"id": "7"}], ["x"], [{"id": 7, "_links": {"self": {"href": "/x"}}}]]
)
def test_assigned_actions_of_another_shape_are_named(actions):
    answer = {"assigned": 1, "alreadyAssigned": 0, "total": 1, "assignedActions": actions}
    client, _ = client_for(ok(answer))
    with pytest.raises(BadAnswerError):
        client.sets.assign(1, [])


@pytest.mark.parametrize(
    "url", ["", "hawkbit", "ftp://x", "http://", "https://u:p@host", "https://host?x=1"]
)
def test_an_unusable_url_is_refused_without_showing_it(url):
    with pytest.raises(RefusedError) as caught:
        Hawkbit(url, "u", "p")
    assert "u:p" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://h:80/", "http://h", "http://h/rest/v1", "http://h/rest/v1/"]
)
def test_the_url_may_or_may_not_name_the_api(url):
    assert Hawkbit(url, "u", "p").url == "http://h"


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_segment_no_url_can_carry_is_refused(segment):
    with pytest.raises(RefusedError):
        path("targets", segment)


def test_segments_are_percent_encoded():
    assert path("targets", "a/b?c#d %é") == "/targets/a%2Fb%3Fc%23d%20%25%C3%A9"


def test_a_ca_file_that_is_none_is_refused(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    for file in ("ca.pem", "absent.pem"):
        with pytest.raises(RefusedError, match="CA file"):
            Hawkbit("https://h", "u", "p", ca=str(tmp_path / file))


def test_upload_streams_the_file_and_compares_the_hash(tmp_path):
    file = tmp_path / "fw.bin"
    file.write_bytes(bytes(range(256)) * 4000)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    made = {"id": 1, "providedFilename": "fw.bin", "size": 1, "hashes": {"sha256": sha256}}
    client, server = client_for(httpx.Response(201, json=made))
    counts = []
    artifact = client.modules.upload(83, file, 'a"b.bin', on_bytes=counts.append)
    assert artifact.hashes.sha256 == sha256
    assert server.query == {"filename": 'a"b.bin', "sha256sum": sha256}
    assert file.read_bytes() in server.bodies[0]
    assert b'filename="a%22b.bin"' in server.bodies[0]
    assert int(server.requests[0].headers["Content-Length"]) == len(server.bodies[0])
    assert sum(counts) == file.stat().st_size


def test_an_upload_that_is_tried_again_sends_the_whole_file_again(tmp_path):
    file = tmp_path / "fw.bin"
    file.write_bytes(b"x" * 600_000)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    made = {"id": 1, "providedFilename": "fw.bin", "size": 1, "hashes": {"sha256": sha256}}
    client, server = client_for(httpx.Response(503), httpx.Response(201, json=made))
    counts = []
    client.modules.upload(83, file, "fw.bin", on_bytes=counts.append)
    assert [body.count(b"x" * 600_000) for body in server.bodies] == [1, 1]
    assert sum(counts) == 600_000


def test_an_upload_that_arrived_changed_is_an_error(tmp_path):
    file = tmp_path / "fw.bin"
    file.write_bytes(b"other bytes")
    client, _ = client_for(answer("mgmt_release", "upload"))
    with pytest.raises(BadAnswerError, match="sha256"):
        client.modules.upload(83, file, "fw.bin")


def test_odd_characters_in_a_query_become_wildcards():
    assert rsql.matching("name", 'a"b;c,d') == 'name=="a*b*c*d"'
    assert rsql.one_of("id", [1, 2]) == "id=in=(1,2)"


def test_secrets_are_not_in_the_client():
    client = Server().client()
    assert PASSWORD not in repr(client) + repr(vars(client))


@pytest.mark.parametrize(
    "answer",
    [{"controllerId": 5, "securityToken": "s3cr3t"}, ["s3cr3t"], {"securityToken": ["s3cr3t"]}],
)
def test_an_answer_of_another_shape_is_named_without_its_values(answer):
    client, _ = client_for(ok(answer))
    with pytest.raises(BadAnswerError, match=r"Target(\.\w+)?[: ]") as caught:
        client.targets.get("dev")
    assert "s3cr3t" not in str(caught.value)


def test_a_whole_number_is_a_number():
    client, _ = client_for(ok({"id": 1, "name": "a", "status": "ready", "targetPercentage": 5}))
    assert client.rollouts.group(1, 1).target_percentage == 5.0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_login_for_loopback_does_not_go_to_a_proxy(monkeypatch, host):
    with socket.create_server(("127.0.0.1", 0)) as proxy, local_server() as server:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        url = server.url.replace("127.0.0.1", host)
        with Hawkbit(url, server.user, server.password) as hawkbit:
            assert hawkbit.targets.find() == []


def test_server_on_this_computer_that_is_starting_is_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    waited = []
    with ExitStack() as stack:

        def start_server(delay_s):
            waited.append(delay_s)
            if len(waited) == 3:
                stack.enter_context(local_server(port=port))

        url = f"http://127.0.0.1:{port}"
        with Hawkbit(url, "admin", "admin", sleep=start_server) as client:
            assert client.user_info().tenant == "DEFAULT"
    assert len(waited) == 3


def test_nobody_on_this_computer_is_said_after_some_seconds():
    waited = []
    client = Hawkbit("http://127.0.0.1:1", "u", "p", sleep=waited.append)
    with client, pytest.raises(UnreachableError, match="cannot reach"):
        client.user_info()
    assert 3 <= sum(waited) <= 10
