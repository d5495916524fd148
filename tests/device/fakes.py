"""What device tests hand in instead of a network, a clock, flash and a store.

Each behaves as its seam says (hawkbit.http, hawkbit.download, hawkbit.journal), also where
that is unkind: a response closed with its body unread costs a new connection, a body
shorter than its Content-Length raises OSError, ticks wrap at 2^30.
"""

import io
import json

BLOCK_SIZE = 4096
_WRAP = 1 << 30


class FakeClock:
    """A clock that only `sleep_ms` turns. It starts 1 s before the ticks wrap."""

    def __init__(self, now_ms=_WRAP - 1000):
        self.now_ms = now_ms  # does not wrap
        self.sleeps_ms = []

    def ticks_ms(self):
        return self.now_ms % _WRAP

    def ticks_diff(self, a, b):
        return (a - b + _WRAP // 2) % _WRAP - _WRAP // 2

    def sleep_ms(self, ms):
        assert ms >= 0, ms
        self.sleeps_ms.append(ms)
        self.now_ms += ms


class Request:
    """One request as the fake server got it; names of headers in lower case."""

    def __init__(self, method, url, headers, body):
        self.method = method
        self.url = url
        self.path = "/" + url.split("/", 3)[3] if url.count("/") > 2 else "/"
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def range(self):
        """Return (first, end) of `Range: bytes=0-4095`, end exclusive, or None."""
        if "range" not in self.headers:
            return None
        first, last = self.headers["range"].split("=")[1].split("-")
        return int(first), int(last) + 1

    def __repr__(self):
        return "%s %s" % (self.method, self.path)


class FakeSession:
    """Answers requests from a script, and keeps them in `requests`.

    answers: a list, or a function of the Request. An answer is (status, headers, body), or an
    exception to raise. headers: names in any case. body: bytes, or anything with readinto(buf)
    when Content-Length says how long it is.
    """

    def __init__(self, answers=()):
        self._answers = answers if callable(answers) else list(answers)
        self.requests = []
        self.connections = 0
        self._open = False

    def request(self, method, url, headers, body):
        request = Request(method, url, headers, body)
        self.requests.append(request)
        if not self._open:
            self.connections += 1
            self._open = True
        answer = self._answer(request)
        if isinstance(answer, Exception):
            self.close()
            raise answer
        return FakeResponse(self, *answer)

    def _answer(self, request):
        if callable(self._answers):
            return self._answers(request)
        assert self._answers, "no answer left for %s" % request
        return self._answers.pop(0)

    def close(self):
        self._open = False


class FakeResponse:
    """What FakeSession.request returns."""

    def __init__(self, session, status, headers, body):
        self._session = session
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        if not hasattr(body, "readinto"):
            self.headers.setdefault("content-length", str(len(body)))
            body = io.BytesIO(body)
        self._body = body
        self._left = int(self.headers["content-length"])

    def header(self, name):
        if name == "content-length" and "transfer-encoding" in self.headers:
            return None
        return self.headers.get(name)

    def readinto(self, buf):
        view = memoryview(buf)[: min(len(buf), self._left)]
        n = self._body.readinto(view) if len(view) else 0
        self._left -= n
        if n < len(view):
            self._session.close()
            raise OSError("the connection ended %d bytes early" % self._left)
        return n

    def close(self):
        if self._left:
            self._session.close()


def artifact_answer(request, data, etag='"1"'):
    """Answer a GET of `data` as hawkBit does: Range and If-Range, 206, 200 or 416."""
    headers = {"ETag": etag, "Accept-Ranges": "bytes"}
    span = request.range()
    if span is None or request.headers.get("if-range", etag) != etag:
        return 200, headers, data
    first, end = span[0], min(span[1], len(data))
    if first >= len(data):
        return 416, {"Content-Range": "bytes */%d" % len(data)}, b""
    headers["Content-Range"] = "bytes %d-%d/%d" % (first, end - 1, len(data))
    return 206, headers, data[first:end]


class Pattern:
    """A body of any length that costs no memory: the bytes of `block` over and over."""

    def __init__(self, block=bytes(BLOCK_SIZE)):
        self._block = block
        self._at = 0

    def readinto(self, buf):
        for start in range(0, len(buf), len(self._block)):
            part = memoryview(self._block)[: len(buf) - start]
            buf[start : start + len(part)] = part
        return len(buf)


class MemoryStore:
    """The store of a journal. `error`: what the next save raises, once."""

    def __init__(self, data=None):
        self.data = data
        self.saves = 0
        self.error = None

    def load(self):
        return self.data

    def save(self, data):
        error, self.error = self.error, None
        if error:
            raise error
        self.saves += 1
        self.data = bytes(data)


class FakeSink:
    """A sink in memory: what was stored in `data`, the order of the calls in `calls`.

    errors: {"begin": UpdateError("too large")} raises that in the method, each time.
    needs_reset: what activate() returns. It is its own trial: runs and is_pending are what
    activated() and on_trial() say.
    """

    def __init__(self, is_slot=True, needs_reset=True, errors=None):
        self.is_slot = is_slot
        self.needs_reset = needs_reset
        self.runs = False
        self.is_pending = False
        self.errors = errors or {}
        self.artifacts = []
        self.data = bytearray()
        self.calls = []

    def _call(self, name):
        self.calls.append(name)
        if name in self.errors:
            raise self.errors[name]

    def begin(self, artifact, have):
        self._call("begin")
        self.artifacts.append(artifact)
        have = min(have, len(self.data)) // BLOCK_SIZE * BLOCK_SIZE
        self.data = self.data[:have]
        return have

    def write(self, offset, block):
        self._call("write")
        assert offset % BLOCK_SIZE == 0 and offset == len(self.data), offset
        assert 0 < len(block) <= BLOCK_SIZE, len(block)
        self.data.extend(block)
        for i in range(min(len(block), 16)):
            block[i] = 0xFF  # as the seam allows; a real slot does it to block 0

    def read(self, offset, buf):
        self._call("read")
        buf[:] = self.data[offset : offset + len(buf)]

    def finish(self):
        self._call("finish")

    def activate(self):
        self._call("activate")
        return self.needs_reset

    @property
    def trial(self):
        return self

    def activated(self, kept):
        self._call("activated")
        assert kept == "kept", kept
        return self.runs

    def on_trial(self):
        return self.is_pending

    def confirm(self):
        self._call("confirm")
        self.is_pending = False

    def revert(self):
        self._call("revert")

    def abort(self):
        self._call("abort")
        self.data = bytearray()

    def keep(self):
        self._call("keep")
        return "kept"

    def restore(self, kept):
        self._call("restore")
        assert kept == "kept", kept


class CountingSink(FakeSink):
    """A sink that only counts: for offsets beyond 2^30, where 32-bit words end.

    `size` is how much it was given; read() gives zeros back.
    """

    def __init__(self, size=0):
        super().__init__()
        self.size = size

    def begin(self, artifact, have):
        self._call("begin")
        self.size = have // BLOCK_SIZE * BLOCK_SIZE
        return self.size

    def write(self, offset, block):
        assert offset % BLOCK_SIZE == 0 and offset == self.size, (offset, self.size)
        self.size += len(block)

    def read(self, offset, buf):
        assert offset + len(buf) <= self.size, offset
        buf[:] = bytes(len(buf))
