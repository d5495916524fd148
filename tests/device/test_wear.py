"""What an update costs the flash that keeps the journal: writes of the record."""

import binascii
import hashlib

from fake_ddi import FakeDevice, FakeServer, FakeSlot, artifact, chunk
from fakes import BLOCK_SIZE, Pattern
from hawkbit.updater import Updater

SIZE = 1672800  # MicroPython 1.23 for ESP32
BLOCK = bytes(i * 7 & 0xFF for i in range(BLOCK_SIZE))
MAX_WRITES = 40


class LargeSlot(FakeSlot):
    """Stores nothing but how much there was."""

    def begin(self, artifact, have):
        super().begin(artifact, 0)
        self.size = have
        return have

    def write(self, offset, block):
        assert offset == self.size
        self.size += len(block)

    def read(self, offset, buf):
        buf[:] = BLOCK


def server_of(size):
    """Return a FakeServer with an artifact of `size` bytes assigned, and the action."""
    hasher = hashlib.sha256()
    for _ in range(size // BLOCK_SIZE):
        hasher.update(BLOCK)
    hasher.update(BLOCK[: size % BLOCK_SIZE])
    found = artifact(b"", size=size)
    found["hashes"]["sha256"] = binascii.hexlify(hasher.digest()).decode()
    server = FakeServer()
    server.fault("/artifacts/", lambda request: part(request, size))
    return server, server.assign(chunks=[chunk([found])])


def part(request, size):
    first, end = request.range()
    heads = {
        "ETag": '"1"',
        "Content-Range": "bytes %d-%d/%d" % (first, end - 1, size),
        "Content-Length": str(end - first),
    }
    return 206, heads, Pattern(BLOCK)


def updated(cut_after=None):
    """Update a device with the real settings; return (device, action)."""
    server, action = server_of(SIZE)
    device = FakeDevice(server, sinks={"os": LargeSlot()})
    for name in ("window_bytes", "checkpoint_bytes"):
        device.settings[name] = getattr(Updater, name)
    device.boot()
    if cut_after:
        assert device.cut(cut_after)
    device.cycles(4)
    return device, action


def test_update_of_1_6_mb_writes_the_journal_at_most_40_times():
    device, action = updated()
    assert action.status == "finished"
    assert 1672800 // 65536 < device.store.saves <= MAX_WRITES, device.store.saves


def test_power_cut_costs_no_more_than_the_same_writes_again():
    device, action = updated(cut_after=300)
    assert action.status == "finished"
    assert device.store.saves <= MAX_WRITES, device.store.saves


def test_idle_device_writes_nothing():
    device, _ = updated()
    saves = device.store.saves
    device.cycles(20)
    assert device.store.saves == saves
