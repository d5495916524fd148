"""A net for http.Session that needs no network: connections are scripts.

    net = FakeNet([REQUEST, b"HTTP/1.1 204 \\r\\n\\r\\n", 500, END])
    session = net.session()

One list per connection. bytes: arrives, as one piece. int: so many ms pass first; the clock is
turned by poll(), as a real wait would. REQUEST: what follows comes only after the next
write(). END: the other side has closed. BROKEN_PIPE: so it has, and only a write notices. An
OSError is raised by the read that comes to it. At the end of its list a connection stays
open and silent.
"""

import errno

from fakes import FakeClock
from hawkbit.http import Session

REQUEST = "request"
END = "end"
BROKEN_PIPE = "broken pipe"


def pieces(data, size=1, pause_ms=None):
    """Return `data` as a script: in pieces of `size`, with a pause before each."""
    script = []
    for i in range(0, len(data), size):
        if pause_ms is not None:
            script.append(pause_ms)
        script.append(data[i : i + size])
    return script


class FakeNet:
    def __init__(self, *scripts):
        self.clock = FakeClock()
        self.dials = []
        self.streams = []
        self._scripts = list(scripts)

    def session(self, **options):
        """Return a Session over this net and its clock."""
        return Session(self, self.clock, **options)

    def dial(self, host, port, tls, timeout_s):
        self.dials.append((host, port, tls, timeout_s))
        script = self._scripts.pop(0)
        if isinstance(script, OSError):
            raise script
        self.streams.append(FakeStream(script, self.clock))
        return self.streams[-1]


class FakeStream:
    def __init__(self, script, clock):
        self.written = []
        self.closed = False
        self._script = list(script)
        self._clock = clock

    def _next(self):
        assert not self.closed, "used after close()"
        return self._script[0] if self._script else None

    def readinto(self, buf):
        item = self._next()
        if isinstance(item, OSError):
            raise item
        if item is END:
            return 0
        if not isinstance(item, bytes):
            return None
        n = min(len(buf), len(item))
        buf[:n] = item[:n]
        self._script[:1] = [item[n:]] if n < len(item) else []
        return n

    def write(self, data):
        if self._next() is BROKEN_PIPE:
            raise OSError(errno.ECONNRESET)
        if self._next() is REQUEST:
            self._script.pop(0)
        self.written.append(bytes(data))

    def poll(self, ms):
        item = self._next()
        if isinstance(item, int):
            return self._pause(item, ms)
        if isinstance(item, (bytes, OSError)) or item is END:
            return True
        self._clock.sleep_ms(ms)
        return False

    def _pause(self, left_ms, ms):
        self._clock.sleep_ms(min(ms, left_ms))
        self._script[:1] = [left_ms - ms] if left_ms > ms else []
        return left_ms <= ms

    def close(self):
        self.closed = True
