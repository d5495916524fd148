"""MicroPython's `deflate` for CPython, as far as the library uses it: raw, to read."""

import errno
import zlib

RAW = 1


class DeflateIO:
    def __init__(self, stream, format, wbits):
        assert format == RAW
        self._stream = stream
        self._inflater = zlib.decompressobj(-wbits)

    def readinto(self, buf):
        """Read one byte at a time, as the real one does: what lies behind stays unread."""
        inflater = self._inflater
        data = b""
        try:
            while len(data) < len(buf) and not inflater.eof:
                data += inflater.decompress(inflater.unconsumed_tail, len(buf) - len(data))
                if not inflater.unconsumed_tail and not inflater.eof and len(data) < len(buf):
                    byte = self._stream.read(1)
                    if not byte:
                        raise EOFError
                    data += inflater.decompress(byte, len(buf) - len(data))
        except zlib.error:
            raise OSError(errno.EINVAL)
        buf[: len(data)] = data
        return len(data)
