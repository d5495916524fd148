# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What must survive a reset: one record, a small dict, written as JSON.

A store has `load()` -> bytes or None and `save(data)`, all or nothing; see filestore.py for one
without NVS. A record outlives its writer: after a rollback an older library reads it, so unknown
keys are left alone until the action ends, and another format, server or device drops it.

key        what it says
state      where the action stands: action.py has the table
action     the id of the latest action, as text
key        a checksum of its files and their digests: with the id, what an action is known by
tries      how often it was activated
posts      status entries spent on it
done       how many of its artifacts are complete
at, etag   how far the next one has come, in bytes, and its ETag
frame      where in the delta that makes it to go on, or 0: by the full image (delta.py)
full       True: a delta failed, and only the full image is taken
kept       the sinks' own words, by part
consent    True: the user agreed to it
stored     the key of a download-only action, which lies complete in the sinks
cause      why its image was given up
ended      how it ended: success or failure
early      True: the next boot imports what an offer needs while the heap is whole
reports    undelivered final reports: [action id, execution, finished, details]
lost       the action whose end the server cannot be told
answered   the action that the user confirmed or denied
config     the checksum of the attributes that the server knows
installed  the [name, version] that the server was told
signed     the release counters of a signed action that was activated, by part
counters   those of what was confirmed: lower ones are refused
"""

import json

from micropython import const

from hawkbit import log

IDLE = const("idle")
DOWNLOADING = const("downloading")
STAGED = const("staged")
ACTIVATING = const("activating")
TESTING = const("testing")
REPORTING = const("reporting")

FORMAT = const(1)

_LASTING = const(("reports", "config", "installed", "answered", "counters"))  # outlive the action
_TYPES = (  # names in a text, which are no names for good in a board's RAM
    (str, "state action key cause ended stored lost answered"),
    (int, "tries posts done at frame config"),
    (list, "reports installed"),
    (dict, "kept signed counters"),
)
_MAX_SIZE = const(4000)  # one page of NVS; report.py bounds what may grow


class NVSStore:
    """A store in one NVS blob: it survives a reformatted filesystem.

    Make one and keep it, since each esp32.NVS leaks a handle. `key`: at most 15 characters.
    """

    def __init__(self, namespace="hawkbit", key="record"):
        from esp32 import NVS

        self._nvs = NVS(namespace)
        self._key = key

    def load(self):
        """Return the bytes saved last, or None."""
        buf = bytearray(_MAX_SIZE)
        try:
            size = self._nvs.get_blob(self._key, buf)
        except OSError:  # ESP_ERR_NVS_NOT_FOUND: nothing was saved yet
            return None
        return bytes(buf[:size])

    def save(self, data):
        """Write the blob; NVS keeps the old one until the new one is whole."""
        if len(data) > _MAX_SIZE:
            raise OSError("a record of %d bytes" % len(data))
        self._nvs.set_blob(self._key, data)
        self._nvs.commit()


class Journal:
    """The record in `record`, and in `store` each time it is written. load() comes first.

    url: the controller's; a record of another one is not ours. on_state(state): called when
    another state was written.
    """

    def __init__(self, store, url, on_state):
        self._store = store
        self._url = url
        self._on_state = on_state
        self.record = {}

    @property
    def state(self):
        """One of the states above."""
        return self.record.get("state", IDLE)

    def load(self):
        """Read what was written last. MemoryError, OSError: try again before anything else."""
        data = self._store.load()
        if not data:
            return
        try:
            record = json.loads(data)
            if record["format"] == FORMAT and record["base"] == self._url:
                self.record = _checked(record)
            else:
                log.line(log.ERROR, "journal: dropped, of another server, device or format")
        except (ValueError, KeyError, TypeError):
            log.line(log.ERROR, "journal: dropped, not a record")

    def write(self, **changes):
        """Merge `changes` into the record. Raises OSError when it cannot be saved, and then
        stays what it was."""
        record = self.record.copy()
        record.update(changes)
        self._save(record)

    def renew(self, **keys):
        """Start a new record with `keys`, and what outlives an action (_LASTING)."""
        for key in _LASTING:
            if key in self.record:
                keys.setdefault(key, self.record[key])
        self._save(keys)

    def _save(self, record):
        before = self.state
        record["format"] = FORMAT
        record["base"] = self._url
        self._store.save(json.dumps(record).encode())
        self.record = record
        if self.state != before:
            self._on_state(self.state)


def _checked(record):
    # An action with a wrong type anywhere is forgotten; what lasts is kept where it is right.
    wrong = [
        key
        for kind, keys in _TYPES
        for key in keys.split()
        if not isinstance(record.get(key, kind()), kind)
    ]
    if not wrong:
        if not all(type(words) is str for words in record.get("kept", {}).values()):
            wrong.append("kept")
        for key in ("signed", "counters"):
            if not all(type(counter) is int for counter in record.get(key, {}).values()):
                wrong.append(key)
        if not all(_is_report(report) for report in record.get("reports", ())):
            wrong.append("reports")
    if not wrong:
        return record
    log.line(log.ERROR, "journal: dropped, no usable %s", wrong)
    return {key: record[key] for key in _LASTING if key in record and key not in wrong}


def _is_report(report):
    return type(report) is list and [type(word) for word in report] == [str, str, str, list]
