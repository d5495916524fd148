# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""TCP and TLS streams: a read never blocks, a write waits while the other side is busy.

The only module that differs between interpreters; CPython's is boards/unix/cpython/net.py.
Sockets have a timeout only until they are open: a settimeout() later would count for each
recv(), not for the whole readinto(), and lose what was read before it struck.
"""

import binascii
import errno
import select
import socket

import tls as _tls


def context(ca=None, insecure=False):
    """Return the TLS context for servers whose chain ends in `ca`, bytes: DER, or PEM with
    one or more certificates.

    insecure=True verifies nothing and needs no `ca`. The board's clock must be right, or
    every certificate is "in the future". Raises ValueError when there is none in `ca`.
    """
    made = _tls.SSLContext(_tls.PROTOCOL_TLS_CLIENT)
    if insecure:
        made.verify_mode = _tls.CERT_NONE
    elif not ca:
        raise ValueError("TLS needs ca=... (or insecure=True)")
    elif ca[:1] == b"\x30":  # DER: an ASN.1 SEQUENCE
        made.load_verify_locations(ca)
    else:
        for der in _from_pem(ca):
            made.load_verify_locations(der)
    return made


def _from_pem(pem):
    # Not every port of MicroPython parses PEM.
    parts = pem.split(b"-----BEGIN CERTIFICATE-----")[1:]
    if not parts:
        raise ValueError("ca is neither DER nor PEM")
    return [binascii.a2b_base64(part.split(b"-----END")[0]) for part in parts]


def dial(host, port, tls, timeout_s):
    """Return a Stream to the first address of `host` that answers.

    tls: None, or a context(). Blocks for the DNS without a limit, for `timeout_s` at most in
    connect() and with each packet of a TLS handshake. Raises OSError, also for a certificate.
    """
    error = None
    for family, kind, proto, _, address in socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.settimeout(timeout_s)
            sock.connect(address)
            if tls:
                sock = tls.wrap_socket(sock, server_hostname=host)
            sock.setblocking(False)
            return Stream(sock, timeout_s)
        except (OSError, ValueError) as e:  # ValueError: mbedTLS on a certificate
            sock.close()
            error = e
    if isinstance(error, OSError):
        raise error
    raise OSError("%s: %s" % (host, str(error).strip() or "no address"))


class Stream:
    """An open connection. All methods raise OSError.

    readinto(buf) returns how much there was, 0 at the end, None when there is nothing yet.
    """

    def __init__(self, sock, timeout_s):
        self._sock = sock
        self._timeout_ms = int(timeout_s * 1000)
        self._poller = select.poll()
        self._poller.register(sock, select.POLLIN)
        self.readinto = sock.readinto
        self.close = sock.close

    def write(self, data):
        """Write all of `data`; wait at most the timeout each time the other side is busy."""
        rest = memoryview(data)
        while len(rest):
            n = self._sock.write(rest)
            if n is None:
                self._poller.modify(self._sock, select.POLLOUT)
                if not self.poll(self._timeout_ms):
                    raise OSError(errno.ETIMEDOUT, "write")
                self._poller.modify(self._sock, select.POLLIN)
            rest = rest[n or 0 :]

    def poll(self, ms):
        """Is there something to read, or the end, or an error, within `ms`?"""
        for _ in self._poller.ipoll(ms):
            return True
        return False
