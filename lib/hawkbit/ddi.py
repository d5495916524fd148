# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""DDI words and shapes: JSON values in, small tuples out; arguments in, dicts out.

No I/O. A wrong poll raises ProtocolError: the server or a proxy is ill, try again. A wrong
deployment raises UpdateError, whose text is reported to the operator who can mend it.
Source: hawkbit-ddi-api, classes Ddi*, at hawkBit 1.0.4.
"""

from collections import namedtuple

from micropython import const

from hawkbit.errors import ProtocolError, UpdateError

# DdiStatus.ExecutionStatus; `canceled` and `rejected` end nothing on deploymentBase.
EXEC_CLOSED = const("closed")
EXEC_PROCEEDING = const("proceeding")
EXEC_DOWNLOADED = const("downloaded")
EXEC_REJECTED = const("rejected")
# DdiResult.FinalResult; `none` with `closed` would count as success.
RESULT_SUCCESS = const("success")
RESULT_FAILURE = const("failure")
RESULT_NONE = const("none")
# DdiDeployment.HandlingType; the third is "attempt".
SKIP = const("skip")
FORCED = const("forced")
# DdiUpdateMode of configData.
MODE_MERGE = const("merge")
# DdiConfirmationFeedback.Confirmation.
CONFIRMED = const("confirmed")
DENIED = const("denied")

# sleep: as sent; the others: hrefs of the poll, or None.
Base = namedtuple("Base", "sleep deployment cancel confirmation installed config_data")
# window: "available", "unavailable", or None without a maintenance schedule.
Deployment = namedtuple("Deployment", "action_id download update window artifacts")
# A chunk's part, name, version and metadata (a dict) stand with each of its artifacts.
Artifact = namedtuple("Artifact", "part name version metadata filename size hash digest url")

# Strongest first, with their length in hex; the weak ones only if the caller says so.
_HASHES = const((("sha256", 64), ("sha1", 40), ("md5", 32)))
_MAX_DETAILS = const(20)
_MAX_DETAIL = const(512)
_MAX_ATTRIBUTES = const(100)
_MAX_ATTRIBUTE = const(128)
_ISO_UNITS_S = {"D": 86400, "H": 3600, "M": 60, "S": 1}


def base(answer):
    """Return the Base of a poll. Its `sleep` is as sent: see sleep_s()."""
    if type(answer) is not dict:
        raise ProtocolError("the poll is not a JSON object")
    config = answer.get("config")
    polling = config.get("polling") if type(config) is dict else None
    links = answer.get("_links") or {}
    if type(links) is not dict or not (type(polling) is dict or links):
        raise ProtocolError("not a DDI poll")
    return Base(
        polling.get("sleep") if type(polling) is dict else None,
        _offer(links, "deploymentBase"),
        _offer(links, "cancelAction"),
        _offer(links, "confirmationBase"),
        _offer(links, "installedBase"),
        _offer(links, "configData"),
    )


def _offer(links, rel):
    link = href(links, rel)
    if link is None and rel in links:
        raise ProtocolError("the poll's link %s has no href" % rel)
    return link


def href(links, rel):
    """Return the address of `rel` in a `_links` object, or None."""
    link = links.get(rel)
    link = link.get("href") if type(link) is dict else None
    return link if type(link) is str and link else None


def action_id(link):
    """Return the action id, as text, at the end of a link such as .../deploymentBase/7?c=1."""
    return link.split("?")[0].rstrip("/").split("/")[-1]


def stop_id(answer):
    """Return the id, as text, of the action that a cancelAction answer wants stopped."""
    try:
        found = answer["cancelAction"]["stopId"]
    except (KeyError, TypeError):
        found = None
    if type(found) not in (str, int) or found == "":
        raise ProtocolError("cancelAction without stopId")
    return str(found)


def sleep_s(text):
    """Return config.polling.sleep ("HH:MM:SS", "PT26H13M7.456S") in whole seconds, never 0.

    Raises ProtocolError on any other form. Source: DdiPolling, DurationHelper.
    """
    seconds = 0
    try:
        if text[0] == "P":
            seconds = _iso_s(text[1:])
        elif not text.replace(":", "").isdigit():
            raise ValueError
        else:
            h, m, s = text.split(":")
            seconds = int(h) * 3600 + int(m) * 60 + int(s)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        pass  # seconds is 0: the one complaint is below
    if seconds < 1:
        raise ProtocolError("config.polling.sleep: %r" % (text,))
    return seconds


def _iso_s(text):
    # Java's Duration.toString(): no years, months or weeks, and a fraction of seconds only.
    seconds = 0
    number = ""
    for c in text.replace("T", ""):
        if c.isdigit() or c == ".":
            number += c
        else:
            seconds += float(number) * _ISO_UNITS_S[c]
            number = ""
    return 0 if number else int(seconds)


def deployment(answer, link, weak_hashes=False):
    """Return the Deployment in a deploymentBase or confirmationBase answer.

    link: where it was read, which ends in the action id. weak_hashes: take sha1 or md5 too.
    Raises UpdateError, naming the field. Order of chunks and artifacts means nothing.
    """
    if answer is None:  # gooseBit's way to say that there is nothing
        raise ProtocolError("the deployment is null")
    _need(answer, dict, "deploymentBase")
    body = answer.get("confirmation") or answer.get("deployment")
    chunks = _need(body, dict, "deployment").get("chunks")
    artifacts = []
    for chunk in _need(chunks, list, "chunks"):
        artifacts += _artifacts(_need(chunk, dict, "chunk"), weak_hashes)
    if not artifacts:
        raise UpdateError("the distribution set has no artifacts")
    return Deployment(
        action_id(link),
        body.get("download"),
        body.get("update"),
        body.get("maintenanceWindow"),
        artifacts,
    )


def _need(value, kind, name):
    if type(value) is not kind:
        raise UpdateError("bad deployment: no usable %s" % name)
    return value


def _artifacts(chunk, weak_hashes):
    part = _need(chunk.get("part"), str, "part")
    name = _need(chunk.get("name"), str, "name")
    version = _need(chunk.get("version"), str, "version")
    if chunk.get("encrypted"):
        raise UpdateError("chunk %s is encrypted" % part)
    metadata = {}
    for entry in _need(chunk.get("metadata") or [], list, "metadata"):
        entry = _need(entry, dict, "metadata")
        key = _need(entry.get("key"), str, "metadata key")
        metadata[key] = _need(entry.get("value"), str, "metadata value")
    found = []
    for artifact in _need(chunk.get("artifacts"), list, "artifacts"):
        filename = _need(_need(artifact, dict, "artifact").get("filename"), str, "filename")
        size = _need(artifact.get("size"), int, "size")
        if size < 1:
            raise UpdateError("%s: size is %d" % (filename, size))
        hashes = _need(artifact.get("hashes"), dict, "hashes")
        algorithm, digest = _hash(hashes, filename, weak_hashes)
        url = _link(artifact.get("_links"), filename)
        found.append(
            Artifact(part, name, version, metadata, filename, size, algorithm, digest, url)
        )
    if not found:
        raise UpdateError("chunk %s has no artifacts" % part)
    return found


def _hash(hashes, filename, weak_hashes):
    for algorithm, length in _HASHES:
        digest = hashes.get(algorithm)
        if type(digest) is str and len(digest) == length:
            return algorithm, digest.lower()
        if not weak_hashes:
            break
    raise UpdateError("%s: no usable sha256" % filename)


def _link(links, filename):
    # Rels are the operator's choice; a stock server has only download-http, over https too.
    if type(links) is dict:
        others = [rel for rel in sorted(links) if not rel.startswith("md5sum")]
        for rel in ["download", "download-http"] + others:
            url = href(links, rel)
            if url:
                # hawkBit encodes a space as + and does not decode it: 404. A + comes as %2B.
                path, slash, last = url.rpartition("/")
                return path + slash + last.replace("+", "%20") if " " in filename else url
    raise UpdateError("%s: no usable link" % filename)


def feedback(execution, finished, details=(), code=None):
    """Return an ActionFeedback. No timestamp: a wrong one leaves the target pending for ever."""
    status = {"execution": execution, "result": {"finished": finished}}
    if details:
        status["details"] = clean_details(details)
    if code is not None:
        status["code"] = code
    return {"status": status}


def clean_details(details):
    """Return at most 20 lines of 512 characters. "<" and ">" could pass as markup: 400."""
    return [
        str(line)[:_MAX_DETAIL].replace("<", "(").replace(">", ")")
        for line in details[:_MAX_DETAILS]
    ]


def config_data(attributes, mode=MODE_MERGE):
    """Return a ConfigData of the dict `attributes`, cut to what hawkBit takes.

    Keys and values: 128 characters of printable ASCII without "~" and "`", 100 pairs.
    A value of None deletes the key (merge).
    """
    data = {}
    for key in sorted(attributes)[:_MAX_ATTRIBUTES]:
        value = attributes[key]
        data[_clean(key)] = None if value is None else _clean(value)
    return {"mode": mode, "data": data}


def _clean(value):
    return "".join(
        c if " " <= c < "~" and c != "`" or c in "\t\n" else "_"
        for c in str(value)[:_MAX_ATTRIBUTE]
    )
