# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""CPython's counterpart of hawkbit.net: the same functions over its `socket` and `ssl`.

Hand it to http.Session(net, clock) in its place; clock.py lies beside it.
"""

import errno
import select
import socket
import ssl


def context(ca=None, insecure=False):
    """Return the TLS context for servers whose chain ends in `ca`, bytes: DER, or PEM with
    one or more certificates. insecure=True verifies nothing.

    Raises ValueError when there is none in `ca`.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif not ca:
        raise ValueError("TLS needs ca=... (or insecure=True)")
    else:
        try:
            made.load_verify_locations(cadata=ca if ca[:1] == b"\x30" else ca.decode("ascii"))
        except (ssl.SSLError, UnicodeDecodeError):
            raise ValueError("ca is neither DER nor PEM") from None
    return made


def dial(host, port, tls, timeout_s):
    """Return a Stream to the first address of `host` that answers. Raises OSError.

    tls: None, or a context().
    """
    sock = None
    try:
        sock = socket.create_connection((host, port), timeout_s)
        if tls:
            sock = tls.wrap_socket(sock, server_hostname=host)
        sock.setblocking(False)
    except (OSError, ValueError) as e:  # ValueError: not a name for DNS or TLS
        if sock:
            sock.close()
        raise e if isinstance(e, OSError) else OSError(f"{host}: {e}")
    return Stream(sock, timeout_s)


class Stream:
    """An open connection. All methods raise OSError.

    readinto(buf) returns how much there was, 0 at the end, None when there is nothing yet.
    """

    def __init__(self, sock, timeout_s):
        self._sock = sock
        self._timeout_ms = int(timeout_s * 1000)
        self.close = sock.close

    def readinto(self, buf):
        try:
            return self._sock.recv_into(buf)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None

    def write(self, data):
        """Write all of `data`; wait at most the timeout each time the other side is busy."""
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                if not self._wait(select.POLLOUT, self._timeout_ms):
                    raise OSError(errno.ETIMEDOUT, "write") from None

    def poll(self, ms):
        """Is there something to read, or the end, or an error, within `ms`?"""
        return self._wait(select.POLLIN, ms)

    def _wait(self, event, ms):
        poller = select.poll()
        poller.register(self._sock, event)
        return bool(poller.poll(ms))
