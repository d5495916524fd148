"""A filesystem whose power can be cut, and tars made by hand: for tests of bundle and files.

    power = Power(cut_at=7)
    power.supply(bundle, files)  # from now on their seventh change of the flash is not made

Reading is free. What a file was given lies on flash once it is closed, as on LittleFS.
"""

import os

RECORD = 512


class PowerCut(BaseException):
    """The power is gone: nothing that runs now changes anything."""


class Power:
    """Counts the changes of flash in `changes`; cut_at: which one is not made."""

    def __init__(self, cut_at=None):
        self.changes = 0
        self.cut_at = cut_at
        self.is_cut = False
        self.error = None  # what changes raise instead, from the one of this number on
        self.error_at = 1
        for name in ("stat", "listdir", "statvfs"):
            setattr(self, name, getattr(os, name))

    def supply(self, *modules):
        for module in modules:
            module.os = self
            module.open = self.open

    def change(self):
        self.changes += 1
        if self.error and self.changes >= self.error_at:
            raise self.error
        if self.is_cut or self.changes == self.cut_at:
            self.is_cut = True
            raise PowerCut

    def mkdir(self, path):
        self.change()
        os.mkdir(path)

    def rmdir(self, path):
        self.change()
        os.rmdir(path)

    def remove(self, path):
        self.change()
        os.remove(path)

    def rename(self, old, new):
        self.change()
        os.rename(old, new)

    def open(self, path, mode="r"):
        return PoweredFile(self, path, mode) if "w" in mode else open(path, mode)


class PoweredFile:
    """A file being written; a cut while it is closed leaves half of it."""

    def __init__(self, power, path, mode):
        power.change()
        open(path, mode).close()
        self._power = power
        self._path = path
        self._data = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def write(self, data):
        self._power.change()
        self._data.extend(data if not isinstance(data, str) else data.encode())

    def close(self):
        size = 0 if self._power.is_cut else len(self._data) // 2
        try:
            self._power.change()
            size = len(self._data)
        finally:
            self._save(size)

    def _save(self, size):
        if size:
            with open(self._path, "wb") as f:
                f.write(self._data[:size])


def tree(path):
    """Return what lies in the directory `path`: name -> bytes, None for a directory."""
    found = {}
    for name in os.listdir(path):
        if os.stat(path + "/" + name)[0] & 0x4000:
            found[name] = None
            for below, data in tree(path + "/" + name).items():
                found[name + "/" + below] = data
        else:
            with open(path + "/" + name, "rb") as f:
                found[name] = f.read()
    return found


def remove(path):
    """Remove the file or the directory `path`, if there is one."""
    try:
        is_directory = os.stat(path)[0] & 0x4000
    except OSError:
        return
    for name in os.listdir(path) if is_directory else ():
        remove(path + "/" + name)
    (os.rmdir if is_directory else os.remove)(path)
    remove(path)  # the npm build of 1.23 then finds what a rename had replaced


def tar_head(name, size=0, kind="0", magic=b"ustar\x0000", prefix=b""):
    """Return the head of one entry; name: bytes."""
    head = bytearray(RECORD)
    fields = [(0, name), (100, b"0000644\0"), (124, ("%011o\0" % size).encode())]
    fields += [(148, b" " * 8), (156, kind.encode()), (257, magic), (345, prefix)]
    for start, data in fields:
        head[start : start + len(data)] = data
    head[148:156] = ("%06o\0 " % sum(head)).encode()
    return bytes(head)


def tar_entry(name, data=b"", kind="0"):
    """Return one entry, padded."""
    return tar_head(name, len(data), kind) + data + bytes(-len(data) % RECORD)


def tar(*entries):
    """Return a tar of entries with its end."""
    return b"".join(entries) + bytes(2 * RECORD)
