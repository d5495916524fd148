# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Sinks: files on the board's filesystem (see download.py for what a sink is).

An update fills a second directory beside the one in use, and one pointer swaps them: see
bundle.py, whose guard() is to be called in boot.py. It is on trial like a slot. The names in
artifacts never lead out of that directory. For LittleFS: on FAT a rename is not atomic.
A directory that the pointer names is never removed; one that it does not name is waste.
"""

import os

from micropython import const

from hawkbit import bundle
from hawkbit.errors import HawkbitError, UpdateError

_IS_DIR = const(0x4000)
_RECORD = const(512)  # of a tar
_MAX_NAME = const(100)  # the field of a ustar head
_MAX_DEPTH = const(8)  # removing a tree recurses


def _check_name(name):
    # One component: not a path, a drive, or anything that a filesystem may read as one.
    bad = name in ("", ".", "..") or len(name.encode()) > _MAX_NAME
    if bad or any(c < " " or c in "/\\:" for c in name):
        raise UpdateError("%r cannot be a file name here" % name)


def _make_dir(path):
    try:
        is_dir = os.stat(path)[0] & _IS_DIR
    except OSError:
        is_dir = False
    if not is_dir:
        os.mkdir(path)


def _tree(path, remove=False):
    # Returns how many bytes lie at `path`, and removes it if told.
    try:
        stat = os.stat(path)
    except OSError:
        return 0
    if not stat[0] & _IS_DIR:
        if remove:
            os.remove(path)
        return stat[6]
    size = sum(_tree(path + "/" + name, remove) for name in os.listdir(path))
    if remove:
        os.rmdir(path)
    return size


class Files:
    """Each artifact is a file. Swapped without a reset: ask bundle.directory(path) for them.

    reserve_bytes: how much an update leaves free. A reset starts an artifact over; a broken
    connection does not.
    """

    is_slot = False
    needs_reset = False

    def __init__(self, path, reserve_bytes=16 * 1024):
        self._path = path
        self._reserve_bytes = reserve_bytes
        self.trial = self
        self._target = None  # ".a" or ".b" while an update is under way
        self._complete = False  # is one of its artifacts?
        self._file = None

    def begin(self, artifact, have):
        """See download.py; returns 0. Blocks while it removes what the directory held."""
        _check_name(artifact.filename)
        now, before, state = bundle.read(self._path)
        if self._path not in bundle.running:
            raise UpdateError("boot.py does not call bundle.guard(%r)" % self._path)
        if state in (bundle.NEW, bundle.TRIAL) or now != bundle.running[self._path]:
            raise HawkbitError("%s is on trial or waits for a reset" % self._path)
        if self._target in (None, now):
            self._target = ".b" if now == ".a" else ".a"
            self._complete = False
        self._check_space(artifact)
        try:
            self._close()
            if not self._complete:
                if (before, state) != (now, bundle.GOOD):
                    bundle.write(self._path, now, now, bundle.GOOD)
                _tree(self._directory(), remove=True)
                _make_dir(self._directory())
        except OSError as e:
            raise UpdateError("%s: %s" % (self._directory(), e))
        return 0

    def _check_space(self, artifact):
        stat = os.statvfs(self._path[: self._path.rfind("/") + 1] or ".")
        free = stat[1] * stat[4] - self._reserve_bytes
        if not self._complete:
            free += _tree(self._directory())
        if artifact.size > free:
            raise UpdateError(
                "%s: %d bytes do not fit the %d left for %s"
                % (artifact.filename, artifact.size, max(free, 0), self._path)
            )
        self._name = artifact.filename

    def _directory(self):
        return self._path + self._target

    def write(self, offset, block):
        """See download.py."""
        if offset == 0:
            self._close()
            self._file = open(self._directory() + "/" + self._name, "wb")
        self._file.write(block)

    def _close(self):
        if self._file:
            file = self._file
            self._file = None
            file.close()

    def finish(self):
        """See download.py."""
        try:
            self._close()
        except OSError as e:
            raise UpdateError("%s: %s" % (self._name, e))
        self._complete = True

    def activate(self):
        """See download.py. UpdateError when the pointer cannot be written."""
        now, before, _ = bundle.read(self._path)
        if now != self._target:
            before = now
        try:
            os.stat(self._directory())
            bundle.write(self._path, self._target, before, bundle.NEW)
        except OSError as e:
            raise UpdateError("%s: %s" % (self._directory(), e))
        if not self.needs_reset:
            bundle.running[self._path] = self._target
        return self.needs_reset

    def activated(self, kept):
        """See trial.py. The pointer tells whether it ever ran."""
        self.restore(kept)
        if bundle.running.get(self._path) == self._target:
            return True
        if bundle.read(self._path)[2] in (bundle.TRIAL, bundle.BACK):
            raise UpdateError("rolled back: %s was not confirmed" % self._directory())
        return False

    def on_trial(self):
        """See trial.py and bundle.py."""
        return bundle.on_trial(self._path)

    def confirm(self):
        """See trial.py and bundle.py."""
        bundle.confirm(self._path)
        self._target = None

    def revert(self):
        """See trial.py. What was confirmed goes back only if its own action failed after all:
        the power was cut before the slot that came with it was confirmed too."""
        now, before, state = bundle.read(self._path)
        if state in (bundle.NEW, bundle.TRIAL) or (state == bundle.GOOD and now == self._target):
            bundle.write(self._path, before, now, bundle.BACK)
            now = before
            if not self.needs_reset:
                bundle.running[self._path] = now
        return bundle.running.get(self._path, now) != now

    def abort(self):
        """See download.py. What cannot be removed now, the next begin() removes."""
        now, before, _ = bundle.read(self._path)
        self._target = None
        try:
            try:
                self._close()  # which may find the flash full: then there is the more to remove
            finally:
                for name in (".a", ".b"):
                    if name not in (now, before, bundle.running.get(self._path)):
                        _tree(self._path + name, remove=True)
        except OSError:
            pass

    def keep(self):
        """See download.py: which directory, and whether an artifact in it is complete."""
        return self._target + ("+" if self._complete else "")

    def restore(self, kept):
        """See download.py."""
        self._target = kept[:2]
        self._complete = kept.endswith("+")


class AppFiles(Files):
    """An application: each artifact is a tar (ustar), unpacked block by block. Needs a reset.

    Only plain files and directories; see pax(5) for the format.
    """

    needs_reset = True

    def begin(self, artifact, have):
        """See Files."""
        if artifact.size % _RECORD:
            raise UpdateError("%s is not a tar" % artifact.filename)
        self._left = 0  # bytes of the entry that are still to come
        self._ended = False
        return super().begin(artifact, have)

    def write(self, offset, block):
        """See download.py."""
        view = memoryview(block)
        at = 0
        while at < len(block) and not self._ended:
            n = min(self._left, len(block) - at) or _RECORD
            if self._left:
                self._left -= n
                self._take(view[at : at + n])
            else:
                self._entry(bytes(view[at : at + n]))
            if not self._left:
                self._close()
            at += (n + _RECORD - 1) // _RECORD * _RECORD

    def finish(self):
        """See Files. UpdateError when the tar has no end."""
        if not self._ended:
            raise UpdateError("%s is cut off" % self._name)
        super().finish()

    def _take(self, part):
        if self._file:
            self._file.write(part)
        elif any(word in bytes(part) for word in (b"path=", b"size=", b"sparse")):
            self._refuse("a name or size outside of ustar")

    def _entry(self, head):
        if not any(head):
            self._ended = True
            return
        name, kind = self._parse(head)
        if kind in b"xg":
            # A short pax head with times and owners is skipped.
            if self._left > _RECORD:
                self._refuse("a long pax head")
        elif kind in b"5":
            self._place(name.rstrip("/") + "/")
        elif kind in b"0\0":
            path = self._place(name)
            _check_name(path.rsplit("/", 1)[1])
            self._file = open(path, "wb")
        else:
            self._refuse("%s of type %s" % (name, chr(kind)))

    def _parse(self, head):
        # Returns the name and the type; the size goes to _left.
        try:
            name = head[:100].rstrip(b"\0").decode()
            self._left = int(head[124:136].strip(b"\0 "), 8)
            checksum = int(head[148:156].strip(b"\0 "), 8)
        except ValueError:
            checksum = -1
        # The sum is made with spaces in its own place; a prefix is for names over 100 bytes.
        wrong = checksum != sum(head) - sum(head[148:156]) + 8 * 32 or self._left < 0
        if wrong or head[257:262] != b"ustar" or head[345]:
            self._refuse("a bad head or a name over 100 bytes")
        return name, head[156]

    def _refuse(self, what):
        raise UpdateError(
            "%s has %s: only files and directories, tar --format=ustar" % (self._name, what)
        )

    def _place(self, name):
        # Makes the directories before the last "/"; returns the path on the board.
        path = self._directory()
        *folders, name = name.split("/")
        if folders and folders[0] == ".":  # tar -C app -cf app.tar .
            folders.pop(0)
        if len(folders) > _MAX_DEPTH:
            self._refuse("over %d levels" % _MAX_DEPTH)
        for folder in folders:
            _check_name(folder)
            path += "/" + folder
            _make_dir(path)
        return path + "/" + name
