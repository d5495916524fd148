"""Where in its work the library gets which of the recorded answers, and what comes of it.

recordings/NAME.jsonl has the bytes of the wire, a line an exchange, and some notes of what the
server offered next, which is then the next poll. recordings/NAME.txt has what must come of each
answer, in the same order:

    the title of the exchange
        place: what must come of it there
    # why

A place is a function below. Most do two things with the answer: give it to the method of
Client that asks for it, whole and in pieces of 7 bytes; and to an Updater whose server has no
answer to the request after it. Besides, http.Session reads each answer byte by byte. The words:

    for good, for now       HTTPError.is_transient(); before it the errorCode without
                            "hawkbit.server.error."
    same; without x; x 1    how the library's body differs from what was asked in the recording
    then                    the next request, or how the cycle ends
"""

import errno
import json

import asks
from fakes import FakeSink
from hawkbit import confirmation, ddi
from hawkbit import deployment as shapes
from hawkbit.deployment import parse
from hawkbit.download import Download
from hawkbit.http import KEPT_HEADERS, Session
from hawkbit.settings import NOW, REFUSE
from playback import (
    EMPTY,
    HOST,
    SIZES,
    Net,
    Place,
    as_answer,
    below,
    compared,
    in_words,
    unquote,
    wire_body,
)

_FOLDER = __file__.replace("\\", "/").rpartition("/")[0] + "/recordings/"


def check(scenario):
    """Play every answer of a scenario; raise AssertionError where the table says otherwise."""
    before = {}
    wrong = []
    with _open(scenario + ".txt") as table, _open(scenario + ".jsonl") as lines:
        rows = _rows(table)
        for exchange in _exchanges(lines):
            title, outcomes = next(rows)
            assert title == exchange["title"], "row %r for answer %r" % (title, exchange["title"])
            assert outcomes, "nothing is said of %r" % title
            _check_bytes(Place(exchange, before))
            for name, expected in outcomes:
                found = _PLACES[name](Place(exchange, before))
                if found != expected:
                    wrong.append("%s\n    %s: %s" % (title, name, found))
        assert next(rows)[0] is None, "a row without an answer"
    assert not wrong, "not what the table says:\n" + "\n".join(wrong)


def cycle(scenario, *titles, **hooks):
    """Return the requests of a cycle that gets these answers of a scenario, in words."""
    with _open(scenario + ".jsonl") as lines:
        places = [Place(found, {}) for found in _exchanges(lines) if found["title"] in titles]
    assert len(places) == len(titles), titles
    answers = {}
    for place in places:
        assert place.base == places[0].base, "of another device"
        answers.setdefault(place.resource, []).append(place.answer)
    then = places[0].end(places[0].updater(answers, **hooks))
    return [places[0].short(request) for request in places[0].net.requests] + [then]


def _open(name):
    return open(_FOLDER + name, encoding="utf-8")


def _exchanges(lines):
    # A note belongs to the exchange before it.
    last = None
    for line in lines:
        found = json.loads(line)
        if "note" in found:
            last["offered"] = found["note"].split(": ")[1].split(", ")
        else:
            if last:
                yield last
            last = found
    yield last


def _rows(table):
    # Yields (title, [(place, outcome)]), and None at the end.
    title, outcomes = None, []
    for line in table:
        line = line.rstrip()
        if line.startswith("    "):
            place, _, outcome = line.strip().partition(": ")
            outcomes.append((place, outcome))
        elif line and not line.startswith("#"):
            if title:
                yield title, outcomes
            title, outcomes = line, []
    yield title, outcomes
    yield None, None


def _check_bytes(place):
    # Whatever was asked, http.Session reads what is on the wire, and keeps the connection.
    words = session(place).split(", ")
    if not place.answer.startswith(b"HTTP/"):
        assert words == ["timeout"], words
        return
    assert words[0] == place.answer.split(b" ")[1].decode(), words
    is_whole = place.asked.method != "HEAD"
    assert is_whole == (words[-2] != "no body"), words
    is_alone = place.answer.count(b"HTTP/1.1 ") == 1
    is_kept = is_whole and is_alone and b"\r\nConnection: close\r\n" not in place.answer
    assert is_kept == (words[-1] == "kept"), words


# --- any question, also those that the library never asks


