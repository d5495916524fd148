"""Each fault: what the device gets, and what the server believes afterwards."""

import re
import time
from pathlib import Path

import httpx
import pytest
import rollouts
from rollouts.serve.faults import FaultError, Faults
from rollouts.serve.strikes import KINDS, LIMITS
from serve_asks import FIRMWARE

SIZE = len(FIRMWARE)


@pytest.fixture
def offered(operator):
    """A device, its action, the address of its file."""
    device = operator.device()
    action_id = operator.release()
    return device, action_id, device.artifact_url(action_id)


def test_cut_ends_the_body_early_and_a_range_goes_on(offered, hawkbit):
    device, _, url = offered
    hawkbit.faults.add("cut-at=100#1")
    with device.stream("GET", url) as answer:
        assert answer.headers["content-length"] == str(SIZE)
        got = b""
        with pytest.raises(httpx.RemoteProtocolError):
            for piece in answer.iter_raw():
                got += piece
    assert got == FIRMWARE[:100]
    rest = device.get(url, headers={"Range": "bytes=100-"})
    assert got + rest.content == FIRMWARE


def test_slow_and_drip_send_at_their_rate(offered, hawkbit):
    device, _, url = offered
    hawkbit.faults.add("slow=2000")
    started = time.monotonic()
    assert device.get(url).content == FIRMWARE
    assert time.monotonic() - started > 0.8 * SIZE / 2000
    hawkbit.faults.clear()
    hawkbit.faults.add("drip")
    with pytest.raises(httpx.ReadTimeout):
        device.get(url, timeout=0.5)


def test_stall_sends_a_beginning_and_then_nothing(operator, hawkbit):
    device = operator.device()
    data = bytes(10_000)
    action_id = operator.assign("dev-1", operator.set_of(operator.module(fw_bin=data)))
    url = device.artifact_url(action_id)
    hawkbit.faults.add("stall")
    got = b""
    with device.stream("GET", url, timeout=0.5) as answer, pytest.raises(httpx.ReadTimeout):
        for piece in answer.iter_raw():
            got += piece
    assert got == data[:4096]


def test_wrong_hash_has_the_length_and_another_byte(offered, hawkbit):
    device, _, url = offered
    hawkbit.faults.add("wrong-hash")
    got = device.get(url).content
    assert len(got) == SIZE and got != FIRMWARE


@pytest.mark.parametrize("fault", ["no-length", "chunked"])
def test_body_without_length_is_whole(offered, hawkbit, fault):
    device, _, url = offered
    hawkbit.faults.add(fault)
    answer = device.get(url)
    assert answer.content == FIRMWARE
    assert "content-length" not in answer.headers
    assert ("transfer-encoding" in answer.headers) == fault.startswith("chunked")


def test_no_range_answers_the_whole_file(offered, hawkbit):
    device, _, url = offered
    hawkbit.faults.add("no-range")
    answer = device.get(url, headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (200, FIRMWARE)


def test_redirect_gone_and_status_are_answered_instead(offered, hawkbit, operator):
    device, action_id, url = offered
    for fault, status in (
        ("redirect=/x#1", 302),
        ("gone#1", 410),
        ("status=503@download#1", 503),
    ):
        hawkbit.faults.add(fault)
        assert device.get(url).status_code == status
        hawkbit.faults.clear()
    assert device.get(url).content == FIRMWARE
    # Only the last one reached the server.
    assert operator.history(action_id).count("download") == 1


def test_redirect_without_a_value_leads_to_the_file(offered, hawkbit):
    device, _, url = offered
    hawkbit.faults.add("redirect")
    answer = device.get(url, follow_redirects=True)
    assert answer.content == FIRMWARE and len(answer.history) == 1


def test_status_may_say_when_to_come_back(offered, hawkbit):
    hawkbit.faults.add("status=503:120@poll")
    answer = offered[0].get(offered[0].base)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "120")


def test_lost_answer_was_obeyed(offered, hawkbit, operator):
    device, action_id, _ = offered
    hawkbit.faults.add("lost-answer@feedback#1")
    with pytest.raises(httpx.RemoteProtocolError):
        device.feedback(action_id, "closed", "success")
    assert operator.action(action_id)["status"] == "finished"
    assert device.feedback(action_id, "closed", "success").status_code == 410


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ("", [503, 503, 503, 503]),
        ("#2", [200, 503, 200, 200]),
        ("#1-2", [503, 503, 200, 200]),
        ("#3-", [200, 200, 503, 503]),
    ],
)
def test_which_counts_the_requests_that_are_meant(offered, hawkbit, which, expected):
    device, action_id, _ = offered
    hawkbit.faults.add("status=503@feedback" + which)
    device.poll()
    answers = [device.feedback(action_id, "proceeding").status_code for _ in range(4)]
    assert answers == expected
    assert len(hawkbit.faults.struck) == expected.count(503)


