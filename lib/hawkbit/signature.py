# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Signed releases: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017) over each module's artifacts.

Pure; loaded only where keys are given. A module's metadata `signature` is "COUNTER BASE64".
What is signed is text(), UTF-8, each line with its line feed; one line for each artifact,
with size, sha256 and file name, sorted:

    hawkbit release 1
    part os
    name firmware
    version 2.0.0
    counter 7
    1672800 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 firmware.app-bin
"""

import binascii
import hashlib

from micropython import const

from hawkbit.errors import UpdateError

METADATA = const("signature")

_MIN_BYTES = const(256)  # RSA with 2048 bits
_MAX_BYTES = const(1024)
_EXPONENT = const(65537)
# RFC 8017, A.1 and B.1: the AlgorithmIdentifier of RSA, DigestInfo of SHA-256 up to the digest.
_RSA = const(b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")
_SHA256 = const(b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20")


def modulus(key):
    """Return the modulus, as bytes, of an RSA public key: PEM, DER, or the bare modulus.

    PEM and DER: SubjectPublicKeyInfo ("PUBLIC KEY") or RSAPublicKey ("RSA PUBLIC KEY").
    Raises ValueError for anything else, fewer than 2048 bits, or another exponent than 65537.
    """
    der = key.encode() if isinstance(key, str) else bytes(key)
    parts = der.split(b"-----")
    if len(parts) > 3:
        der = binascii.a2b_base64(parts[2])
    # Where the modulus would begin. DER is not parsed, but made again and compared.
    for n in (der, der[9:-5], der[33:-5]):
        is_large = _MIN_BYTES <= len(n) <= _MAX_BYTES and n[0] & 0x80
        if is_large and n[-1] & 1 and der in (n, _rsa(n), _spki(n)):
            return n
    raise ValueError("not an RSA public key with at least 2048 bits and the exponent 65537")


def _rsa(n):
    return _tlv(0x30, _tlv(0x02, b"\x00" + n) + b"\x02\x03\x01\x00\x01")


def _spki(n):
    return _tlv(0x30, _RSA + _tlv(0x03, b"\x00" + _rsa(n)))


def _tlv(tag, content):
    return bytes((tag, 0x82)) + len(content).to_bytes(2, "big") + content


def text(artifacts, counter):
    """Return what is signed of one module; artifacts: of a Deployment; counter: a str.

    Raises UpdateError when a line end in a name would make it another text.
    """
    first = artifacts[0]
    lines = sorted("%d %s %s" % (a.size, a.digest, a.filename) for a in artifacts)
    lines = "hawkbit release 1\npart %s\nname %s\nversion %s\ncounter %s\n%s\n" % (
        first.part,
        first.name,
        first.version,
        counter,
        "\n".join(lines),
    )
    if lines.count("\n") != 5 + len(artifacts):
        raise UpdateError("a line end in a name, a version or a file name")
    return lines.encode()


def is_signed(data, signature, moduli):
    """Has one of the keys, given by their moduli, signed the bytes `data`?

    Nothing of the padding is parsed: the one right block is made and compared as a whole.
    """
    end = b"\x00" + _SHA256 + hashlib.sha256(data).digest()
    for key in moduli:
        size = len(key)
        if len(signature) == size and signature < key:
            n = int.from_bytes(key, "big")
            block = pow(int.from_bytes(signature, "big"), _EXPONENT, n).to_bytes(size, "big")
            if block == b"\x00\x01" + b"\xff" * (size - 2 - len(end)) + end:
                return True
    return False


def check(artifacts, keys, counters):
    """Check every module of a deployment; return its release counters, a dict by part.

    keys: as modulus() takes them. counters: those of what was confirmed last. Raises UpdateError
    for a module that none of the keys has signed, and for a lower counter ("downgrade").
    """
    moduli = [modulus(key) for key in keys]
    found = {}
    for first in artifacts:
        module = [a for a in artifacts if a[:3] == first[:3]]  # the same part, name and version
        if module[0] is first:
            counter = _counter(module, moduli)
            if counter < counters.get(first.part, 0):
                raise UpdateError(
                    "downgrade: %s %s has release counter %d, installed is %d"
                    % (first.name, first.version, counter, counters[first.part])
                )
            found[first.part] = min(counter, found.get(first.part, counter))
    return found


def _counter(module, moduli):
    first = module[0]
    counter, _, signature = first.metadata.get(METADATA, "").partition(" ")
    if not signature:
        raise UpdateError("%s %s is not signed" % (first.name, first.version))
    try:
        signature = binascii.a2b_base64(signature.encode())
        if counter.isdigit() and is_signed(text(module, counter), signature, moduli):
            return int(counter)
    except ValueError:  # not base64
        pass
    raise UpdateError("%s %s: no trusted key made its signature" % (first.name, first.version))
