# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""TCP and TLS streams: a read never blocks, a write waits while the other side is busy.

The only module that differs between interpreters; CPython's is boards/unix/cpython/net.py.
Sockets have a timeout only until they are open: a settimeout() later would count for each
recv(), not for the whole readinto(), and lose what was read before it struck.
"""

import errno
import select
import socket
import time

import tls as _tls


def context(ca=None, cert=None, key=None, insecure=False):
    """Return the TLS context for servers whose chain ends in `ca`.

    cert, key: of the device, for servers that want one (mTLS); of a PEM with several
    certificates the first is taken. All are bytes, DER or PEM; a PEM `ca` may hold several.
    insecure=True verifies nothing and needs no `ca`. The board's clock must be right.
    Raises ValueError for what is none of these.
    """
    made = _tls.SSLContext(_tls.PROTOCOL_TLS_CLIENT)
    if insecure:
        made.verify_mode = _tls.CERT_NONE
    elif not ca:
        raise ValueError("TLS needs ca=... (or insecure=True)")
    else:
        for der in _ders(ca, "ca"):
            made.load_verify_locations(der)
    if cert or key:
        made.load_cert_chain(_ders(cert or b"", "cert")[0], _ders(key or b"", "key")[0])
    return made


def _ders(data, name):
    if data[:1] == b"\x30":  # an ASN.1 SEQUENCE: DER already
        return [data]
    from hawkbit import pem

    return pem.ders(data, name)


def dial(host, port, tls, timeout_s):
    """Return a Stream to the first address of `host` that answers. Raises OSError.

    tls: None, or a context(); the handshake comes with the first write(). Blocks for the DNS
    without a limit, and for `timeout_s` at most in connect().
    """
    error = OSError("%s: no address" % host)
    for place in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        try:
            return Stream(place, timeout_s, tls, host)
        except OSError as e:
            error = e
    raise error


class Stream:
    """An open connection to `place`, of getaddrinfo(). All methods raise OSError.

    readinto(buf) returns how much there was, 0 at the end, None when there is nothing yet.
    feed(): called at least every second in which write() waits.
    """

    feed = int  # does nothing

    def __init__(self, place, timeout_s, tls=None, host=None):
        self._place = place
        self._timeout_s = timeout_s
        self._tls = None  # until the handshake is over
        self._host = host
        self._plain = self._sock = socket.socket(*place[:3])
        self._or_close(self._open, tls)
        self.readinto = self._sock.readinto

    def _open(self, tls):
        self._plain.settimeout(self._timeout_s)
        self._plain.connect(self._place[4])
        self._plain.setblocking(False)
        self._tls = tls
        if tls:
            self._sock = tls.wrap_socket(
                self._plain, server_hostname=self._host, do_handshake_on_connect=False
            )
        self._poller = select.poll()
        self._poller.register(self._sock, select.POLLIN)

    def _or_close(self, step, argument):
        try:
            step(argument)
        except Exception as e:
            self.close()
            if not self._tls:
                raise
            from hawkbit import tls_errors

            raise tls_errors.explained(e, self._tls, self._host, self._again)

    def _again(self):
        return Stream(self._place, self._timeout_s, self._tls, self._host)

    def write(self, data):
        """Write all of `data`; wait at most the timeout until some of it is taken.

        The first one makes the TLS handshake, before a byte of `data` leaves.
        """
        if self._tls:
            self._or_close(self.push, data)
            self._tls = None
        else:
            self.push(data)

    def push(self, data):
        """write(), but a failed handshake raises what the port raises: ValueError, MemoryError."""
        rest = memoryview(data)
        started = time.ticks_ms()
        while len(rest):
            n = self._sock.write(rest)
            if n:
                rest = rest[n:]
                started = time.ticks_ms()
            elif time.ticks_diff(time.ticks_ms(), started) < self._timeout_s * 1000:
                self._poller.modify(self._sock, select.POLLOUT)
                self.poll(int(min(self._timeout_s, 1) * 1000))
                self._poller.modify(self._sock, select.POLLIN)
                self.feed()
            else:
                raise OSError(errno.ETIMEDOUT, "write")

    def close(self):
        """Close it. May be repeated."""
        self._sock.close()
        self._plain.close()  # after a failed handshake the other one has let go of it

    def poll(self, ms):
        """Is there something to read, or the end, or an error, within `ms`?"""
        for _ in self._poller.ipoll(ms):
            return True
        return False
