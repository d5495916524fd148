"""HTTP/1.1 around a server in memory: bytes of requests in, bytes of answers out.

    wire = Wire(FakeServer().answer)
    wire.feed(b"GET /DEFAULT/controller/v1/dev1 HTTP/1.1\\r\\n\\r\\n")  # [Answer]

For nets in memory and for real sockets: what is not whole yet waits for more.
"""

from fakes import Request

_NO_BODY = (204, 304)


class Answer:
    """One answer as it is sent: the bytes of `head` and `body`, and the request it is for."""

    def __init__(self, request, status, headers, body):
        if status not in _NO_BODY:
            headers = dict(headers, **{"Content-Length": str(len(body))})
        lines = ["HTTP/1.1 %d " % status]
        lines += ["%s: %s" % (name, value) for name, value in headers.items()]
        self.request = request
        self.status = status
        self.head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.body = b"" if status in _NO_BODY else body


class Wire:
    """One connection to a server whose `answer(request)` returns (status, headers, body)."""

    def __init__(self, answer):
        self._answer = answer
        self._got = b""

    def feed(self, data):
        """Return the Answers to the requests that `data` completes."""
        self._got += bytes(data)
        answers = []
        request = self._take()
        while request:
            answers.append(Answer(request, *self._answer(request)))
            request = self._take()
        return answers

    def _take(self):
        head, end, rest = self._got.partition(b"\r\n\r\n")
        if not end:
            return None
        lines = head.decode().split("\r\n")
        method, target = lines[0].split(" ")[:2]
        headers = dict(line.split(": ", 1) for line in lines[1:])
        size = int(headers.get("Content-Length", "0"))
        if len(rest) < size:
            return None
        self._got = rest[size:]
        return Request(method, "http://" + headers["Host"] + target, headers, rest[:size])
