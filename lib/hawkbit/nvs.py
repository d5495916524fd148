# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""A journal store in one NVS blob: it survives a reformatted filesystem."""

from esp32 import NVS
from micropython import const

_MAX_SIZE = const(4000)  # one page of NVS; four long reports are well below


class NVSStore:
    """Keep one object: each esp32.NVS leaks a handle. `key` has at most 15 characters."""

    def __init__(self, namespace="hawkbit", key="record"):
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
