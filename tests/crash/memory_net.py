"""A net for the simulated board that ends in a FakeServer of this process, and counts."""

import errno

from fake_ddi import BASE
from http_wire import Wire


class MemoryNet:
    """What stands for `hawkbit.net`. `server`: a FakeServer.

    requests: how many the server got. artifact_bytes: how many bytes of artifacts were read.
    polls: answers to polls whose head was read and that may confirm an image: a poll, or at
    the end of its time the outage of a server.
    """

    def __init__(self, server):
        self.server = server
        self.requests = 0
        self.artifact_bytes = 0
        self.polls = 0

    def dial(self, host, port, tls, timeout_s):
        return _Stream(self)

    def count(self, answer, part, size, is_last):
        """Count `size` bytes read of the head or the body of an answer."""
        if part is answer.body and "/artifacts/" in answer.request.path:
            self.artifact_bytes += size
        if part is answer.head and is_last and answer.request.path == BASE:
            self.polls += answer.status in (200, 304, 429) or answer.status >= 500


class _Stream:
    def __init__(self, net):
        self._net = net
        self._wire = Wire(net.server.answer)
        self._parts = []  # (answer, its head or body), in the order of their bytes
        self._at = 0  # in the first part
        self._is_closed = False

    def write(self, data):
        self._check()
        for answer in self._wire.feed(data):
            self._net.requests += 1
            self._parts += [(answer, part) for part in (answer.head, answer.body) if part]

    def readinto(self, buf):
        self._check()
        if not self._parts:
            return None
        answer, part = self._parts[0]
        size = min(len(buf), len(part) - self._at)
        buf[:size] = part[self._at : self._at + size]
        self._at += size
        is_last = self._at == len(part)
        if is_last:
            self._at = 0
            del self._parts[0]
        self._net.count(answer, part, size, is_last)
        return size

    def poll(self, ms):
        self._check()
        return bool(self._parts)

    def close(self):
        self._is_closed = True

    def _check(self):
        if self._is_closed:
            raise OSError(errno.EBADF, "used after close()")
