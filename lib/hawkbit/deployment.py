# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""DDI words and shapes of an action: what is to be installed, and what is said of it.

Imported with the first offer; only read() does any I/O. A wrong deployment raises UpdateError,
whose text is reported to the operator, who can mend it.
Source: hawkbit-ddi-api, classes Ddi*, at hawkBit 1.0.4.
"""

import binascii
from collections import namedtuple

from micropython import const

from hawkbit.ddi import CANCEL_ACTION, DEPLOYMENT_BASE, href
from hawkbit.errors import ProtocolError, UpdateError

FEEDBACK = const("/%s/%s/feedback")  # of a resource and an action id
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

# window: "available", "unavailable", or None without a maintenance schedule.
# deltas: ways to the artifacts, as Artifacts too, by "part/NAME.from-HEX" (docs/delta.md).
Deployment = namedtuple("Deployment", "action_id download update window artifacts deltas")
# A chunk's part, name, version and metadata (a dict) stand with each of its artifacts.
Artifact = namedtuple("Artifact", "part name version metadata filename size hash digest url")

# Strongest first, with their length in hex; the weak ones only if the caller says so.
_HASHES = const((("sha256", 64), ("sha1", 40), ("md5", 32)))
# esp_app_desc_t.app_elf_sha256, at its place in every image.
_ELF_SHA256 = const(176)
_MAX_DETAILS = const(20)
_MAX_DETAIL = const(512)


def read(client, offer):
    """Return the Deployment behind a ddi.Offer, to deploy or to confirm.

    Only for one just polled: asking for the deploymentBase of a closed action breaks the
    server's record of it. Raises UpdateError when it can never be installed.
    """
    is_https = client.origin[0] == "https"
    return parse(client.get(offer.link), offer.action_id, client.weak_hashes, is_https)


def parse(answer, action_id, weak_hashes=False, is_https=True):
    """Return the Deployment in a deploymentBase or confirmationBase answer.

    weak_hashes: take sha1 or md5 too. is_https: can it be asked for, and so is preferred?
    Raises UpdateError, naming the field.
    The order of chunks and artifacts means nothing.
    """
    if answer is None:  # gooseBit's way to say that there is nothing
        raise ProtocolError("the deployment is null")
    _need(answer, dict, DEPLOYMENT_BASE)
    body = answer.get("confirmation") or answer.get("deployment")
    chunks = _need(body, dict, "deployment").get("chunks")
    artifacts = []
    deltas = {}
    for chunk in _need(chunks, list, "chunks"):
        artifacts += _artifacts(_need(chunk, dict, "chunk"), (weak_hashes, is_https), deltas)
    if not artifacts:
        raise UpdateError("the distribution set has no artifacts")
    return Deployment(
        action_id,
        body.get("download"),
        body.get("update"),
        body.get("maintenanceWindow"),
        artifacts,
        deltas,
    )


def delta_for(deployment, artifact, read_base):
    """Return the delta that makes `artifact` of the running image, which `read_base` reads.

    Second choice: one that needs no base. Raises KeyError, and OSError.
    """
    base = bytearray(8)
    read_base(_ELF_SHA256, base)
    stem = artifact.part + "/" + artifact.filename.rsplit(".", 1)[0] + ".from-"
    delta = deployment.deltas.get(stem + binascii.hexlify(base).decode())
    return delta or deployment.deltas[stem + "0" * 16]


def _need(value, kind, name):
    if type(value) is not kind:
        raise UpdateError("bad deployment: no usable %s" % name)
    return value


def _artifacts(chunk, taken, deltas):
    part = _need(chunk.get("part"), str, "part")
    name = _need(chunk.get("name"), str, "name")
    version = _need(chunk.get("version"), str, "version")
    if chunk.get("encrypted"):
        raise UpdateError("chunk %s is encrypted" % part)
    metadata = _metadata(chunk.get("metadata") or [])
    found = []
    for entry in _need(chunk.get("artifacts"), list, "artifacts"):
        filename = _need(_need(entry, dict, "artifact").get("filename"), str, "filename")
        # Never an artifact of its own, since no signature covers it.
        is_delta = filename[1:][-28:-22] == ".from-" and filename.endswith(".delta")
        try:
            file = _file(entry, filename, *taken)
        except UpdateError:
            if not is_delta:
                raise
            continue  # it goes without
        artifact = Artifact(part, name, version, metadata, filename, *file)
        if is_delta:
            deltas[part + "/" + filename[:-6]] = artifact
        else:
            found.append(artifact)
    if not found:
        raise UpdateError("chunk %s has no artifacts" % part)
    return found


def _file(entry, filename, weak_hashes, is_https):
    # size, hash, digest, url
    size = _need(entry.get("size"), int, "size")
    if size < 1:
        raise UpdateError("%s: size is %d" % (filename, size))
    hashes = _need(entry.get("hashes"), dict, "hashes")
    algorithm, digest = _hash(hashes, filename, weak_hashes)
    return size, algorithm, digest, _link(entry.get("_links"), filename, is_https)


def _metadata(entries):
    found = {}
    for entry in _need(entries, list, "metadata"):
        key = _need(_need(entry, dict, "metadata").get("key"), str, "metadata key")
        found[key] = _need(entry.get("value"), str, "metadata value")
    return found


def _hash(hashes, filename, weak_hashes):
    for algorithm, length in _HASHES:
        digest = hashes.get(algorithm)
        if type(digest) is str and len(digest) == length:
            return algorithm, digest.lower()
        if not weak_hashes:
            break
    raise UpdateError("%s: no usable sha256; weak_hashes=True takes sha1 or md5" % filename)


def _link(links, filename, is_https):
    # The rels are the operator's choice. A stock server has only download-http, over https too.
    rels = ["download", "download-http"] if is_https else ["download-http", "download"]
    if type(links) is dict:
        rels += [rel for rel in sorted(links) if not rel.startswith("md5sum")]
        for rel in rels:
            url = href(links, rel)
            if url:
                return _decoded(url) if " " in filename else url
    raise UpdateError("%s: no usable link" % filename)


def _decoded(url):
    # hawkBit encodes a space in a name as + and does not decode it: 404. A + comes as %2B.
    path, question, query = url.partition("?")
    path, slash, last = path.rpartition("/")
    return path + slash + last.replace("+", "%20") + question + query


def stop_id(answer):
    """Return the id, as text, of the action that a cancelAction answer wants stopped."""
    try:
        found = answer[CANCEL_ACTION]["stopId"]
    except (KeyError, TypeError):
        found = None
    if type(found) not in (str, int) or found == "":
        raise ProtocolError("a cancelAction without stopId")
    return str(found)


def feedback(action_id, execution, finished, details=(), code=None):
    """Return an ActionFeedback. No timestamp: a wrong one leaves the target pending for ever.

    Servers up to 0.3.0M7, and the documents of Bosch IoT Rollouts, want the id here too.
    """
    status = {"execution": execution, "result": {"finished": finished}}
    if details:
        status["details"] = clean_details(details)
    if code is not None:
        status["code"] = code
    return {"id": action_id, "status": status}


def clean_details(details):
    """Return at most 20 lines of 512 characters. "<" and ">" could pass as markup: 400."""
    return [
        str(line)[:_MAX_DETAIL].replace("<", "(").replace(">", ")")
        for line in details[:_MAX_DETAILS]
    ]
