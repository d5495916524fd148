"""A device whose slot runs a known image, and a server that offers the next with a delta."""

import hashlib

from deltas import make, reader
from fake_ddi import FakeDevice, FakeServer, FakeSlot, chunk, pattern


def noise(size):
    """Return `size` bytes that are found nowhere else, the same on every interpreter."""
    return b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(size // 32 + 1))[:size]


BASE = pattern(30000)
HEX = "".join("%02x" % b for b in BASE[176:184])
IMAGE = BASE[:9000] + b"new" + BASE[9003:12000] + noise(6000) + BASE[18000:29000]
NAME = "fw.from-%s.delta" % HEX
FULL = "artifacts/fw.app-bin"
DELTA = "artifacts/fw.from-"


class Slot(FakeSlot):
    """Runs BASE, and takes nothing but IMAGE."""

    def __init__(self, base=BASE, **kwargs):
        super().__init__(**kwargs)
        self.read_base = reader(base)

    def write(self, offset, block):
        assert offset + len(block) <= len(IMAGE), "written behind the image"
        super().write(offset, block)

    def activate(self):
        assert bytes(self.data) == IMAGE, "activated with wrong bytes"
        return super().activate()


def offer(deltas):
    """Return a server that offers IMAGE with `deltas`: a dict of contents by file name."""
    server = FakeServer()
    files = [server.add(IMAGE, "fw.app-bin")]
    files += [server.add(data, name) for name, data in deltas.items()]
    server.assign(chunks=[chunk(files)])
    return server


def board(deltas=None, **hooks):
    """Return (server, device); by default with a right delta."""
    server = offer({NAME: make(IMAGE, BASE)} if deltas is None else deltas)
    return server, FakeDevice(server, sinks={"os": Slot()}, **hooks)


def ends_well(server, device, cycles=12):
    """Let the device poll until the action has ended; it must be finished with IMAGE."""
    for _ in range(cycles):
        if not server.actions[0].is_active:
            break
        device.clock.sleep_ms(device.cycle() * 1000)
    assert server.actions[0].status == "finished", (server.actions[0].entries, device.errors())
    assert bytes(device.sinks["os"].data) == IMAGE
