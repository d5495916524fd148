# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""CPython's counterpart of hawkbit.net: the same functions over its `socket` and `ssl`.

Hand it to http.Session(net, clock) in its place; clock.py lies beside it.
"""

import errno
import select
import socket
import ssl
import tempfile
import time


def context(ca=None, cert=None, key=None, insecure=False):
    """Return the TLS context for servers whose chain ends in `ca`.

    cert, key: of the device, for servers that want one (mTLS). All are bytes, DER or PEM; a PEM
    `ca` may hold several. insecure=True verifies nothing and needs no `ca`.
    Raises ValueError for what is none of these.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if insecure:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif not ca:
        raise ValueError("TLS needs ca=... (or insecure=True)")
    else:
        for der in _ders(ca, "ca"):
            _load(made.load_verify_locations, "ca", cadata=der)
    if cert or key:
        _load_client(made, _ders(cert or b"", "cert")[0], _ders(key or b"", "key")[0])
    return made


def _ders(data, name):
    from hawkbit import pem

    return [data] if data[:1] == b"\x30" else pem.ders(data, name)


def _load(load, name, **arguments):
    try:
        load(**arguments)
    except ssl.SSLError as e:
        raise ValueError(f"{name} cannot be used: {e}") from None


def _load_client(made, cert, key):
    # OpenSSL wants a file, and of a key the kind in its PEM.
    pem = ssl.DER_cert_to_PEM_cert(key).replace("CERTIFICATE", "%sPRIVATE KEY")
    for kind in ("", "RSA ", "EC "):
        # Mode 600. Not by `open` and `os`, which are the board's on a simulated one.
        with tempfile.NamedTemporaryFile("w") as f:
            f.write(ssl.DER_cert_to_PEM_cert(cert) + pem.replace("%s", kind))
            f.flush()
            try:
                _load(made.load_cert_chain, "cert or key", certfile=f.name)
                return
            except ValueError:
                if kind == "EC ":
                    raise


def _now_s():
    # On the simulated board `time` is the board's.
    return time.ticks_ms() / 1000 if hasattr(time, "ticks_ms") else time.monotonic()


def dial(host, port, tls, timeout_s):
    """Return a Stream to the first address of `host` that answers. Raises OSError.

    tls: None, or a context(); the handshake comes with the first write().
    """
    try:
        sock = socket.create_connection((host, port), timeout_s)
    except ValueError as e:  # not a name for DNS
        raise OSError(f"{host}: {e}") from None
    return Stream(sock, timeout_s, tls and (tls, host, port))


class Stream:
    """An open connection. All methods raise OSError.

    readinto(buf) returns how much there was, 0 at the end, None when there is nothing yet.
    feed(): called at least every second in which write() waits.
    """

    feed = int  # does nothing

    def __init__(self, sock, timeout_s, secured=None):
        self._sock = sock
        self._timeout_s = timeout_s
        self._secured = secured  # (TLS context, host, port)
        try:
            sock.setblocking(False)
            if secured:
                self._sock = secured[0].wrap_socket(
                    sock, server_hostname=secured[1], do_handshake_on_connect=False
                )
        except (OSError, ValueError, MemoryError) as e:  # ValueError: not a name for TLS
            sock.close()
            raise self._explained(e) from None
        self.close = self._sock.close

    def readinto(self, buf):
        try:
            return self._sock.recv_into(buf)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        except ssl.SSLError as e:  # TLS 1.3 refuses a client certificate after the handshake
            raise self._explained(e) from None

    def write(self, data):
        """Write all of `data`; wait at most the timeout until some of it is taken.

        The first one makes the TLS handshake, before a byte of `data` leaves.
        """
        try:
            self._push(memoryview(data))
        except OSError as e:
            self.close()
            raise self._explained(e) if self._secured else e

    def _push(self, rest):
        started = _now_s()
        while rest:
            try:
                rest = rest[self._sock.send(rest) :]
                started = _now_s()
                continue
            except ssl.SSLWantReadError:
                event = select.POLLIN
            except (BlockingIOError, ssl.SSLWantWriteError):
                event = select.POLLOUT
            if _now_s() - started >= self._timeout_s:
                raise OSError(errno.ETIMEDOUT, "write")
            self._wait(event, min(self._timeout_s, 1) * 1000)
            self.feed()

    def _explained(self, error):
        from hawkbit import tls_errors

        tls, host, port = self._secured
        der = None
        if isinstance(error, ssl.SSLCertVerificationError):
            der = _certificate(host, port, self._timeout_s)
        return OSError(tls_errors.explain(error, host, der))

    def poll(self, ms):
        """Is there something to read, or the end, or an error, within `ms`?"""
        return self._wait(select.POLLIN, ms)

    def _wait(self, event, ms):
        poller = select.poll()
        poller.register(self._sock, event)
        return bool(poller.poll(ms))


def _certificate(host, port, timeout_s):
    """Return the DER of the certificate that a server shows, or None; nothing is sent to it."""
    tls = context(insecure=True)
    try:
        with (
            socket.create_connection((host, port), timeout_s) as sock,
            tls.wrap_socket(sock, server_hostname=host) as secured,
        ):
            return secured.getpeercert(True)
    except (OSError, ValueError):
        return None