def session(place):
    """http.Session alone: the status, the heads it keeps, the body, the next connection."""
    asked = place.asked
    found = []
    for size in SIZES + (1,):
        path = asked.path.split("?")[0].lstrip("/")
        net = Net("", {path: [place.answer, EMPTY]}, size)
        found.append(in_words(lambda n=net: _exchange(asked, place.answer, n), str))
    assert found == [found[0]] * len(found), found
    return found[0]


def _exchange(asked, answer, net):
    session = Session(net, net.clock)
    response = session.request(asked.method, asked.url, {}, asked.body)
    words = [str(response.status)]
    for name in KEPT_HEADERS:
        value = response.header(name)
        if name != "etag" and value is not None:
            words.append("%s %s" % (name, value))
    body = bytearray(len(answer) + 1)
    try:
        n = response.readinto(body)
        assert body[:n] == wire_body(answer), bytes(body[:n])
        words.append("%d bytes" % n)
    except OSError as e:
        assert e.args[0] == errno.ETIMEDOUT, e
        words.append("no body")
    net.stream.settle()
    assert session.request(asked.method, asked.url, {}, asked.body).status == 200
    words.append("kept" if session.connections == 1 else "closed")
    return ", ".join(words)


# --- poll


def poll(place):
    """The poll of a device that does not know of anything yet."""
    words = place.came_of(lambda client: client.poll(), lambda found: _offered(place, found))
    token = place.asked.headers.get("authorization", "")
    is_known = token.split(" ")[0] in ("TargetToken", "GatewayToken")
    sent = place.net.requests[0].headers.get("authorization")
    assert sent == (token if is_known else None), sent
    place.before["poll"] = place.answer
    updater = place.updater({"": [place.answer]}, accept=_accept)
    return "%s; %s" % (words, place.then(updater))


def poll_again(place):
    """A poll after the one before in the scenario; it has to say which one that was."""
    last = place.before["poll"]
    words = place.came_of(
        lambda client: (client.poll(), client.poll()),
        lambda polls: ("as before: " if polls[0] is polls[1] else "") + _offered(place, polls[1]),
        first=[last],
    )
    tag = place.net.requests[-1].headers["if-none-match"]
    assert "\r\nETag: %s\r\n" % tag in last.decode(), tag
    asked = place.asked.headers["if-none-match"]
    assert tag.strip('"') in asked or asked == "*", tag
    updater = place.updater({"": [last, place.answer]})
    place.then(updater)
    return "%s; %s" % (words, place.then(updater))


def _accept(deployment):
    return NOW


def _offered(place, found):
    words = ["%d s" % ddi.sleep_s(found.sleep)]
    offers = (found.deployment, found.cancel, found.confirmation)
    words += [below(HOST + place.base, offer.link) for offer in offers if offer]
    if found.wants_config:
        words.append("configData")
    return ", ".join(words)


# --- deployments


def deployment(place):
    """The GET of the deploymentBase that was polled."""
    words = installed(place)
    updater = place.updater({"": [place.offer(place.resource)], place.resource: [place.answer]})
    return "%s; %s" % (words, place.then(updater))


def installed(place):
    """The GET of a deployment by hand; the updater never asks for an installedBase."""
    if place.answer.startswith(b"HTTP/1.1 200"):
        place.before["deployment"] = wire_body(place.answer)
    return place.came_of(
        lambda client: asks.deployment(client, place.asked.url),
        lambda found: _told(place, found),
    )


def confirmation_base(place):
    """The GET of the confirmationBase that was polled."""
    words = installed(place)
    answers = {"": [place.offer(place.resource)], place.resource: [place.answer]}
    return "%s; %s" % (words, place.then(place.updater(answers, accept=_accept)))


def _told(place, found):
    words = ["%s %s/%s" % (found.action_id, found.download, found.update)]
    if found.window:
        words.append("window %s" % found.window)
    for a in found.artifacts:
        assert a.hash == "sha256" and len(a.digest) == 64, a
        assert a.name.startswith("fw-") and a.version == "1.0.0", a
        last = below(HOST + place.base, a.url).split("/")[3]
        assert unquote(last) == a.filename, a
        text = "%s %s %d %s" % (a.part, last, a.size, a.digest[:8])
        words.append(text + "".join([" %s=%s" % pair for pair in sorted(a.metadata.items())]))
    return ", ".join(words)


# --- what the library tells: deployments, cancellations, confirmations


