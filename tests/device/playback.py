"""A server that answers what hawkBit 1.0.4 did, and the device that asked it; see places.py."""

import errno
import json

from fakes import FakeClock, FakeSink, MemoryStore, Request
from hawkbit.client import Client
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.http import Session
from hawkbit.updater import Updater

HOST = "http://127.0.0.1:8080"
SIZES = (1 << 16, 7)  # of the pieces in which an answer arrives
EMPTY = b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"
_CODE = "hawkbit.server.error."
# How the recorder wrote down what became of the connection.
_OPEN = b"<still open after 3 s>"
_CLOSED = b"<closed by the server>"


class Unanswered(BaseException):
    """A request for which there is no answer: the play ends here."""


class Reset(BaseException):
    """The board resets."""


class Net:
    """A net and its server: `answers` has a list of answers for each path below `base`.

    size: of the pieces that arrive, each after a pause.
    """

    def __init__(self, base, answers, size):
        self.base = base
        self.answers = answers
        self.size = size
        self.clock = FakeClock()
        self.requests = []
        self.sent = []  # the sizes of the requests

    def dial(self, host, port, tls, timeout_s):
        self.stream = Stream(self)
        return self.stream

    def answer(self, data):
        request = parse(data)
        self.requests.append(request)
        self.sent.append(len(data))
        found = self.answers.get(below(self.base, request.path).split("?")[0])
        if not found:
            raise Unanswered
        return found.pop(0)


class Stream:
    """The connection of a Net."""

    def __init__(self, net):
        self._net = net
        self._answer = b""
        self._is_ended = False
        self._is_dry = False

    def write(self, data):
        answer = self._net.answer(data)
        self._is_ended = answer.endswith(_CLOSED) or b"\r\nConnection: close\r\n" in answer
        self._answer += answer.replace(_CLOSED, b"").replace(_OPEN, b"")

    def settle(self):
        """Time passes: what is on its way arrives."""
        self._is_dry = False

    def readinto(self, buf):
        if self._answer and not self._is_dry:
            n = min(len(buf), len(self._answer), self._net.size)
            buf[:n] = self._answer[:n]
            self._answer = self._answer[n:]
            self._is_dry = n == self._net.size
            return n
        if not self._answer and self._is_ended:
            return 0
        return None

    def poll(self, ms):
        self._is_dry = False
        is_ready = bool(self._answer) or self._is_ended
        self._net.clock.sleep_ms(1 if is_ready else ms)
        return is_ready

    def close(self):
        self._answer = b""
        self._is_ended = True


# --- the bytes of the wire


def octets(text):
    """Return the bytes that were written as latin-1 characters."""
    return bytes([ord(c) for c in text])


def parse(data):
    """Return the fakes.Request in the bytes of a request."""
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    if len(lines[0].split()) != 3:  # "hello"
        lines = ["GET /DEFAULT/controller/v1/dev1 HTTP/1.1"]
    method, path, _ = lines[0].split()
    heads = dict([line.split(": ", 1) for line in lines[1:]])
    return Request(method, path if path.startswith("http:") else HOST + path, heads, body)


def wire_body(answer):
    """Return the body of an answer that came whole, its framing taken off."""
    head, _, rest = answer.replace(_CLOSED, b"").replace(_OPEN, b"").partition(b"\r\n\r\n")
    if b"\r\nTransfer-Encoding: chunked" not in head:
        length = head.partition(b"\r\nContent-Length: ")[2].split(b"\r\n")[0]
        return rest[: int(length or b"0")]
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def as_answer(value):
    """Return a 200 with `value` as JSON."""
    body = json.dumps(value).encode()
    return b"HTTP/1.1 200 \r\nContent-Length: %d\r\n\r\n" % len(body) + body


def unquote(text):
    first, *rest = text.encode().split(b"%")
    return (first + b"".join([bytes([int(r[:2], 16)]) + r[2:] for r in rest])).decode()


def below(base, path):
    """Return the path below that of the controller, or the whole one."""
    return path[len(base) :].lstrip("/") if path.startswith(base) else path


# --- in words


def in_words(call, describe=None):
    """Return in words what call() returned or raised."""
    try:
        value = call()
        return describe(value) if describe else "taken"
    except HTTPError as e:
        code = " " + e.error_code.replace(_CODE, "") if e.error_code else ""
        return "HTTP %d%s %s" % (e.status, code, "for now" if e.is_transient() else "for good")
    except (ProtocolError, UpdateError) as e:
        return "%s: %s" % (type(e).__name__, e)
    except OSError as e:
        return "timeout" if e.args[0] == errno.ETIMEDOUT else repr(e)


def flat(value, name=""):
    """Return the leaves of a JSON object as {name: value}."""
    if not isinstance(value, dict):
        return {name: value}
    leaves = {}
    for key in value:
        leaves.update(flat(value[key], key))
    return leaves


def compared(asked, sent):
    """Return in words how the JSON that the library sent differs from what was asked."""
    if asked is None:
        return "with a body"
    asked, sent = flat(asked), flat(sent)
    sent.pop("id", None)  # for servers before 0.3.0M8; this one does not look at it
    words = ["without %s" % key for key in sorted(asked) if key not in sent]
    for key in sorted(sent):
        if key not in asked or asked[key] != sent[key]:
            text = json.dumps(sent[key])
            if len(text) > 50:
                text = "%s... (%d)" % (text[:20], len(text))
            words.append("%s %s" % (key, text))
    return ", ".join(words) or "same"


