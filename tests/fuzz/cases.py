"""Cases of the fuzzer. Only HawkbitError and OSError come out of Client, Session and
Download, nothing at all out of Updater.cycle(); the token stays home, nothing wrong is
activated, and once the server is well again so is the device.

    python cases.py SEED FIRST COUNT  # prints [number of the case, what happened] of the wrong

Runs on CPython and MicroPython.
"""

import json
import random
import sys
from random import choice, randrange

import asks
import mutate
from fake_ddi import BASE, TOKEN, URL, FakeDevice, FakeServer, FakeSlot, pattern
from fakes import FakeSink
from fuzz_net import FuzzNet
from hawkbit import confirmation, ddi, deployment, log
from hawkbit.client import Client
from hawkbit.download import Download
from hawkbit.errors import HawkbitError
from hawkbit.http import Session
from hawkbit.settings import NOW

_DATA = pattern(9000)
_SEED_STEP = 1000003
_HOUR_MS = 3600 * 1000


def _nothing():
    pass


def _spoil(answer):
    """Return the bytes of an answer with something wrong, None for no answer at all."""
    kind = randrange(16)
    if kind == 0:
        return None
    head, body = answer.head, answer.body
    if body[:1] == b"{" and kind < 9:
        body = mutate.json_body(json.loads(body))
        right = b"Content-Length: %d" % len(answer.body)
        head = head.replace(right, b"Content-Length: %d" % len(body))
    elif kind < 12:
        body = mutate.body(body)
        if kind == 11:
            head = head.replace(b"Content-Length: ", b"Transfer-Encoding: chunked\r\nX-Length: ")
    if kind > 8 or not randrange(4):
        head = mutate.head(head)
    return head + body


def _client(server, net, **options):
    session = Session(net, net.clock)
    return Client(session, URL, "DEFAULT", "dev1", target_token=TOKEN, **options)


def _server():
    # Of a kind that has all links and all fields.
    server = FakeServer()
    server.wants_config = bool(randrange(2))
    server.assign(_DATA, window=choice((None, None, None, "available", "unavailable")))
    kind = randrange(6)
    if kind == 0:
        server.actions[0].status = "wait_for_confirmation"
    elif kind == 1:
        server.actions[0].status = "canceling"
    return server


def client_case():
    """One method of Client."""
    server = _server()
    net = FuzzNet(server.answer, _spoil)
    client = _client(server, net, weak_hashes=bool(randrange(2)))
    link = URL + BASE + "/%s/1?c=-1"
    offer = ddi.Offer("1", link % "confirmationBase")
    calls = (
        client.poll,
        client.poll,
        lambda: asks.deployment(client, link % "deploymentBase"),
        lambda: asks.deployment(client, link % "deploymentBase"),
        lambda: asks.deployment(client, link % "confirmationBase"),
        lambda: asks.stop_id(client, link % "cancelAction"),
        lambda: asks.feedback(
            client, "1", deployment.EXEC_PROCEEDING, deployment.RESULT_NONE, ["half"]
        ),
        lambda: asks.cancel_feedback(
            client, "1", deployment.EXEC_CLOSED, deployment.RESULT_SUCCESS
        ),
        lambda: client.config_data({"version": "1"}),
        lambda: asks.set_installed(client, "fw", "1"),
        lambda: confirmation.answer(client, offer, lambda _: NOW),
        lambda: confirmation.auto_confirm(client, True),
    )
    call = choice(calls)
    _only_expected(net, call)
    _only_expected(net, call)  # what the first left behind


def session_case():
    """Session and Response alone: pieces of any size, GET and POST."""
    body = pattern(randrange(300))
    net = FuzzNet(lambda request: (choice((200, 206, 404)), {"ETag": '"1"'}, body), _spoil)
    session = Session(net, net.clock, timeout_s=20)

    def exchange():
        method = choice(("GET", "POST"))
        response = session.request(method, URL + "/x", {}, b"{}" if method == "POST" else None)
        buf = bytearray(1 + randrange(200))
        for _ in range(randrange(6)):
            if response.readinto(buf) < len(buf):
                assert response.readinto(buf) == 0, "bytes after the end"
        response.close()

    for _ in range(3):
        _only_expected(net, exchange)


def download_case():
    """A Download in windows, which may go on from a part that is there."""
    server = _server()
    server.actions[0].status = "running"
    net = FuzzNet(server.answer, _spoil if randrange(2) else _spoil_some)
    client = _client(server, net, rewrite_links=not randrange(4))
    artifacts = deployment.parse({"deployment": server.actions[0].deployment}, "1").artifacts
    sink = FakeSink()
    download = Download(client, artifacts[0], sink)

    def begin():
        sink.data = bytearray(_DATA[:4096])
        for _ in download.begin(choice((0, 4096)), choice((None, '"1"', '"2"')), _nothing):
            pass

    def window():
        for _ in download.window(choice((4096, 8192, 1 << 20)), _nothing):
            pass

    begin()
    for _ in range(4):
        if download.offset < len(_DATA):
            _only_expected(net, window)
    if download.offset == len(_DATA) and _only_expected(net, download.finish):
        assert bytes(sink.data) == _DATA, "wrong bytes were finished"


def _spoil_some(answer):
    return answer.head + answer.body if randrange(3) else _spoil(answer)


class _Slot(FakeSlot):
    def activate(self):
        assert bytes(self.data) == _DATA, "activated without a right hash"
        return super().activate()


def cycle_case():
    """Whole cycles of an Updater; afterwards the server is well again."""
    server = _server()
    net = FuzzNet(server.answer, _spoil_some)
    session = Session(net, net.clock)
    device = FakeDevice(
        server,
        sinks={"os": _Slot()},
        client=Client(session, URL, "DEFAULT", "dev1", target_token=TOKEN),
        accept=lambda _: choice(("now", "later", "refuse")),
    )
    net.clock = session.clock = device.clock
    device.cycles(1 + randrange(4))
    net.spoil = lambda answer: answer.head + answer.body
    device.cycles(8)
    del device.events[:]
    assert 1 <= device.cycle() <= 7 * 24 * 3600
    assert not device.errors(), device.errors()
    _check_token(net)


def _only_expected(net, call):
    # Returns whether the call returned something true.
    started_ms = net.clock.now_ms
    try:
        return bool(call())
    except (HawkbitError, OSError) as e:
        assert str(e) is not None
        return False
    finally:
        assert net.clock.now_ms - started_ms <= 5 * _HOUR_MS, "waited too long"
        _check_token(net)


def _check_token(net):
    for host, request in net.requests:
        assert host == "server" or "authorization" not in request.headers, "the token went out"


# Not as many of those that take longer.
KINDS = 3 * (client_case, session_case) + 2 * (download_case, cycle_case)


def case(seed, number):
    """Run one case; return what happened that must not, or None."""
    random.seed(seed * _SEED_STEP + number)
    kind = KINDS[number % len(KINDS)]
    try:
        kind()
    except Exception as e:
        return "%s: %r" % (kind.__name__, e)
    return None


def main(seed, first, count):
    """Run `count` cases from number `first`; print a JSON line for each that is wrong."""
    log.level = 0
    for number in range(first, first + count):
        happened = case(seed, number)
        if happened:
            print(json.dumps([number, happened]))


if __name__ == "__main__":
    main(*[int(argument) for argument in sys.argv[1:]])
