"""The board's LittleFS on CPython: `open` and `os` for the firmware, over littlefs-python.

The same blocks as MicroPython's VfsLfs2(Partition) uses, so either can mount what the other
wrote. littlefs-python swallows what its callbacks raise, hence the check after each call.
"""

import os

from littlefs import LittleFS, LittleFSError, lfs

from simboard.errors import PowerOff
from simboard.flash import SECTOR

_EIO = 5
# MicroPython's own: extmod/vfs_lfs.c, LFS_TYPE and st_mode.
_DIR = 0x4000
_REGULAR = 0x8000


class _Blocks:
    """littlefs-python's UserContext: blocks of a partition on a Flash or a Chip."""

    def __init__(self, device, partition):
        self.error = None  # what the last callback raised
        self._device = device
        self._addr = partition.addr

    def read(self, cfg, block, off, size):
        buf = bytearray(size)
        self._try(lambda addr: self._device.read(addr, buf), block, off)
        return buf

    def prog(self, cfg, block, off, data):
        return self._try(lambda addr: self._device.program(addr, bytes(data)), block, off)

    def erase(self, cfg, block):
        return self._try(self._device.erase_sector, block, 0)

    def sync(self, cfg):
        return 0

    def _try(self, operation, block, off):
        try:
            operation(self._addr + block * SECTOR + off)
        except BaseException as e:
            self.error = e
            return -_EIO
        return 0


class Files:
    """The filesystem in `partition`; `device`: a Flash, or the Chip that may lose its power."""

    def __init__(self, device, partition):
        self.cwd = "/"
        self.handles = []
        self._device = device
        self._blocks = _Blocks(device, partition)
        # MP extmod/vfs_lfs.c: readsize, progsize, lookahead 32; cache four times that.
        self._fs = LittleFS(
            context=self._blocks,
            block_size=SECTOR,
            block_count=partition.size // SECTOR,
            read_size=32,
            prog_size=32,
            cache_size=128,
            lookahead_size=32,
            block_cycles=100,
            mount=False,
        )

    def mount(self):
        """Mount; what is not a filesystem raises OSError."""
        self.call(self._fs.mount)

    def format(self):
        self.call(self._fs.format)

    def call(self, function, *args):
        """Call littlefs: its errors become OSError, a dead chip PowerOff."""
        try:
            return function(*args)
        except LittleFSError as e:
            raise OSError(-e.code, os.strerror(-e.code)) from None
        finally:
            self._raise_what_happened()

    def on_fs(self, function, *args):
        return self.call(function, self._fs.fs, *args)

    def path(self, path):
        return os.path.normpath(os.path.join(self.cwd, str(path)))

    def _raise_what_happened(self):
        stopped = getattr(self._device, "stopped", None)
        if stopped is not None:
            raise PowerOff(stopped)
        if self._blocks.error:
            error, self._blocks.error = self._blocks.error, None
            raise error

    def open(self, path, mode="r", *args, **kwargs):
        """As the builtin: modes r, w, a, x with b, t, +; text is UTF-8 without translation."""
        return File(self, self.path(path), mode)


class File:
    """An open file. Nothing is on flash for good before flush() or close(), as on the board."""

    def __init__(self, files, path, mode):
        self._files = files
        self._is_text = "b" not in mode
        self._handle = files.on_fs(lfs.file_open, path, mode.replace("t", "").replace("b", ""))
        # littlefs keeps a list of open files: one that is dropped unclosed must not be freed.
        files.handles.append(self._handle)
        self.closed = False

    def readinto(self, buf):
        data = self._files.on_fs(lfs.file_read, self._handle, len(buf))
        buf[: len(data)] = data
        return len(data)

    def read(self, size=-1):
        if size is None or size < 0:
            size = self._files.on_fs(lfs.file_size, self._handle) - self.tell()
        return self._decode(self._files.on_fs(lfs.file_read, self._handle, size))

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self._files.on_fs(lfs.file_read, self._handle, 1)
            if not byte:
                break
            line += byte
        return self._decode(line)

    def __iter__(self):
        while line := self.readline():
            yield line

    def write(self, data):
        raw = data.encode() if self._is_text else bytes(data)
        self._files.on_fs(lfs.file_write, self._handle, raw)
        return len(data)

    def seek(self, offset, whence=0):
        return self._files.on_fs(lfs.file_seek, self._handle, offset, whence)

    def tell(self):
        return self._files.on_fs(lfs.file_tell, self._handle)

    def flush(self):
        self._files.on_fs(lfs.file_sync, self._handle)

    def close(self):
        if not self.closed:
            self.closed = True
            self._files.handles.remove(self._handle)
            self._files.on_fs(lfs.file_close, self._handle)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def _decode(self, raw):
        return raw.decode() if self._is_text else raw


class Os:
    """Module `os` as MicroPython has it, for code on the board."""

    sep = "/"

    def __init__(self, files):
        self._files = files

    def getcwd(self):
        return self._files.cwd

    def chdir(self, path):
        self.stat(path)
        self._files.cwd = self._files.path(path)

    def remove(self, path):
        self._files.on_fs(lfs.remove, self._files.path(path))

    unlink = rmdir = remove

    def rename(self, old, new):
        self._files.on_fs(lfs.rename, self._files.path(old), self._files.path(new))

    def mkdir(self, path):
        self._files.on_fs(lfs.mkdir, self._files.path(path))

    def listdir(self, path="."):
        return [entry[0] for entry in self.ilistdir(path)]

    def ilistdir(self, path="."):
        directory = self._files.on_fs(lfs.dir_open, self._files.path(path))
        entries = []
        while info := self._files.on_fs(lfs.dir_read, directory):
            if info.name not in (".", ".."):
                entries.append((info.name, _mode(info), 0, info.size))
        self._files.on_fs(lfs.dir_close, directory)
        return iter(entries)

    def stat(self, path):
        info = self._files.on_fs(lfs.stat, self._files.path(path))
        return (_mode(info), 0, 0, 0, 0, 0, info.size, 0, 0, 0)

    def statvfs(self, path):
        fs_stat = self._files.on_fs(lfs.fs_stat)
        free = fs_stat.block_count - self._files.on_fs(lfs.fs_size)
        count = fs_stat.block_count
        return (SECTOR, SECTOR, count, free, free, 0, 0, 0, 0, fs_stat.name_max)

    def sync(self):
        pass

    def urandom(self, count):
        return os.urandom(count)


def _mode(info):
    return _DIR if info.type == lfs.LFSStat.TYPE_DIR else _REGULAR
