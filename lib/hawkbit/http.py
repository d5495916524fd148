# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""HTTP/1.1 over one kept connection, with a deadline on everything that waits.

Session chooses the connection, _Connection moves bytes in time, Response reads one answer.
No redirects, cookies or compression. In comments, numbers are sections of RFC 9112.
"""

import errno

from micropython import const

from hawkbit.errors import ProtocolError
from hawkbit.settings import take_all

# For all lines of a head together.
_HEAD_LIMIT = const(8192)
_CHUNK_LIMIT = const(256)  # for a line before or behind a chunk
# A wait for an answer is cut into pieces, so that feed() comes this often.
_POLL_MS = const(1000)
# So many timeout_s may a server fall behind the minimum rate.
_BEHIND = const(3)

_DIGITS = const("0123456789")
_HEX_DIGITS = const(b"0123456789abcdefABCDEF")
_TO_THE_END = const(-1)  # of the connection

KEPT_HEADERS = (
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "etag",
    "location",
    "retry-after",
    "transfer-encoding",
)


def split_url(url):
    """Return (scheme, host, port, path) of an http or https URL; an IPv6 host without [].

    Raises ProtocolError, also for user:password@ and for white space anywhere.
    """
    scheme, _, rest = str(url).partition("://")
    scheme = scheme.lower()
    authority, _, path = rest.partition("/")
    host, colon, port = authority.lower().rpartition(":")
    if not colon or "]" in port:  # that colon was in an IPv6 address
        host = authority.lower()
        port = "80" if scheme == "http" else "443"
    name = host.strip("[]")
    if (
        scheme not in ("http", "https")
        or not name
        or host != ("[%s]" % name if ":" in name else name)
        or "@" in host
        or "?" in host
        or url.split() != [url]
        or not _is_number(port, _DIGITS)
        or not 0 < int(port) < 65536
    ):
        raise ProtocolError("not an http(s) URL: %s" % url)
    return scheme, name, int(port), "/" + path.partition("#")[0]


def absolute(base, reference):
    """Return the URL that `reference` means in an answer from `base`. RFC 3986, 5.2."""
    reference = reference.replace(" ", "%20")  # nobody may send one, and some do
    scheme, colon, _ = reference.partition(":")
    if colon and not any(c in scheme for c in "/?#"):
        return reference
    if reference[:2] == "//":
        return base.split(":")[0] + ":" + reference
    origin = "/".join(base.split("/", 3)[:3])
    path = base[len(origin) :].split("#")[0].split("?")[0] or "/"
    if reference[:1] == "?":
        return origin + path + reference
    if reference[:1] != "/":
        reference = path[: path.rfind("/") + 1] + reference
    path, question, query = reference.partition("?")
    return origin + _without_dots(path) + question + query


def _without_dots(path):
    found = []
    words = path.split("/")
    for word in words:
        if word == ".." and len(found) > 1:
            found.pop()
        elif word not in (".", ".."):
            found.append(word)
    if words[-1] in (".", ".."):
        found.append("")
    return "/".join(found)


def _is_number(text, digits):
    # int() alone takes "+1", "0x1", "1_0" and any length.
    return 0 < len(text) < 15 and not text.strip(digits)


def _message(method, url, path, headers, body):
    # One bytes object, written at once: Nagle, and one TLS record.
    lines = ["%s %s HTTP/1.1" % (method, path), "Host: " + url.split("/", 3)[2]]
    for name in headers:
        lines.append("%s: %s" % (name, headers[name]))
    if method != "GET":
        lines.append("Content-Length: %d" % len(body))
    text = "\r\n".join(lines) + "\r\n\r\n"
    for line in lines:
        if "\r" in line or "\n" in line:
            raise ProtocolError("a line end in the header " + line.split(":")[0])
    return text.encode() + body


class Session:
    """Requests to any server over at most one connection, kept for the next request.

    net: the module hawkbit.net. clock: the module time. tls: net.context(), for https.
    Only waiting for the server counts: a caller may take long between two reads.
    """

    # Settings. feed(): for a watchdog; called before and after dialling and every second of
    # waiting for an answer, in the TLS handshake and in a write that stalls.
    feed = None
    timeout_s = 20  # for connecting, for a write, and how long the server may be silent
    min_bytes_per_s = 256  # how far behind it may fall: three timeout_s; 0: as far as it likes
    deadline_s = 3600  # for one answer altogether

    def __init__(self, net, clock, tls=None, **settings):
        take_all(self, settings)
        self.connections = 0  # opened so far
        self.clock = clock
        self._net = net
        self._tls = tls
        self.is_insecure = tls is not None and not getattr(tls, "verify_mode", True)
        self._origin = None
        self._connection = None

    def request(self, method, url, headers, body=None):
        """Send a GET, POST or PUT; return its Response once the head is there.

        headers: a dict of str. body: bytes or None. A GET is sent again when a kept
        connection dies before a byte of the answer; a POST is not: the server may have
        acted. Raises OSError (network, deadlines), ProtocolError (not HTTP).
        """
        scheme, host, port, path = split_url(url)
        message = _message(method, url, path, headers, body or b"")
        origin = (scheme, host, port)
        if self._is_open(origin):
            try:
                return self._exchange(message)
            except OSError:
                if method != "GET" or self._connection.answered:
                    raise
        self._open(origin)
        return self._exchange(message)

    def feed_watchdog(self):
        """Call the hook `feed`, if there is one."""
        if self.feed:
            self.feed()

    def close(self):
        """Close the kept connection; the next request opens another."""
        if self._connection:
            self._connection.close()

    def _is_open(self, origin):
        kept = self._connection
        if kept and kept.idle and self._origin == origin and kept.is_alive():
            return True
        self.close()
        return False

    def _open(self, origin):
        scheme, host, port = origin
        tls = self._tls if scheme == "https" else None
        if scheme == "https" and not tls:
            raise ProtocolError("https needs Session(tls=net.context(ca))")
        self.feed_watchdog()
        stream = self._net.dial(host, port, tls, self.timeout_s)
        stream.feed = self.feed_watchdog
        self.feed_watchdog()
        self.connections += 1
        self._origin = origin
        self._connection = _Connection(stream, self)

    def _exchange(self, message):
        try:
            self._connection.send(message)
            return Response(self._connection)
        except Exception:
            self.close()
            raise


class _Connection:
    """A stream that is read to the full, with the deadlines of `session`. Raises OSError."""

    def __init__(self, stream, session):
        self.idle = True  # the last answer was read to its end, and another may follow
        self.answered = False  # something came since the request was sent
        self.lines_left = 0  # how many bytes of lines are still allowed
        self._stream = stream
        self._session = session
        self._byte = bytearray(1)

    def is_alive(self):
        """Is an idle connection still there? Whatever can be read from it says no."""
        try:
            return self._stream.readinto(self._byte) is None
        except OSError:
            return False

    def send(self, message):
        """Send a request: from here on the deadlines count."""
        self.idle = self.answered = False
        self.lines_left = _HEAD_LIMIT
        self._waited_ms = 0  # for this answer
        self._silent_ms = 0  # since the last byte
        self._behind_ms = 0  # compared with the minimum rate; below 0: ahead
        self._stream.write(message)

    def read(self, view):
        """Fill the memoryview `view`; return how much there was before the end.

        Allocates only where a read is short: one slice.
        """
        size = len(view)
        got = 0
        while got < size:
            n = self._stream.readinto(view)
            if n is None:
                self._wait()
            elif n == 0:
                break
            else:
                self._silent_ms = 0
                rate = self._session.min_bytes_per_s
                self._behind_ms -= n * 1000 // rate if rate else self._behind_ms
                got += n
                if got < size:
                    view = view[n:]
        return got

    def _wait(self):
        # The only place that waits for an answer, so the only one that looks at the clock.
        session = self._session
        started = session.clock.ticks_ms()
        self._stream.poll(_POLL_MS)
        self._spend(session.clock.ticks_diff(session.clock.ticks_ms(), started))

    def _spend(self, ms):
        session = self._session
        session.feed_watchdog()
        self._waited_ms += ms
        self._silent_ms += ms
        self._behind_ms = max(self._behind_ms, 0) + ms  # being ahead is no credit
        timeout_ms = session.timeout_s * 1000
        if (
            self._silent_ms >= timeout_ms
            or self._behind_ms >= timeout_ms * _BEHIND
            or self._waited_ms >= session.deadline_s * 1000
        ):
            raise OSError(errno.ETIMEDOUT, "the server is silent or too slow")

    def line(self):
        """Return one line without its end, as bytes. Raises ProtocolError over the limit.

        Byte by byte: what follows the head belongs in the caller's buffer, not into ours.
        """
        line = bytearray()
        while self.read(self._byte):
            self.answered = True
            self.lines_left -= 1
            if self.lines_left < 0:
                raise ProtocolError("a head, or a line at a chunk, that does not end")
            if self._byte[0] == 0x0A:
                return bytes(line).rstrip(b"\r")
            line.append(self._byte[0])
        raise OSError(errno.ECONNRESET, "closed in a head")

    def chunk_line(self):
        """Return the line before or behind a chunk. Chunks may be tiny and many, and never let
        the server wait: so their lines are short, feed, and count as waiting."""
        clock = self._session.clock
        started, waited_ms = clock.ticks_ms(), self._waited_ms
        self.lines_left = _CHUNK_LIMIT
        line = self.line()
        self._spend(clock.ticks_diff(clock.ticks_ms(), started) - self._waited_ms + waited_ms)
        return line

    def close(self):
        """Close it for good."""
        self.idle = False
        self._stream.close()


class Response:
    """An answer: `status`, and a body to be read or given up.

    Of the headers only those are there that the library needs: KEPT_HEADERS.
    """

    def __init__(self, connection):
        self._connection = connection
        self.status = 100
        while self.status < 200:  # 100, 103: the answer is still to come
            is_new = self._read_head()
        option = (self.header("connection") or "").lower()
        self._is_reusable = "close" not in option and (is_new or "keep-alive" in option)
        self._is_chunked = False
        self._left = 0  # bytes in the body, or in this chunk; 0 only after the end
        self._find_body()

    def header(self, name):
        """Return the value of a header, or None. name: in lower case."""
        return self._headers.get(name)

    def _read_head(self):
        # Returns whether it is HTTP/1.1, where connections are kept.
        line = self._connection.line()
        version, _, rest = line.partition(b" ")
        code = rest.partition(b" ")[0]  # what follows may be missing
        if version not in (b"HTTP/1.1", b"HTTP/1.0") or len(code) != 3 or not code.isdigit():
            raise ProtocolError("not HTTP: %s" % line[:40])
        self.status = int(code)
        self._headers = {}
        line = self._connection.line()
        while line:
            following = self._connection.line()
            while following[:1] in (b" ", b"\t"):  # obsolete folding (5.2)
                line += b" " + following.strip()
                following = self._connection.line()
            self._keep(line)
            line = following
        return version == b"HTTP/1.1"

    def _keep(self, line):
        # A header that is not needed hurts nobody, whatever is in it.
        name, colon, value = line.partition(b":")
        try:
            key = name.strip().decode().lower()
        except ValueError:
            return
        if key not in KEPT_HEADERS:
            return
        if not colon or name != name.strip():
            raise ProtocolError("not a header: %s" % line[:40])
        try:
            # RFC 9110, 5.5
            value = value.strip().decode().replace("\r", " ").replace("\0", " ")
        except ValueError:
            raise ProtocolError("not UTF-8: %s" % line[:40])
        if self._headers.get(key, value) != value:
            value = self._headers[key] + ", " + value
        self._headers[key] = value

    def _find_body(self):
        # Where does the body end? (6.3)
        encoding = self.header("transfer-encoding")
        length = self.header("content-length")
        if self.status in (204, 304) or (length == "0" and not encoding):
            self._finish()
        elif encoding:
            if encoding.lower() != "chunked":
                raise ProtocolError("Transfer-Encoding: " + encoding)
            self._is_chunked = True
            self._headers["content-length"] = None  # chunks win
            self._next_chunk()
        elif length is None:
            self._left = _TO_THE_END
            self._is_reusable = False
        elif _is_number(length, _DIGITS):
            self._left = int(length)
        else:
            raise ProtocolError("Content-Length: " + length)

    def readinto(self, buf):
        """Fill `buf`; return less than its length at the end of the body, 0 after it.

        Raises OSError when the connection ends before the body does, or a deadline has come.
        A memoryview with as many bytes to come is filled without an allocation.
        """
        if not isinstance(buf, memoryview):
            buf = memoryview(buf)
        size = len(buf)
        got = 0
        while got < size and self._left:
            wanted = size - got
            if 0 < self._left < wanted:
                wanted = self._left
            part = buf if wanted == size else buf[got : got + wanted]
            n = self._connection.read(part)
            self._count(n, wanted)
            got += n
        return got

    def _count(self, n, wanted):
        if self._left == _TO_THE_END:
            if n < wanted:
                self._finish()
        elif n < wanted:
            raise OSError(errno.ECONNRESET, "closed in a body")
        elif n < self._left:
            self._left -= n
        elif self._is_chunked:
            # At once, so that an answer read to its last byte leaves a connection to keep.
            if self._connection.chunk_line():
                raise ProtocolError("a chunk is longer than its size")
            self._next_chunk()
        else:
            self._finish()

    def _next_chunk(self):
        size = self._connection.chunk_line().partition(b";")[0].strip()  # ";": extensions
        if not _is_number(size, _HEX_DIGITS):
            raise ProtocolError("the size of a chunk: %s" % size[:40])
        size = int(size, 16)
        if size:
            self._left = size
        else:
            self._connection.lines_left = _HEAD_LIMIT
            while self._connection.line():  # trailers
                pass
            self._finish()

    def _finish(self):
        self._left = 0
        if self._is_reusable:
            self._connection.idle = True
        else:
            self._connection.close()

    def close(self):
        """Be done with the answer. Unread rest: the connection is closed, not read empty."""
        if self._left:
            self._left = 0
            self._connection.close()
