"""What hawkBit 1.0.4 answered, played back to a client that asks something alike.

The files in tools/api/hawkbit-1.0.4/ have a line an exchange: title, request line, body, answer.
"""

import base64
import json
from pathlib import Path

import httpx
from rollouts.api import Hawkbit

_FOLDER = Path(__file__).parent / "tools/api/hawkbit-1.0.4"
PASSWORD = "correct horse"


def answer(scenario, title):
    """Return the recorded answer of that title as an httpx.Response."""
    for line in (_FOLDER / f"{scenario}.jsonl").read_text().splitlines():
        exchange = json.loads(line)
        if exchange["title"] == title:
            return _response(exchange["answer"])
    raise KeyError(title)


def _response(raw):
    head, _, body = raw.encode("latin-1").partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    if headers.pop("Transfer-Encoding", None) == "chunked":
        body = _unchunked(body)
    return httpx.Response(int(status_line.split()[1]), headers=headers, content=body)


def _unchunked(body):
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole += body[: int(size, 16)]
        body = body[int(size, 16) + 2 :]
    return whole


class Server:
    """Answers with the given responses, one after the other, and keeps what was asked."""

    def __init__(self, *responses):
        self._responses = list(responses)
        self.requests = []
        self.bodies = []
        self.logins = []
        self.sleeps_s = []

    def __call__(self, request):
        self.requests.append(request)
        self.bodies.append(request.read())
        self.logins.append(_login_of(request))
        response = self._responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    @property
    def asked(self):
        """(method, path) of every request."""
        return [(one.method, one.url.raw_path.decode().split("?")[0]) for one in self.requests]

    @property
    def sent(self):
        """The JSON of the last request."""
        return json.loads(self.bodies[-1])

    @property
    def query(self):
        """The parameters of the last request."""
        return dict(self.requests[-1].url.params)

    def client(self, tenant=None, user="admin"):
        return Hawkbit(
            "http://hawkbit.test",
            user,
            PASSWORD,
            tenant,
            mock=httpx.MockTransport(self),
            sleep=self.sleeps_s.append,
        )


def client_for(*responses, **options):
    """Return (client, Server) for a test that needs both."""
    server = Server(*responses)
    return server.client(**options), server


def _login_of(request):
    return base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
