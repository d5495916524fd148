"""The verdict on what is on trial: which answers keep a new image, and which give it up."""

from fake_ddi import CLOSED, FakeDevice, FakeServer, empty, pattern
from hawkbit import guard

PORTAL = (200, {"Content-Type": "text/html"}, b"<html>Welcome</html>")
LINKS = (200, {}, b'{"_links":{"a":1}}')  # JSON, and no poll
CUT = (200, {}, b'{"config":{"polling":{"sl')
OUTAGE, BUSY = empty(503), empty(429)

# The answers to the polls of a trial: those before, and the one that lasts. Is it kept?
VERDICTS = (
    ((), OUTAGE, True),
    ((), BUSY, True),
    ((BUSY, OUTAGE), BUSY, True),
    ((CLOSED, CLOSED), OUTAGE, True),  # silence says nothing
    ((), CLOSED, False),
    ((OUTAGE,), CLOSED, False),
    # What another one says, or a refusal, is not made good by an outage.
    ((PORTAL,), OUTAGE, False),
    ((LINKS,), OUTAGE, False),
    ((CUT,), BUSY, False),
    ((empty(401),), OUTAGE, False),
    ((empty(404),), OUTAGE, False),
    ((empty(302),), BUSY, False),
    ((OUTAGE, PORTAL, BUSY), OUTAGE, False),
    ((), PORTAL, False),
    ((), empty(401), False),
    ((), empty(499), False),
    ((), empty(428), False),
    # A poll ends it at once.
    ((PORTAL, empty(401), CLOSED), None, True),
)


def test_verdict_on_a_trial_is_by_all_that_was_heard_in_it():
    for before, lasting, is_kept in VERDICTS:
        server = FakeServer()
        action = server.assign(pattern(5000))
        device = FakeDevice(server)
        device.cycle()
        assert device.slot.is_pending
        for answer in before:
            server.fault("GET", answer, 1)
        if lasting:
            server.fault("GET", lasting)
        device.cycles(len(before) + 1)
        assert device.slot.is_pending == bool(lasting), (before, lasting)
        device.cycles(130 if lasting else 0)
        assert not device.slot.is_pending and device.slot.runs == is_kept, (before, lasting)
        server.faults = []
        device.cycles(3)
        assert action.status == ("finished" if is_kept else "error"), (before, lasting)
        if not is_kept:
            assert "no poll was answered in 3600 s" in str(action.entries[-1]), action.entries


def test_self_test_decides_before_any_poll_and_only_true_passes():
    for answer in (False, None, 0, "", ValueError("no sensor"), MemoryError()):

        def self_test(answer=answer):
            if isinstance(answer, Exception):
                raise answer
            return answer

        server = FakeServer()
        action = server.assign(pattern(5000))
        device = FakeDevice(server, self_test=self_test)
        device.cycle()
        polls = len(server.seen("GET"))
        device.cycle()
        assert len(server.seen("GET")) == polls and not device.slot.runs, answer
        device.cycles(3)
        assert action.status == "error", answer
        assert "self-test failed" in str(action.entries[-1]), answer


def test_self_test_runs_once_and_its_words_are_bounded():
    runs = []
    server = FakeServer()
    server.assign(pattern(5000))
    device = FakeDevice(server, self_test=lambda: runs.append(1) or True)
    device.cycle()
    server.fault("GET", OUTAGE, 5)
    device.cycles(7)
    assert len(runs) == 1 and not device.slot.is_pending

    def talks():
        raise ValueError("x" * 5000)

    server = FakeServer()
    action = server.assign(pattern(5000))
    device = FakeDevice(server, self_test=talks)
    device.cycle()
    device.cycle()
    assert len(device.record()["cause"]) == 256
    device.cycles(2)
    assert action.status == "error" and device.slot.calls.count("activate") == 1


def test_guard_is_disarmed_by_the_confirmation_whatever_was_on_trial():
    server = FakeServer()
    server.assign(pattern(5000))
    device = FakeDevice(server)
    device.cycle()
    guard.limit_s = 3720
    try:
        device.boot()
        device.cycle()
        assert not device.slot.is_pending and guard.limit_s is None
    finally:
        guard.limit_s = None
