"""A whole device from a few words, on the simulated board."""

import sys

from runner import Skip, raises

if sys.implementation.name != "micropython":
    raise Skip("board takes hawkbit.net, which is MicroPython's")

from small_board import Board, app_image  # isort: skip - skips where it must


from fakes import FakeClock, FakeSink
from hawkbit import board, rollback
from hawkbit.deployment import Artifact
from hawkbit.slot import FirmwareSlot
from hawkbit.updater import Updater

URL = "http://127.0.0.1:1"


def booted():
    simulated = Board()
    simulated.boot()
    return simulated


def made(**settings):
    booted()
    return board.updater(URL, "dev1", **settings)


def test_few_words_are_enough():
    updater = made(target_token="secret")
    assert isinstance(updater, Updater) and updater.on_trial is False
    assert updater._client.url == URL + "/DEFAULT/controller/v1/dev1"
    assert updater._client.target_token == "secret"
    assert list(updater.sinks()) == ["os"]


def test_settings_find_the_one_that_has_them():
    updater = made(timeout_s=5, json_limit=20000, poll_s=60, tenant="T", max_tries=3)
    session = updater._client._session
    assert session.timeout_s == 5 and updater._client.json_limit == 20000
    assert updater.poll_s == 60 and updater.max_tries == 3
    assert "/T/controller/" in updater._client.url


def test_one_feed_is_for_all_and_is_the_guards_by_default():
    fed = []
    updater = made(feed=lambda: fed.append(1))
    updater.feed()
    updater._client._session.feed()
    assert len(fed) == 2
    updater = made()
    assert updater.feed is rollback.feed and updater._client._session.feed is rollback.feed


def test_setting_that_nobody_has_is_a_type_error_at_once():
    own = ("_client", "_journal", "_session", "_etag", "_net", "_tls", "_origin")
    for wrong in ("poll", "target_tocken", "run", "cycle", "request") + own:
        e = raises(TypeError, made, **{wrong: 1})
        assert wrong in str(e)


def test_https_without_a_certificate_is_an_error_at_once():
    booted()
    for url in ("https://server", "HTTPS://server"):
        assert "ca=" in str(raises(ValueError, board.updater, url, "dev1"))
    raises(OSError, board.updater, "https://server", "dev1", ca="no-such-file.pem")
    raises(ValueError, board.updater, "https://server", "dev1", ca=b"no certificate")


def test_certificates_are_given_as_files_or_as_bytes():
    for name in ("ca.pem", "key.der"):
        with open(name, "wb") as f:
            f.write(b"read from " + name.encode())
    seen = []
    kept = board.net.context
    board.net.context = lambda **given: seen.append(given)
    try:
        booted()
        board.updater("https://server", "dev1", ca="ca.pem", cert=b"cert", key="key.der")
        board.updater("https://server", "dev1", insecure=True)
        board.updater("http://server", "dev1", ca="ca.pem")
    finally:
        board.net.context = kept
    read = {"ca": b"read from ca.pem", "cert": b"cert", "key": b"read from key.der"}
    nothing = {"ca": None, "cert": None, "key": None}
    assert seen == [dict(read, insecure=None), dict(nothing, insecure=True)]


def test_other_sinks_stand_beside_the_slot():
    sinks = {"bApp": FakeSink(is_slot=False), "page": FakeSink(is_slot=False)}
    updater = made(sinks=sinks)
    assert sorted(updater.sinks()) == ["bApp", "os", "page"] and not updater.on_trial
    for sink in sinks.values():
        sink.is_pending = True
        assert made(sinks=sinks).on_trial is True
        sink.is_pending = False


def test_firmware_on_trial_is_known_before_anything_is_polled():
    simulated = booted()
    sink = FirmwareSlot()
    image = app_image("2.0")
    sink.begin(Artifact("os", "n", "2", {}, "fw", len(image), "sha256", "0", "http://x"), 0)
    for at in range(0, len(image), 4096):
        sink.write(at, bytearray(image[at : at + 4096]))
    sink.finish()
    sink.activate()
    simulated.boot()
    assert board.updater(URL, "dev1").on_trial is True
    rollback.confirm()
    assert board.updater(URL, "dev1").on_trial is False


class Wlan:
    """A WLAN that is connected after some seconds, by a clock turned by hand."""

    def __init__(self, clock, seconds):
        self._clock = clock
        self._until_ms = clock.now_ms + seconds * 1000

    def isconnected(self):
        return self._clock.now_ms >= self._until_ms

    def status(self):
        return 1001


class Ntp:
    """A module ntptime whose first answers get lost."""

    host = "pool.ntp.org"

    def __init__(self, fake_time, lost):
        self._time = fake_time
        self._lost = lost
        self.asked = 0

    def settime(self):
        self.asked += 1
        if self.asked <= self._lost:
            raise OSError(110) if self.asked % 2 else OverflowError("an answer of nothing")
        self._time.year = 2026


class FakeTime:
    year = 2000

    def __init__(self, clock):
        self._clock = clock

    def gmtime(self):
        return (self.year, 1, 1, 0, 0, 0, 0, 0)

    def sleep(self, seconds):
        self._clock.sleep_ms(seconds * 1000)


def test_lost_packets_and_a_slow_network_are_waited_for():
    booted()
    clock = FakeClock()
    fake = FakeTime(clock)
    ntp = Ntp(fake, lost=12)
    lines, fed = [], []
    kept = board.time, board.log.line
    board.time, board.log.line = fake, lambda level, text, *args: lines.append(text % args)
    try:
        board.wait_online(Wlan(clock, 25), ntp, lambda: fed.append(1))
    finally:
        board.time, board.log.line = kept
    assert ntp.asked == 13 and len(fed) >= 25 + 12
    assert len([line for line in lines if "network" in line]) == 2  # every 10 s
    assert "1001" in lines[0] and lines[2] == "waiting for the time, pool.ntp.org"


def test_clock_that_is_set_is_not_asked_for():
    booted()
    clock = FakeClock()
    fake = FakeTime(clock)
    fake.year = 2026
    ntp = Ntp(fake, lost=0)
    kept = board.time
    board.time = fake
    try:
        board.wait_online(Wlan(clock, 0), ntp)
    finally:
        board.time = kept
    assert ntp.asked == 0
