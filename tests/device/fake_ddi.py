"""A hawkBit in memory, and a device that updates from it: what would both believe now?

The server keeps its actions as reference tables of DDI say (deployment feedback, cancel
feedback, confirmation), in answers of hawkBit 1.0.4: empty bodies where that has none, JSON
with an errorCode where that has one. `faults` break single answers.
"""

import binascii
import gc
import hashlib
import json

from fakes import FakeClock, FakeSession, FakeSink, MemoryStore, artifact_answer
from hawkbit.client import Client
from hawkbit.errors import UpdateError
from hawkbit.updater import Updater

URL = "http://server:8080"
BASE = "/DEFAULT/controller/v1/dev1"
TOKEN = "0123456789abcdef"


def pattern(size, seed=1):
    """Return `size` bytes that no two offsets share."""
    block = bytes((i * 7 + seed) & 0xFF for i in range(256))
    return b"".join(block[:-1] + bytes([i & 0xFF]) for i in range(size // 256 + 1))[:size]


def sha256(data):
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()


def empty(status):
    return status, {}, b""


def error(status, code):
    body = {"exceptionClass": "org.eclipse.hawkbit.E", "errorCode": "hawkbit.server.error." + code}
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


QUOTA = error(429, "quota.tooManyEntries")
CLOSED = OSError(104, "connection reset")


def artifact(data, filename="fw.bin", module=1, **changes):
    """Return an artifact of a deployment; `changes` replace single keys."""
    url = "%s%s/softwaremodules/%d/artifacts/%s" % (URL, BASE, module, filename)
    found = {
        "filename": filename,
        "hashes": {"sha1": "a" * 40, "md5": "b" * 32, "sha256": sha256(data)},
        "size": len(data),
        "_links": {"download-http": {"href": url}, "md5sum-http": {"href": url + ".MD5SUM"}},
    }
    found.update(changes)
    return found


def chunk(artifacts, part="os", **changes):
    found = {"part": part, "version": "2.0", "name": "fw", "artifacts": artifacts}
    found.update(changes)
    return found


class FakeAction:
    """One assignment. status: as hawkBit's Mgmt API calls it."""

    def __init__(self, action_id, chunks, download, update, window):
        self.id = str(action_id)
        self.deployment = {"download": download, "update": update, "chunks": chunks}
        if window:
            self.deployment["maintenanceWindow"] = window
        self.is_download_only = update == "skip" and window is None
        self.status = "running"
        self.is_active = True
        self.entries = []  # (execution, finished, details) of each status entry
        self.cancel_entries = []
        self.confirmations = []

    @property
    def is_canceling(self):
        return self.status in ("canceling", "canceled")

    def end(self, status):
        self.status = status
        self.is_active = False


class FakeServer:
    """hawkBit with one target. `session` is what its device talks to.

    faults: a list of [words, answer, times], looked at first.
    """

    def __init__(self, sleep="00:05:00"):
        self.sleep = sleep
        self.actions = []
        self.files = {}  # path -> bytes
        self.attributes = {}
        self.installed = None  # action id
        self.wants_config = False
        self.faults = []
        self.max_entries = 1000
        self.session = FakeSession(self.answer)

    # --- the operator's side

    def assign(self, data=None, chunks=None, download="forced", update="forced", window=None):
        """Assign `data` as fw.bin of part os, or `chunks`; return the action."""
        if chunks is None:
            data = pattern(10000) if data is None else data
            chunks = [chunk([self.add(data)])]
        for action in self.actions:
            if action.is_active:
                action.status = "canceling"
        self.actions.append(FakeAction(len(self.actions) + 1, chunks, download, update, window))
        return self.actions[-1]

    def add(self, data, filename="fw.bin", module=1, **changes):
        """Store a file; return it as a deployment shows it."""
        path = "%s/softwaremodules/%d/artifacts/%s" % (BASE, module, filename)
        self.files[path] = data
        return artifact(data, filename, module, **changes)

    def fault(self, where, answer, times=1000):
        """Answer the next requests whose "METHOD path range" contains `where` with `answer`.

        answer: a function of the request, too, which may ask right_answer() what is right.
        """
        self.faults.append([where, answer, times])

    def seen(self, where):
        """Return the requests whose "METHOD path" contains `where`."""
        return [r for r in self.session.requests if where in "%s %s" % (r.method, r.path)]

    # --- the device's side

    def answer(self, request):
        """Return what hawkBit answers to a fakes.Request: (status, headers, body)."""
        line = "%s %s %s" % (request.method, request.path, request.headers.get("range", ""))
        for fault in self.faults:
            if fault[0] in line and fault[2]:
                fault[2] -= 1
                return fault[1](request) if callable(fault[1]) else fault[1]
        return self.right_answer(request)

    def right_answer(self, request):
        """Answer as hawkBit does, without faults."""
        path = request.path.split("?")[0]
        if not path.startswith(BASE):
            return empty(404)
        if path == BASE:
            return self._json(request, self._base())
        if path == BASE + "/configData":
            self.attributes.update(request.json()["data"])
            self.wants_config = False
            return empty(200)
        if path == BASE + "/installedBase":
            return empty(201)
        if "/artifacts/" in path:
            return self._file(request, path)
        return self._action(request, path[len(BASE) + 1 :].split("/"))

    def _json(self, request, answer):
        body = json.dumps(answer).encode()
        etag = '"0%08x"' % binascii.crc32(body)
        if request.headers.get("if-none-match") == etag:
            return 304, {"ETag": etag}, b""
        kind = "application/hal+json;charset=UTF-8"
        return 200, {"ETag": etag, "Content-Type": kind}, body

    def top(self):
        """Return the action that is offered: the oldest that is active, or None."""
        active = [action for action in self.actions if action.is_active]
        return active[0] if active else None

    def _base(self):
        links = {}
        action = self.top()
        if action:
            rel = "deploymentBase"
            if action.status == "wait_for_confirmation":
                rel = "confirmationBase"
            elif action.is_canceling:
                rel = "cancelAction"
            href = "%s%s/%s/%s?c=-1" % (URL, BASE, rel, action.id)
            links[rel] = {"href": href}
        if self.installed:
            links["installedBase"] = {
                "href": "%s%s/installedBase/%s" % (URL, BASE, self.installed)
            }
        if self.wants_config:
            links["configData"] = {"href": URL + BASE + "/configData"}
        answer = {"config": {"polling": {"sleep": self.sleep}}}
        if links:
            answer["_links"] = links
        return answer

    def _file(self, request, path):
        assert request.method == "GET", request
        if path not in self.files:
            return empty(404)
        offered = [a for a in self.actions if a.is_active and not a.is_canceling]
        if path not in json.dumps([action.deployment for action in offered]):
            return error(404, "repo.entityNotFound")
        return artifact_answer(request, self.files[path])

    def _action(self, request, words):
        found = [action for action in self.actions if words[1:2] == [action.id]]
        if not found:
            return error(404, "repo.entityNotFound")
        answers = {
            ("GET", "deploymentBase"): self._deployment,
            ("POST", "deploymentBase"): self._feedback,
            ("GET", "cancelAction"): self._cancel,
            ("POST", "cancelAction"): self._cancel_feedback,
            ("GET", "confirmationBase"): self._confirmation,
            ("POST", "confirmationBase"): self._confirm,
        }
        assert words[2:] == (["feedback"] if request.method == "POST" else []), request
        return answers[(request.method, words[0])](request, found[0])

    def _deployment(self, request, action):
        if action.is_canceling or action.status == "wait_for_confirmation":
            return empty(404)
        action.status = "retrieved"  # of a closed one, too: that is how it breaks the record
        return self._json(request, {"id": action.id, "deployment": action.deployment})

    def _feedback(self, request, action):
        entry = _entry(request)
        if entry is None:
            return error(400, "repo.constraintViolation")
        execution, finished, details = entry
        if action.status == "wait_for_confirmation":
            return empty(404)
        if not action.is_active:
            return empty(410)
        if execution != "closed" and len(action.entries) >= self.max_entries or len(details) > 50:
            return QUOTA
        action.entries.append(entry)
        if execution == "closed":
            action.end("error" if finished == "failure" else "finished")
            if action.status == "finished":
                self.installed = action.id
                self.wants_config = True
        elif execution == "downloaded" and action.is_download_only:
            action.end("downloaded")
        return empty(200)

    def _cancel(self, request, action):
        if not action.is_canceling:
            return empty(404)
        return self._json(request, {"id": action.id, "cancelAction": {"stopId": action.id}})

    def _cancel_feedback(self, request, action):
        if not action.is_canceling:
            return error(405, "action.notCancelable")
        execution, finished, _ = entry = _entry(request)
        action.cancel_entries.append(entry)
        if execution == "rejected" or (execution, finished) == ("closed", "failure"):
            action.status = "running"
        elif execution == "closed":
            action.end("canceled")
        return empty(200)

    def _confirmation(self, request, action):
        if action.status != "wait_for_confirmation":
            return empty(404)
        return self._json(request, {"id": action.id, "confirmation": action.deployment})

    def _confirm(self, request, action):
        if action.status != "wait_for_confirmation":
            return empty(404 if action.is_active else 410)
        answer = request.json()
        action.confirmations.append((answer["confirmation"], answer["details"]))
        if answer["confirmation"] == "confirmed":
            action.status = "running"
        return empty(200)


def _entry(request):
    # None: what hawkBit answers 400 to.
    assert request.headers["content-type"] == "application/json", request.headers
    body = request.json()
    assert "timestamp" not in body, body
    status = body["status"]
    details = status.get("details", [])
    for text in details:
        for i in range(len(text) - 1):
            if text[i] == "<" and (text[i + 1].isalpha() or text[i + 1] in "/!?"):
                return None
    return status["execution"], status["result"]["finished"], details


class Reset(BaseException):
    """The board resets."""


class FakeSlot(FakeSink):
    """A slot with its bootloader: a new image is on trial for one boot, then it goes back."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.is_next = False
        self.is_rolled_back = False

    def boot(self):
        """What the bootloader does at a reset."""
        if self.is_pending:
            self.is_pending = self.runs = False
            self.is_rolled_back = True
        elif self.is_next:
            self.runs = self.is_pending = True
        self.is_next = False

    def activate(self):
        needs_reset = super().activate()
        if needs_reset:
            self.is_next = True
            self.is_rolled_back = False
        return needs_reset

    def activated(self, kept):
        super().activated(kept)
        if self.is_rolled_back:
            raise UpdateError("rolled back: otadata says ABORTED")
        return self.runs

    def revert(self):
        super().revert()
        return self.is_pending

    def begin(self, artifact, have):
        if not self.is_pending:
            self.runs = self.is_rolled_back = False
        return super().begin(artifact, have)


class FakeDevice:
    """A board with one slot (part os). hooks: what Updater takes; `sinks` may hold more."""

    def __init__(self, server, sinks=None, store=None, client=None, **hooks):
        self.server = server
        self.slot = FakeSlot()
        self.sinks = sinks or {"os": self.slot}
        self.store = store or MemoryStore()
        self._client = client
        self.clock = FakeClock()
        self.hooks = hooks
        self.events = []
        self.resets = 0
        self.was_cut = False  # what the next reset comes from
        self.settings = {}
        self.boot()

    def boot(self):
        """Start the program anew, as after a reset; its RAM is gone."""
        self.updater = self.client = None
        gc.collect()
        from hawkbit import rollback  # needs `esp32`, which not all that import this file have

        rollback.power_was_cut = lambda: self.was_cut
        self.client = self._client or Client(
            self.server.session, URL, "DEFAULT", "dev1", target_token=TOKEN
        )
        self.updater = Updater(
            self.client,
            self.sinks,
            self.store,
            clock=self.clock,
            on_event=lambda name, info: self.events.append((name, info)),
            reset=self._reset,
            **self.hooks,
        )
        self.updater.window_bytes = 4096
        self.updater.checkpoint_bytes = 4096
        for name, value in self.settings.items():
            setattr(self.updater, name, value)

    def _reset(self):
        raise Reset

    def cycle(self):
        """Do one cycle; return the seconds to wait. A reset boots, and ends it."""
        try:
            return self.updater.run_once()
        except Reset:
            self.reset()
            return 0

    def reset(self, was_cut=False):
        """A reset, or a power cut."""
        self.resets += 1
        self.was_cut = was_cut
        for sink in self.sinks.values():
            if hasattr(sink, "boot"):
                sink.boot()
        self.boot()

    def cut(self, steps):
        """Do `steps` steps of a cycle, then cut the power; False if it ended before that."""
        steps_left = steps
        try:
            for _ in self.updater.cycle():
                steps_left -= 1
                if not steps_left:
                    break
        except Reset:
            pass
        self.reset(was_cut=True)
        return not steps_left

    def cycles(self, count):
        """Do `count` cycles, with the waiting between them; return the last wait."""
        wait_s = 0
        for _ in range(count):
            wait_s = self.cycle()
            self.clock.sleep_ms(wait_s * 1000)
        return wait_s

    def errors(self):
        """Return the texts of all error events."""
        return [str(info) for name, info in self.events if name == "error"]

    def record(self):
        """Return what lies on flash."""
        return json.loads(self.store.data) if self.store.data else {}
