"""The board of the scenarios: the library as it is, one cycle whenever the test says so.

Whatever happens is told to the test over a connection of its own, and waits there for the
answer: nothing depends on how fast either side is. The words are those of ../device.py.
"""

import errno
import json
import socket
import time

import app
import config
import machine
from hawkbit import bundle, net
from hawkbit.client import Client
from hawkbit.files import AppFiles
from hawkbit.http import Session
from hawkbit.journal import NVSStore
from hawkbit.slot import FirmwareSlot
from hawkbit.updater import Updater

_STATUS = 12  # bytes up to the end of the status code


class Clock:
    """Goes on only while the board waits, and when the test says so: a slow computer is no
    reason for another course."""

    def __init__(self):
        self._now_ms = 0
        self.ticks_diff = time.ticks_diff

    def ticks_ms(self):
        return time.ticks_add(0, self._now_ms)

    def sleep_ms(self, ms):
        time.sleep_ms(ms)
        self.pass_ms(ms)

    def pass_ms(self, ms):
        self._now_ms += ms

    def advance(self, seconds):
        self.pass_ms(seconds * 1000)


class Wire:
    """hawkbit.net with counters. `lose`: the answer to the next request with this in it
    gets lost on its way."""

    def __init__(self, clock):
        self._clock = clock
        # reports: feedback posted; unchanged: answers 304; sent and received: bytes.
        names = ("connections", "requests", "reports", "unchanged", "sent", "received")
        self.counts = dict.fromkeys(names, 0)
        self.lose = None

    def dial(self, *args):
        self.counts["connections"] += 1
        return Stream(net.dial(*args), self, self._clock)


class Stream:
    def __init__(self, stream, wire, clock):
        self._stream = stream
        self._clock = clock
        self._wire = wire
        self._loses = False
        self._status = b""  # how the answer begins
        self.close = stream.close

    def poll(self, ms):
        if self._stream.poll(ms):
            return True
        self._clock.pass_ms(ms)
        return False

    def write(self, data):
        # The library sends a request with one call.
        counts = self._wire.counts
        counts["requests"] += 1
        counts["sent"] += len(data)
        counts["reports"] += b"/feedback HTTP" in data
        if self._wire.lose and self._wire.lose in data:
            self._wire.lose = None
            self._loses = True
        self._status = b""
        self._stream.write(data)

    def readinto(self, buf):
        n = self._stream.readinto(buf)
        if n:
            if self._loses:
                raise OSError(errno.ECONNRESET, "the answer got lost")
            self._wire.counts["received"] += n
            self._look(bytes(buf[: min(n, _STATUS)]))
        return n

    def _look(self, begin):
        if len(self._status) < _STATUS:
            self._status = (self._status + begin)[:_STATUS]
            self._wire.counts["unchanged"] += self._status == b"HTTP/1.1 304"


class Control:
    """The connection to the test."""

    def __init__(self, clock, wire):
        self._clock = clock
        self._wire = wire
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo("127.0.0.1", config.CONTROL_PORT)[0][-1])
        self._answers = self._socket.makefile("rb")

    def tell(self, kind, info):
        """Tell what happened; return the test's answer, for questions."""
        message = json.dumps([kind, info, self._wire.counts])
        self._socket.send(message.encode() + b"\n")
        line = self._answers.readline()
        if not line:  # the test is over
            machine.reset()
        answer = json.loads(line)
        self._clock.advance(answer["advance_s"])
        if answer["lose"]:
            self._wire.lose = answer["lose"].encode()
        return answer["value"]

    def on_event(self, name, info):
        self.tell(name, str(info) if name == "error" else info)

    def accept(self, deployment):
        return self.tell("accept", [list(artifact) for artifact in deployment.artifacts])


def make_updater(control, clock, wire):
    tls = net.context(config.CA.encode()) if config.CA else None
    client = Client(
        Session(wire, clock, tls=tls),
        config.URL,
        config.TENANT,
        config.CONTROLLER_ID,
        target_token=config.TARGET_TOKEN,
        gateway_token=config.GATEWAY_TOKEN,
    )
    updater = Updater(
        client,
        {"os": FirmwareSlot(), "bApp": AppFiles("/app")},
        NVSStore(),
        clock=clock,
        accept=control.accept if config.ASKS else None,
        self_test=app.self_test,
        on_event=control.on_event,
    )
    updater.attributes = {"version": app.version, "hw": config.HARDWARE}
    updater.installed = config.INSTALLED
    updater.window_bytes = config.WINDOW_BYTES
    updater.checkpoint_bytes = 16 * 1024  # the images here are small
    return updater


def application():
    """Return what the bundle in use says, or None."""
    try:
        with open(bundle.directory("/app") + "/version.txt") as file:
            return file.read()
    except OSError:
        return None


clock = Clock()
wire = Wire(clock)
control = Control(clock, wire)
control.tell("boot", {"version": app.version, "application": application()})
updater = make_updater(control, clock, wire)
while True:
    control.tell("ready", updater.wait_s())
    updater.run_once()
