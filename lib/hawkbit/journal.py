# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What must survive a reset: one record, a small dict, written as JSON.

A store has `load()` -> bytes or None and `save(data)`, all or nothing. A record outlives
its writer: after a rollback an older library reads it, so unknown keys are left alone until
the action ends, and another format, server or device drops it. The keys: see deploy.py.
"""

import json
import os

from micropython import const

from hawkbit import log

FORMAT = const(1)

# Undelivered reports; the attributes and the installed set that the server knows; the action
# that the user confirmed or denied.
_LASTING = const(("reports", "config", "installed", "answered"))


class FileStore:
    """A store in one file. Renaming over the old one is atomic on LittleFS, not on FAT."""

    def __init__(self, path="hawkbit.json"):
        self._path = path

    def load(self):
        """Return the bytes saved last, or None."""
        try:
            with open(self._path, "rb") as f:
                return f.read()
        except OSError:  # no such file: nothing was saved yet
            return None

    def save(self, data):
        """Write beside, then rename: a power cut leaves the old record or the new one."""
        beside = self._path + ".new"
        with open(beside, "wb") as f:
            f.write(data)
        os.rename(beside, self._path)


class Journal:
    """The record in `record`, and in `store` each time it is written.

    base: the controller's base URL; a record of another one is not ours.
    """

    def __init__(self, store, base):
        self._store = store
        self._base = base
        self.record = self._load()

    def _load(self):
        data = self._store.load()
        if not data:
            return {}
        try:
            record = json.loads(data)
            if record["format"] == FORMAT and record["base"] == self._base:
                return record
            log.line(log.ERROR, "journal: dropped, of another server, device or format")
        except (ValueError, KeyError, TypeError):
            log.line(log.ERROR, "journal: dropped, not a record")
        return {}

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
        record["format"] = FORMAT
        record["base"] = self._base
        self._store.save(json.dumps(record).encode())
        self.record = record
