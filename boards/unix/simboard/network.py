"""The way to the network of a board: a `net` module and its streams that die with the chip."""

import errno

from simboard import behavior


class Network:
    """Stands in for module `net`: the same functions, and dial() behind the power supply."""

    def __init__(self, net, chip):
        self._net = net
        self._chip = chip
        self._streams = []
        self._is_down = behavior.name(chip) == behavior.NO_NETWORK

    def __getattr__(self, name):
        return getattr(self._net, name)

    def dial(self, host, port, tls, timeout_s):
        self._chip.check_power()
        if self._is_down:
            raise OSError(errno.EHOSTUNREACH, "this image has no network")
        stream = Stream(self._net.dial(host, port, tls, timeout_s), self._chip)
        self._streams.append(stream)
        return stream

    def close(self):
        """What the chip's end does to its connections."""
        for stream in self._streams:
            stream.close()


class Stream:
    """A connection: each write is one request, each 4 KiB read one step of the stream."""

    def __init__(self, stream, chip):
        self._stream = stream
        self._chip = chip

    def write(self, data):
        half = memoryview(data)[: len(data) // 2]
        self._chip.send(lambda: self._stream.write(data), lambda: self._stream.write(half))

    def readinto(self, buf):
        self._chip.check_power()
        count = self._stream.readinto(buf)
        if count:
            self._chip.receive(count)
        return count

    def poll(self, ms):
        self._chip.check_power()
        self._chip.run_timers()
        return self._stream.poll(ms)

    def close(self):
        self._stream.close()
