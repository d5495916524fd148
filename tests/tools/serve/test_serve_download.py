"""The bytes of artifacts: ranges, conditions, who may have them, and what is written down."""

import hashlib

import pytest
from serve_asks import Device

DATA = bytes(range(256)) * 8
ETAG = '"%s"' % hashlib.sha1(DATA).hexdigest()


@pytest.fixture
def offered(operator):
    """A device, its action and the address of its one file of 2048 bytes."""
    device = operator.device()
    action_id = operator.assign("dev-1", operator.set_of(operator.module(fw_bin=DATA)))
    return device, action_id, device.artifact_url(action_id)


RANGES = [
    ("bytes=0-9", "0-9", DATA[:10]),
    ("bytes=2040-", "2040-2047", DATA[2040:]),
    ("bytes=0-", "0-2047", DATA),
    ("bytes=-5", "2043-2047", DATA[-5:]),
    ("bytes=0-5000", "0-2047", DATA),
]


@pytest.mark.parametrize(("wanted", "given", "data"), RANGES, ids=[r[0] for r in RANGES])
def test_range_gives_that_part(offered, wanted, given, data):
    device, _, url = offered
    answer = device.get(url, headers={"Range": wanted})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {given}/2048"
    assert answer.content == data


@pytest.mark.parametrize(
    "wanted",
    ["bytes=2048-", "bytes=10-5", "bytes=-0", "bytes=-", "bytes=-5000", "bytes=abc",
     "items=0-5", "bytes=0-1, 5-6", "bytes=0-5,3-9", "bytes=99999999999999999999-"],
)  # fmt: skip
def test_unreadable_or_outside_range_is_416(offered, wanted):
    device, _, url = offered
    answer = device.get(url, headers={"Range": wanted})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == "bytes */2048"
    assert answer.content == b""


def test_two_ranges_come_as_multipart(offered):
    device, _, url = offered
    answer = device.get(url, headers={"Range": "bytes=5-6,0-1"})
    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges; boundary=")
    parts = [p.partition(b"\r\n\r\n")[2] for p in answer.content.split(b"--THIS")[1:3]]
    assert parts == [DATA[0:2] + b"\r\n", DATA[5:7] + b"\r\n"]


@pytest.mark.parametrize(
    ("condition", "status"),
    [(ETAG, 206), ('"other"', 200), ("Mon, 01 Jan 2001 00:00:00 GMT", 200)],
)
def test_if_range_takes_only_the_etag(offered, condition, status):
    device, _, url = offered
    answer = device.get(url, headers={"Range": "bytes=2040-", "If-Range": condition})
    assert answer.status_code == status
    assert answer.content == (DATA[2040:] if status == 206 else DATA)


@pytest.mark.parametrize(
    ("head", "value", "status"),
    [("If-None-Match", ETAG, 200), ("If-Match", ETAG, 412), ("If-Match", ETAG.strip('"'), 200)],
)
def test_other_conditions_are_ignored_but_if_match(offered, head, value, status):
    device, _, url = offered
    assert device.get(url, headers={head: value}).status_code == status


def test_whole_download_is_noted_and_a_range_is_not(offered, operator):
    device, action_id, url = offered
    device.get(url, headers={"Range": "bytes=0-"})
    assert operator.history(action_id) == ["running", "retrieved"]
    device.get(url)
    assert operator.history(action_id) == ["running", "retrieved", "download"]


def test_md5sum_is_one_line_without_its_end(offered):
    device, _, url = offered
    text = device.get(url + ".MD5SUM").text
    assert text == f"{hashlib.md5(DATA).hexdigest()}  fw.bin"


def test_other_devices_and_closed_actions_get_nothing(offered, operator):
    device, action_id, url = offered
    other = operator.device("dev-2")
    answer = other.get(url.replace("dev-1", "dev-2"))
    assert answer.status_code == 404
    assert answer.json()["errorCode"] == "hawkbit.server.error.repo.entityNotFound"
    device.feedback(action_id, "closed", "success")
    assert device.get(url).status_code == 404


def test_wrong_token_gets_nothing(offered, hawkbit):
    _, _, url = offered
    stranger = Device(hawkbit, "dev-1", "TargetToken wrong")
    answer = stranger.get(url)
    assert (answer.status_code, answer.content) == (401, b"")


NAMES = [
    ("with space.bin", 404),
    ("umlaut-ü.bin", 200),
    ("plus+sign.bin", 200),
    ("hash#q?.bin", 200),
    ("percent%41.bin", 400),
    ("semi;colon.bin", 400),
    ("a/b.bin", 400),
]


@pytest.mark.parametrize(("filename", "status"), NAMES, ids=[n[0] for n in NAMES])
def test_odd_file_names_behave_as_in_hawkbit(operator, filename, status):
    device = operator.device()
    module_id = operator.module()
    assert operator.upload(module_id, filename, b"x").status_code == 201
    action_id = operator.assign("dev-1", operator.set_of(module_id))
    assert device.get(device.artifact_url(action_id)).status_code == status


def test_name_with_a_space_is_found_with_percent_20(operator):
    device = operator.device()
    module_id = operator.module()
    operator.upload(module_id, "with space.bin", b"x")
    url = device.artifact_url(operator.assign("dev-1", operator.set_of(module_id)))
    assert url.endswith("/with+space.bin")
    assert device.get(url.replace("+", "%20")).content == b"x"