@pytest.mark.parametrize(
    ("where", "method", "path"),
    [
        ("poll", "GET", ""),
        ("deployment", "GET", "/deploymentBase/1"),
        ("download", "GET", "/softwaremodules/1/artifacts/fw.bin"),
        ("feedback", "POST", "/deploymentBase/1/feedback"),
        ("cancel", "GET", "/cancelAction/1"),
        ("cancel", "POST", "/cancelAction/1/feedback"),
        ("confirmation", "GET", "/confirmationBase"),
        ("config", "PUT", "/configData"),
        ("installed", "GET", "/installedBase/1"),
    ],
)
def test_where_names_a_kind_of_request(where, method, path):
    named, base = Faults(), "/DEFAULT/controller/v1/dev-1"
    named.add(f"status=503@{where}")
    assert named.find(method, base + path)
    others = ["poll", "deployment", "download", "feedback", "cancel", "confirmation", "config"]
    for other in {*others, "installed"} - {where}:
        faults = Faults()
        faults.add(f"status=503@{other}")
        assert not faults.find(method, base + path), other
    assert not named.find(method, "/rest/v1/targets")


def test_where_with_a_slash_is_a_piece_of_the_path():
    faults = Faults()
    faults.add("gone@/dev-1")
    assert faults.find("GET", "/DEFAULT/controller/v1/dev-1")
    assert not faults.find("GET", "/DEFAULT/controller/v1/dev-2")


def test_first_fault_that_means_a_request_strikes_and_all_count_it():
    faults = Faults()
    for text in ("gone@any#1", "status=503@any#1-2", "drip@any"):
        faults.add(text)
    struck = [faults.find("GET", "/DEFAULT/controller/v1/dev-1").text for _ in range(3)]
    assert struck == ["gone@any#1", "status=503@any#1-2", "drip@any"]


@pytest.mark.parametrize("value", ["", "0", "aa:bb:cc", "PT26H13M7.456S"])
def test_sleep_is_said_as_given(offered, hawkbit, value):
    hawkbit.faults.add(f"sleep={value}")
    assert offered[0].poll()["config"]["polling"]["sleep"] == value


def test_sleep_may_be_null(offered, hawkbit):
    hawkbit.faults.add("sleep=null")
    assert offered[0].poll()["config"]["polling"]["sleep"] is None


def test_close_after_drops_the_connection_unannounced(offered, hawkbit):
    hawkbit.faults.add("close-after=2")
    device = offered[0]
    limits = httpx.Limits(max_connections=1)
    seen = []
    with httpx.Client(headers=device.headers, limits=limits) as client:
        for _ in range(4):
            seen.append(client.get(device.base))
            time.sleep(0.05)  # so that the end has come before the next request leaves
    assert all("connection" not in answer.headers for answer in seen)
    streams = [answer.extensions["network_stream"] for answer in seen]
    assert streams[0] is streams[1] and streams[1] is not streams[2]


def test_idle_close_is_that_many_seconds(offered, hawkbit):
    hawkbit.faults.add("idle-close=0.5")
    device = offered[0]
    stream = device.get(device.base).extensions["network_stream"]
    started = time.monotonic()
    assert stream.read(1, timeout=60) == b""
    assert time.monotonic() - started > 0.3


def test_operators_are_never_struck(offered, hawkbit, operator):
    hawkbit.faults.add("status=503")
    assert offered[0].get(offered[0].base).status_code == 503
    assert operator.target()["updateStatus"] == "pending"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "wrong-hash"), ("flood", "wrong-hash"), ("gone*2", "wrong-hash"),
        ("cut-at", "cut-at=4096"), ("cut-at=0", "cut-at=4096"), ("cut-at=x", "cut-at=4096"),
        ("slow=-1", "above 0"), ("status=200", "300 to 599"), ("status", "300 to 599"),
        ("status=503:soon", "Retry-After"), ("stall=5", "no value"), ("redirect=x", "address"),
        ("gone@everything", "download"), ("gone@", "download"), ("gone#0", "#1-2"),
        ("gone#3-1", "#1-2"), ("close-after=0", "above 0"), ("close-after", "above 0"),
        ("idle-close=soon", "seconds"), ("idle-close=0", "seconds"), ("idle-close=5#2", "seconds"),
    ],
)  # fmt: skip
def test_bad_fault_is_refused_and_told_what_would_do(text, says):
    with pytest.raises(FaultError, match=says):
        Faults().add(text)


def test_readme_has_every_fault_and_no_other():
    text = Path(rollouts.__file__).with_name("README.md").read_text()
    table = text[text.index("## Faults") : text.index("* WHERE")]
    assert set(re.findall(r"^\| `([a-z-]+)", table, re.M)) == {*KINDS, *LIMITS}
