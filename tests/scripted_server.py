"""A server that sends the bytes it is told, over TCP or TLS, and keeps what it got.

Tests use it through tests/device/scripted.py, which explains the steps. Between the two
lies a control connection of JSON lines: first {"script": [[step, ...], ...], "tls": kind},
answered by {"port": n}; after that each empty line is answered by what was received, one
latin-1 string per connection. When it closes, so does the port.
"""

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from pathlib import Path


class ScriptedServer:
    """Listens for control connections on `port`, 127.0.0.1, until the process ends."""

    def __init__(self, certificates: Path):
        self._certificates = certificates
        self._control = socket.create_server(("127.0.0.1", 0))
        self.port = self._control.getsockname()[1]
        _thread(self._accept)

    def _accept(self):
        while True:
            connection, _ = self._control.accept()
            _thread(self._serve, connection)

    def _serve(self, control):
        with control, control.makefile("rwb") as lines:
            line = lines.readline()
            if not line:  # who asked has died
                return
            order = json.loads(line)
            port = _ScriptedPort(order["script"], self._tls(order["tls"]))
            _answer(lines, {"port": port.number})
            with contextlib.suppress(ConnectionError):
                while lines.readline():
                    _answer(lines, [bytes(got).decode("latin-1") for got in port.received])
            port.close()

    def _tls(self, kind):
        if kind is None:
            return None
        kind, *options = kind.split("+")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind == "weak-key":
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(self._certificates / f"{kind}.pem")
        if "client" in options:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self._certificates / "ca.pem")
        if "tls13" in options:
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        if "tls12" in options:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if "sni" in options:
            context.sni_callback = self._certificate_for
        return context

    def _certificate_for(self, connection, name, _):
        # hawkbit.example has one of its own, every other name the one that the test said.
        if name == "hawkbit.example":
            connection.context = self._tls("example")


class _ScriptedPort:
    """One listening port: its n-th connection gets the n-th script, later ones are closed."""

    def __init__(self, scripts, tls):
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number = self._listener.getsockname()[1]
        self.received = []
        _thread(self._accept)

    def _accept(self):
        with contextlib.suppress(OSError):  # close()
            while True:
                connection, _ = self._listener.accept()
                got = bytearray()
                self.received.append(got)
                _thread(self._play, connection, len(self.received) - 1, got)

    def _play(self, connection, index, got):
        with connection, contextlib.suppress(OSError):  # the other side may go at any time
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            for step in self._scripts[index] if index < len(self._scripts) else [["close"]]:
                _STEPS[step[0]](connection, got, *step[1:])
            while data := connection.recv(4096):  # silent, until the other side closes
                got += data

    def close(self):
        # shutdown wakes the thread in accept(), close alone does not
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def _request(connection, got):
    start = len(got)
    while b"\r\n\r\n" not in got[start:]:
        _receive(connection, got)
    head, _, body = bytes(got[start:]).partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    end = len(got) - len(body) + length
    while len(got) < end:
        _receive(connection, got, min(end - len(got), 4096))


def _receive(connection, got, size=4096):
    data = connection.recv(size)
    if not data:
        raise ConnectionError
    got += data


def _send(connection, got, text, times=1):
    for _ in range(times):
        connection.sendall(text.encode("latin-1"))


def _drip(connection, got, text, interval_s):
    for character in text:
        connection.sendall(character.encode("latin-1"))
        time.sleep(interval_s)


def _close(connection, got):
    if isinstance(connection, ssl.SSLSocket):
        # say goodbye, but do not wait for the other side's
        connection.setblocking(False)
        with contextlib.suppress(ssl.SSLWantReadError):
            connection.unwrap()
    connection.close()


def _reset(connection, got):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


_STEPS = {
    "request": _request,
    "send": _send,
    "drip": _drip,
    "wait": lambda connection, got, seconds: time.sleep(seconds),
    "close": _close,
    "reset": _reset,
}


def _answer(lines, value):
    lines.write(json.dumps(value).encode() + b"\n")
    lines.flush()


def _thread(target, *args):
    threading.Thread(target=target, args=args, daemon=True).start()
