# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The seam of http.Session over micropython-lib's `requests` (once `urequests`).

    import requests
    session = RequestsSession(requests)

What that package (0.10, 1.1) cannot do, and so this session cannot:
* verify a certificate: https is refused unless insecure=True;
* keep a connection: each request opens one;
* deadlines: `timeout_s` counts for connecting and for each packet. There is no minimum rate
  and no deadline for a request: at one byte a second a block of 4 KiB takes over an hour,
  and feed() is not called in it;
* chunked answers: ProtocolError with 0.10.
"""

from hawkbit.errors import ProtocolError
from hawkbit.http import KEPT_HEADERS, split_url


class _RedirectError(OSError):
    """Raised out of `requests`, which would follow with the token. It closes on OSError."""


def _with_host(url, headers):
    sent = {"Host": url.split("/", 3)[2]}  # theirs lacks the port
    sent.update(headers)
    for name in sent:
        text = name + sent[name]
        if "\r" in text or "\n" in text:
            raise ProtocolError("a line end in a header")
    return sent


class RequestsSession:
    """requests_module: the package. insecure: allow https without verification."""

    def __init__(self, requests_module, insecure=False, timeout_s=20):
        self.connections = 0
        self._requests = requests_module
        self._insecure = insecure
        self._timeout_s = timeout_s

    def request(self, method, url, headers, body=None):
        """As http.Session.request. A redirect, of whatever number, is answered as 302."""
        if split_url(url)[0] == "https" and not self._insecure:
            raise ProtocolError("`requests` verifies no certificate: use http.Session")
        sent = _with_host(url, headers)
        received = {}

        def keep(line, _):
            name, _, value = line.partition(b":")
            name = str(name.lower(), "utf-8")
            if name in KEPT_HEADERS:
                received[name] = str(value.strip(), "utf-8")
            if name == "location":
                raise _RedirectError

        self.connections += 1
        try:
            answer = self._requests.request(
                method, url, data=body, headers=sent, timeout=self._timeout_s, parse_headers=keep
            )
        except _RedirectError:
            return _Response(302, received, None)
        except (NotImplementedError, ValueError) as e:
            raise ProtocolError(str(e))
        return _Response(answer.status_code, received, answer.raw)

    def close(self):
        """Nothing is kept."""


class _Response:
    """As http.Response."""

    def __init__(self, status, headers, raw):
        self.status = status
        self._headers = headers
        self._raw = raw
        self._left = None  # bytes of the body; None: until the connection ends
        length = headers.get("content-length")
        if status in (204, 304) or not raw:
            self._left = 0
        elif length:
            if not length.isdigit():
                self.close()
                raise ProtocolError("Content-Length: " + length)
            self._left = int(length)

    def header(self, name):
        """As http.Response.header."""
        return self._headers.get(name)

    def readinto(self, buf):
        """As http.Response.readinto."""
        view = memoryview(buf)
        if self._left is not None:
            view = view[: self._left]
        got = 0
        n = 1
        while got < len(view) and n:
            n = self._read(view[got:])
            got += n
        if self._left is not None:
            if got < len(view):
                raise OSError("closed in a body")
            self._left -= got
        return got

    def _read(self, view):
        try:
            return self._raw.readinto(view)
        except ValueError as e:  # 1.1 on a body that ends early
            raise OSError(str(e))

    def close(self):
        """As http.Response.close."""
        if self._raw:
            self._raw.close()
