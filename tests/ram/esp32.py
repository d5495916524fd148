"""A stub of `esp32` over the plain files flash.bin and nvs.bin, for RAM figures: no checks."""

import binascii
import struct

_SLOT = 17 << 20
_TABLE = (  # type, subtype, address, size, label, encrypted
    (1, 0, 0xD000, 0x2000, "otadata", False),
    (0, 0x10, 0x10000, _SLOT, "ota_0", False),
    (0, 0x11, 0x10000 + _SLOT, _SLOT, "ota_1", False),
)
_flash = open("flash.bin", "r+b")  # noqa: SIM115


class Partition:
    RUNNING, TYPE_APP, TYPE_DATA = 1, 0, 1

    def __init__(self, row):
        self._row = _TABLE[1 + (_seq - 1) % 2] if row == 1 else row

    @staticmethod
    def find(type=0, subtype=255):
        return [Partition(r) for r in _TABLE if r[0] == type and subtype in (255, r[1])]

    def mark_app_valid_cancel_rollback():
        _otadata.writeblocks(_seq % 2, b"\2\0\0\0", 24)

    def info(self):
        return self._row

    def get_next_update(self):
        return Partition(_TABLE[1 + _seq % 2])

    def readblocks(self, block, buf, offset=0):
        _flash.seek(self._row[2] + block * 4096 + offset)
        _flash.readinto(buf)

    def writeblocks(self, block, buf, offset=0):
        _flash.seek(self._row[2] + block * 4096 + offset)
        _flash.write(buf)

    def ioctl(self, op, block):
        return 0

    def set_boot(self):
        entry = struct.pack("<L20xL", _seq + 1, 0)
        crc = struct.pack("<L", binascii.crc32(entry[:4], 0xFFFFFFFF))
        _otadata.writeblocks((_seq + 1) % 2, entry + crc)


class NVS:
    def __init__(self, namespace):
        pass

    def get_blob(self, key, buf):
        with open("nvs.bin", "rb") as f:
            return f.readinto(buf)

    def set_blob(self, key, data):
        with open("nvs.bin", "wb") as f:
            f.write(data)

    def commit(self):
        pass


_otadata = Partition(_TABLE[0])
# The bootloader: the newest entry of otadata, seq n, says that slot (n - 1) % 2 runs.
_seq = 1  # of ota_0, which came by cable
for _sector in (0, 1):
    _entry = bytearray(4)
    _otadata.readblocks(_sector, _entry)
    _number = struct.unpack("<L", _entry)[0]
    if _seq < _number < 0xFFFFFFFF:
        _seq = _number
        _otadata.writeblocks(_sector, b"\1\0\0\0", 24)  # NEW is PENDING_VERIFY
