"""A server that sends exactly the bytes a test tells it: the device's end of it.

    NEEDS = ("SCRIPTED_SERVER",)

    server = Server([REQUEST, send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")])
    ... Session.request("GET", server.url + "/path", {}, None) ...
    assert server.received()[0].startswith(b"GET /path")
    server.close()

Each argument is what one connection does, in order; a connection at the end of its steps
stays open and silent, and those after the last are closed at once.
"""

import json
import os
import socket

REQUEST = ("request",)  # read one whole request
CLOSE = ("close",)
RESET = ("reset",)  # the connection ends with a TCP reset


def send(text, times=1):
    """Send `text` (latin-1) so many times."""
    return ("send", text, times)


def drip(text, interval_s):
    """Send `text` byte by byte, with a pause after each."""
    return ("drip", text, interval_s)


def wait(seconds):
    return ("wait", seconds)


class Server:
    """tls: None, or which certificate it shows: a name of KINDS in tests/certificates.py, and
    "+client" (wants one of the client), "+tls13", "+tls12", "+sni" (see scripted_server.py).

    The CA of the good ones: the files os.getenv("CA_DER") and "CA_PEM".
    """

    def __init__(self, *connections, tls=None):
        host, port = os.getenv("SCRIPTED_SERVER").split(":")
        self._socket = socket.socket()
        self._socket.connect(socket.getaddrinfo(host, int(port))[0][-1])
        self._lines = self._socket.makefile("rwb", 0)  # MicroPython cannot flush a socket
        self.port = self._ask({"script": connections, "tls": tls})["port"]
        self.url = "%s://localhost:%d" % ("https" if tls else "http", self.port)

    def _ask(self, question):
        self._lines.write(json.dumps(question).encode() + b"\n" if question else b"\n")
        return json.loads(self._lines.readline())

    def received(self):
        """Return what each connection sent so far, as bytes."""
        return [bytes(ord(c) for c in text) for text in self._ask(None)]

    def close(self):
        self._lines.close()
        self._socket.close()
