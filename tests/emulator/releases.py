"""What follows a release: the same firmware with another banner; an application as a tar."""

import hashlib
import io
import tarfile

_BANNER, _OTHER = b"MicroPython v", b"MicroPython V"
_SHA256_SIZE = 32


def next_firmware(app: bytes) -> bytes:
    """Return an image of the same size that boots, and that the bootloader finds whole.

    Of a release it has what a delta is for: most of its bytes.
    """
    image = app[:-_SHA256_SIZE]
    changed = bytearray(image.replace(_BANNER, _OTHER))
    if image.count(_BANNER) % 2:
        changed[-1] ^= ord("v") ^ ord("V")  # the checksum, an XOR of all the segments' bytes
    return bytes(changed) + hashlib.sha256(changed).digest()


def application(**files: str) -> bytes:
    """Return a tar of modules, as `tar --format=ustar -C app -cf app.tar .` makes it."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in files.items():
            head = tarfile.TarInfo(f"./{name}.py")
            head.size = len(text)
            tar.addfile(head, io.BytesIO(text.encode()))
    return out.getvalue()