class Place:
    """One exchange, and the library where the one who asked was.

    before: what the scenario has shown so far, a dict that the places fill.
    """

    def __init__(self, exchange, before):
        self.answer = octets(exchange["answer"])
        self._offered = exchange.get("offered")
        self.before = before
        self.asked = parse(octets(exchange["request"]))
        words = [word for word in self.asked.path.split("?")[0].split("/") if word]
        self.tenant = words[0]
        self.id = unquote(words[3]) if len(words) > 3 else "dev1"
        self.resource = "/".join(words[4:])
        self.action_id = words[5] if len(words) > 5 else None
        self.base = self._client(None).url[len(HOST) :]

    def _client(self, session):
        kind, _, token = self.asked.headers.get("authorization", "").partition(" ")
        tokens = {"TargetToken": "target_token", "GatewayToken": "gateway_token"}
        tokens = {tokens[kind]: token} if kind in tokens else {}
        return Client(session, HOST, self.tenant, self.id, **tokens)

    def client(self, answers, size=7):
        """Return the Client of the device that asked; `net` remembers its requests."""
        self.net = Net(self.base, answers, size)
        return self._client(Session(self.net, self.net.clock))

    def came_of(self, call, describe=None, first=(), resource=None):
        """Return in words what comes of call(client): the same for pieces of any size.

        first: answers before the one of this exchange. resource: where the answer waits.
        """
        found = []
        resource = self.resource if resource is None else resource
        for size in SIZES:
            client = self.client({resource: list(first) + [self.answer]}, size)
            found.append(in_words(lambda c=client: call(c), describe))
        assert found == [found[0]] * len(found), found
        return found[0]

    def tell(self, call):
        """Return in words what call(client) told the resource, and what came of it."""
        words = self.came_of(call)
        return "%s; %s" % (compared(self.json(), self.sent()), words)

    def json(self):
        """Return the JSON of the recorded request, or None."""
        return self.asked.json() if self.asked.body else None

    def updater(self, answers, record=(), **hooks):
        """Return an Updater with `record` on flash, whose server gives `answers`.

        Attributes that it sends are taken, unless `answers` says something else.
        """
        answers.setdefault("configData", [EMPTY] * 3)
        client = self.client(answers)
        record = dict(record)
        record.update({"format": 1, "base": client.url, "config": config_known()})
        self.store = MemoryStore(json.dumps(record).encode())
        self.errors = []
        return Updater(
            client,
            {"os": FakeSink(is_slot=False), "bApp": FakeSink(is_slot=False)},
            self.store,
            clock=self.net.clock,
            on_event=lambda name, info: name == "error" and self.errors.append(info),
            reset=_reset,
            **hooks,
        )

    def record(self):
        """Return what the updater has on flash."""
        return json.loads(self.store.data)

    def end(self, updater):
        """Do a cycle until a request finds no answer; return in words how it ends."""
        del self.errors[:]
        try:
            wait_s = updater.run_once()
        except Unanswered:
            return "then " + self.short(self.net.requests[-1])
        except Reset:
            return "then reset"
        if self.errors:
            assert 5 <= wait_s <= 7, wait_s
            return "then back-off"
        return "then wait %d s" % wait_s

    def then(self, updater):
        """Do a cycle; return in words what comes next: attributes only if nothing else does."""
        begun = len(self.net.requests)
        end = self.end(updater)
        asked = [self.short(request) for request in self.net.requests[begun:]]
        if "PUT configData" in asked and end.startswith("then wait"):
            return "then PUT configData"
        return end

    def short(self, request):
        """Return a request in a few words."""
        resource = below(self.base, request.path)
        if request.method == "GET" and not resource:
            return "poll"
        words = [request.method, resource]
        if request.method == "POST":
            leaves = flat(request.json())
            words += [
                leaves[key] for key in ("confirmation", "execution", "finished") if key in leaves
            ]
        return " ".join(words)

    def offer(self, *resources):
        """Return the answer of a poll that offers `resources`."""
        links = {}
        for resource in resources:
            links[resource.split("/")[0]] = {"href": "%s%s/%s" % (HOST, self.base, resource)}
        return as_answer({"config": {"polling": {"sleep": "00:05:00"}}, "_links": links})

    def offered(self):
        """Return the answer of the next poll in a list, as far as the recording has it."""
        if not self._offered:
            return []
        resources = [
            rel if rel == "configData" else "%s/%s" % (rel, self.action_id)
            for rel in self._offered
        ]
        return [self.offer(*resources)]

    def sent(self):
        """Return the JSON that the library sent to the resource of this exchange."""
        found = [r for r in self.net.requests if below(self.base, r.path) == self.resource]
        return found[0].json()


def _reset():
    raise Reset


_known = {}


def config_known():
    """Return what the journal says once the server has the attributes."""
    if not _known:
        net = Net("/D/controller/v1/d", {"configData": [EMPTY]}, 100)
        net.answers[""] = [as_answer({"config": {"polling": {"sleep": "00:05:00"}}})]
        store = MemoryStore()
        client = Client(Session(net, net.clock), HOST, "D", "d")
        Updater(client, {}, store, clock=net.clock).run_once()
        _known.update(json.loads(store.data))
    return _known["config"]
