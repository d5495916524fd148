# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""A store of the journal in one file, where there is no NVS (see journal.py)."""

import os


class FileStore:
    """Renaming over the old file is atomic on LittleFS, not on FAT."""

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