def feedback(place):
    """The feedback of the recording, as far as the library can say it."""
    status = place.asked.json()["status"]
    finished = status["result"]["finished"]
    details, code = status.get("details", ()), status.get("code")
    return place.tell(
        lambda client: asks.feedback(
            client, place.action_id, status["execution"], finished, details, code
        )
    )


def final(place):
    """The final report of an update that failed; it waits on flash."""
    report = [place.action_id, shapes.EXEC_CLOSED, shapes.RESULT_FAILURE, ["why"]]
    words = [place.came_of(lambda client: asks.feedback(client, *report))]
    polls = place.offered()
    if words[0].split(" for ")[0][:8] not in ("taken", "HTTP 404", "HTTP 410"):
        polls = [place.offer("deploymentBase/" + place.action_id)]  # open on the server
    answers = {place.resource: [place.answer] * 2, "": polls}
    updater = place.updater(answers, {"reports": [report]})
    then = place.then(updater)
    record = place.record()
    sent = [r.json()["status"] for r in place.net.requests if r.method == "POST"]
    if len(sent) > 1:
        assert "details" in sent[0] and "details" not in sent[1], sent
        words.append("again without details")
    words.append("kept" if record["reports"] else "gone")
    if "lost" in record:
        assert record["lost"] == place.action_id, record
        words.append("lost")
    return "; ".join(words + [then])


def progress(place):
    """A report of progress, with the artifact still to be fetched."""
    resource = "deploymentBase/" + place.action_id
    answers = _server(place, resource, _file(place), {place.resource: [place.answer]})
    return place.then(place.updater(answers))


def _file(place):
    link = "%s%s/softwaremodules/1/artifacts/fw.bin" % (HOST, place.base)
    links = {"download-http": {"href": link}}
    return {"filename": "fw.bin", "hashes": {"sha256": "0" * 64}, "size": 10, "_links": links}


def _server(place, resource, file, answers):
    # The answers of a server that offers `resource`, an action with one file.
    chunk = {"part": "os", "version": "1.0.0", "name": "fw-1", "artifacts": [file]}
    found = {"download": shapes.FORCED, "update": shapes.FORCED, "chunks": [chunk]}
    key = "confirmation" if resource.startswith("confirmation") else "deployment"
    answers[""] = [place.offer(resource)]
    answers[resource] = [as_answer({"id": resource.split("/")[1], key: found})]
    return answers


def cancel_action(place):
    """The GET of the cancelAction that was polled, in the download of that action."""
    words = place.came_of(
        lambda client: asks.stop_id(client, place.asked.url), lambda id: "stop " + id
    )
    answers = {"": [place.offer(place.resource)], place.resource: [place.answer]}
    return "%s; %s" % (words, place.then(_downloading(place, answers)))


def cancel_feedback(place):
    """The same cancel feedback; and the updater's own, which has stopped the download."""
    status = place.asked.json()["status"]
    finished = status["result"]["finished"]
    words = place.tell(
        lambda client: asks.cancel_feedback(
            client, place.action_id, status["execution"], finished, status.get("details", ())
        )
    )
    resource = "cancelAction/" + place.action_id
    stop = {"id": place.action_id, "cancelAction": {"stopId": place.action_id}}
    answers = {"": [place.offer(resource)] + place.offered(), resource: [as_answer(stop)]}
    answers[place.resource] = [place.answer]
    then = place.then(_downloading(place, answers))
    assert place.record()["state"] == "idle", place.record()
    return "%s; %s" % (words, then)


def _downloading(place, answers):
    return place.updater(answers, {"state": "downloading", "action": place.action_id})


def confirmation_feedback(place):
    """The answer of `accept`, the same as in the recording if that has one."""
    is_denied = place.asked.json().get("confirmation") == "denied"
    resource = "confirmationBase/" + place.action_id
    answers = _server(place, resource, _file(place), {place.resource: [place.answer]})
    updater = place.updater(answers, accept=lambda _: REFUSE if is_denied else NOW)
    then = place.then(updater)
    is_answered = place.record().get("answered") == place.action_id
    words = [compared(place.asked.json(), place.sent())] + [str(e) for e in place.errors]
    return "; ".join(words + ["answered" if is_answered else "open", then])


def auto_confirm(place):
    """Auto-confirm on or off, by whom and why as in the recording."""
    asked = place.json() or {}
    is_active = "deactivate" not in place.resource
    return place.tell(
        lambda client: confirmation.auto_confirm(
            client, is_active, asked.get("initiator"), asked.get("remark")
        )
    )


