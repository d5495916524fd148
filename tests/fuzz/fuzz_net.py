"""A net whose server lies: each answer is right until `spoil` has had it."""

import errno

from fakes import FakeClock
from http_wire import Wire

_MAX_READS = 400000


class Stuck(BaseException):
    """The library goes on reading for ever."""


class FuzzNet:
    """answer: of a server, see http_wire. spoil(answer) -> bytes, None: the connection breaks.

    dialed: the hosts. requests: (host, Request) of each that was sent whole.
    """

    def __init__(self, answer, spoil):
        self.clock = FakeClock()
        self.answer = answer
        self.spoil = spoil
        self.dialed = []
        self.requests = []
        self.reads = 0

    def dial(self, host, port, tls, timeout_s):
        self.dialed.append(host)
        if host not in ("server", "elsewhere"):
            raise OSError(errno.EHOSTUNREACH, host)
        return _Stream(self, host)


class _Stream:
    def __init__(self, net, host):
        self._net = net
        self._host = host
        self._wire = Wire(self._answer)
        self._data = b""
        self._at = 0
        self._ends = False  # after the data the other side closes

    def _answer(self, request):
        self._net.requests.append((self._host, request))
        return self._net.answer(request)

    def write(self, data):
        for answer in self._wire.feed(data):
            spoiled = self._net.spoil(answer)
            if spoiled is None or len(spoiled) != len(answer.head) + len(answer.body):
                self._ends = True
            self._data = self._data[self._at :] + (spoiled or b"")
            self._at = 0

    def readinto(self, buf):
        self._net.reads += 1
        if self._net.reads > _MAX_READS:
            raise Stuck("%d reads" % self._net.reads)
        n = min(len(buf), len(self._data) - self._at)
        if not n:
            return 0 if self._ends else None
        buf[:n] = self._data[self._at : self._at + n]
        self._at += n
        return n

    def poll(self, ms):
        if self._at < len(self._data) or self._ends:
            return True
        self._net.clock.sleep_ms(ms)
        return False

    def close(self):
        pass