# --- what the library tells: attributes, the installed set


def config_data(place):
    """The attributes of the recording, or any; and then the server asks once more."""
    data = place.json().get("data") or {"any": "1"}
    if type(data) is not dict:
        data = {"any": "1"}
    mode = place.json().get("mode", ddi.MODE_MERGE)
    words = [place.tell(lambda client: client.config_data(data, mode))]
    updater = place.updater({"": [place.offer("configData")] * 2, "configData": [place.answer]})
    return "; ".join(words + [place.end(updater), place.end(updater)])


def set_installed(place):
    """The set that runs; and then the next cycle."""
    asked = place.json()
    name, version = asked["name"], asked.get("version", "1")
    words = [place.tell(lambda client: asks.set_installed(client, name, version))]
    updater = place.updater({"": [place.offer()] * 2, place.resource: [place.answer]})
    updater.installed = (name, version)
    return "; ".join(words + [place.then(updater), place.then(updater)])


# --- artifacts


def artifact(place):
    """The artifact of the scenario's deployment with that name, else its first, in one window.

    With the If-Range of the recording, as if an earlier window had come with that ETag.
    """
    file, found = _wanted(place)
    sinks = []

    def fetch(client):
        sinks.append(FakeSink())
        download = Download(client, found, sinks[-1])
        for _ in download.begin(0, None, int):
            pass
        download.etag = place.asked.headers.get("if-range")
        for _ in download.window(found.size, int):
            pass
        assert download.finish() and sinks[-1].data == wire_body(place.answer)

    resource = below(HOST + place.base, found.url)
    words = [place.came_of(fetch, resource=resource)]
    heads = place.net.requests[0].headers
    assert heads["range"] == "bytes=0-%d" % (found.size - 1), heads
    assert heads.get("if-range") == place.asked.headers.get("if-range"), heads
    assert sinks[0].data == sinks[1].data
    words.append("%d of %d stored" % (len(sinks[0].data), found.size))
    answers = {"deploymentBase/35/feedback": [EMPTY], resource: [place.answer]}
    updater = place.updater(_server(place, "deploymentBase/35", file, answers))
    return "; ".join(words + [place.then(updater)])


def _wanted(place):
    # Returns the file in the deployment, as JSON and as an Artifact.
    asked = unquote(place.resource.split("/")[-1])
    chunks = json.loads(place.before["deployment"])["deployment"]["chunks"]
    files = [file for chunk in chunks for file in chunk["artifacts"]]
    named = [f for f in files if asked in (f["filename"], f["filename"].replace(" ", "+"))]
    # Another device has other links.
    text = json.dumps((named + files)[0])
    found = json.loads(text.replace("/dev-39452/", "/%s/" % place.id))
    chunk = {"part": "os", "version": "1.0.0", "name": "fw-1", "artifacts": [found]}
    body = {"deployment": {"chunks": [chunk]}}
    return found, parse(body, "35").artifacts[0]


def a_range(place):
    """The same range, asked for by Client.artifact(), which always says where it ends."""
    first, last = place.asked.headers["range"].split("=")[1].split("-")
    first = int(first)
    end = int(last) + 1 if last else max(first + 1, 2048)
    etag = place.asked.headers.get("if-range")
    words = place.came_of(
        lambda client: asks.artifact(client, place.asked.url, first, end, etag),
        lambda response: _ranged(place, response),
    )
    sent = place.net.requests[0].headers
    assert sent["range"].startswith(place.asked.headers["range"]), sent
    assert sent.get("if-range") == etag, sent
    return words


def _ranged(place, response):
    body = bytearray(4096)
    n = response.readinto(body)
    assert body[:n] == wire_body(place.answer), body[:n]
    return "%d %s, %d bytes" % (response.status, response.header("content-range"), n)


_PLACES = {
    "artifact": artifact,
    "autoConfirm": auto_confirm,
    "cancelAction": cancel_action,
    "cancel feedback": cancel_feedback,
    "configData": config_data,
    "confirmation": confirmation_feedback,
    "confirmationBase": confirmation_base,
    "deploymentBase": deployment,
    "feedback": feedback,
    "final report": final,
    "installedBase": installed,
    "poll": poll,
    "poll again": poll_again,
    "progress": progress,
    "PUT installedBase": set_installed,
    "range": a_range,
    "session": session,
}
