"""Makes tests/device/signatures.jsonl: right and wrong keys and signatures, from new RSA keys.

    python tests/signature_vectors.py

Each line is a list: kind, name, hex and, of a signature, the name of its key and the text.

The right ones by `cryptography` and by openssl; the wrong ones by raw RSA over blocks that a
verifier which parses them would take, after Wycheproof's list for RSASSA-PKCS1-v1_5.
"""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

FILE = Path(__file__).with_name("device") / "signatures.jsonl"
TEXT = b"hawkbit release 1\npart os\nname firmware\nversion 2.0.0\ncounter 7\n1 00 a.app-bin\n"
RELEASE = b"firmware" * 512
INFO = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST = hashlib.sha256(TEXT).digest()
SHA256, PKCS1 = hashes.SHA256(), padding.PKCS1v15()

Encoding, Public = serialization.Encoding, serialization.PublicFormat


def public(key, encoding, form=Public.SubjectPublicKeyInfo):
    return key.public_key().public_bytes(encoding, form)


def by_openssl(key, command, data):
    private = key.private_bytes(
        Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        Path(file.name).write_bytes(private)
        command = [*command.format(key=file.name).split()]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def right(keys):
    """Yield (name, key, text, signature)."""
    for name, key in keys.items():
        yield f"cryptography, {name}", name, TEXT, key.sign(TEXT, PKCS1, SHA256)
    key = keys["rsa3072"]
    signature = by_openssl(key, "openssl dgst -sha256 -sign {key}", TEXT)
    yield "openssl dgst", "rsa3072", TEXT, signature
    command = "openssl pkeyutl -sign -inkey {key} -pkeyopt digest:sha256"
    yield "openssl pkeyutl", "rsa3072", TEXT, by_openssl(key, command, DIGEST)
    text, signature = found(key, lambda s: s[0] == 0)
    yield "begins with a zero", "rsa3072", text, signature


def releases(key):
    """Yield (counter, key, text, signature): releases of RELEASE as fw.bin of fw 2.0."""
    sha256 = hashlib.sha256(RELEASE).hexdigest()
    for counter in ("0", "6", "7", "8"):
        text = f"hawkbit release 1\npart os\nname fw\nversion 2.0\ncounter {counter}\n"
        text = f"{text}{len(RELEASE)} {sha256} fw.bin\n".encode()
        yield counter, "rsa3072", text, key.sign(text, PKCS1, SHA256)


def found(key, wanted):
    """Return the first (text, signature) of TEXT0, TEXT1... whose signature is `wanted`."""
    for number in range(100000):
        text = TEXT + b"%d\n" % number
        signature = key.sign(text, PKCS1, SHA256)
        if wanted(signature):
            return text, signature
    raise LookupError


def blocks(size):
    """Yield (name, block): each is signed as it is, and none is what RFC 8017 makes."""

    def padded(end, begin=b"\x00\x01", fill=b"\xff"):
        return begin + fill * (size - len(begin) - 1 - len(end)) + b"\x00" + end

    info = INFO + DIGEST
    yield "block type 2", padded(info, b"\x00\x02", b"\xaa")
    yield "block type 0", padded(info, b"\x00\x00")
    yield "padding of zeros", padded(info, fill=b"\x00")
    yield "a wrong byte in the padding", padded(info, b"\x00\x01\xff\xfe")
    yield "a zero in the padding", padded(info, b"\x00\x01" + b"\xff" * 20 + b"\x00")
    yield "no padding", (b"\x00\x01\x00" + info).ljust(size, b"\x11")
    short = b"\x00\x01" + b"\xff" * 8 + b"\x00" + info
    yield "8 bytes of padding, rubbish behind", short.ljust(size, b"\x11")
    yield "one byte of rubbish behind", padded(info + b"\x11")
    yield "no zero before the digest", padded(info).replace(b"\xff\x00", b"\xff\xff")
    yield "digest without DigestInfo", padded(DIGEST)
    yield "digest cut short", padded(INFO[:-1] + b"\x1f" + DIGEST[:-1])
    yield "digest cut short, length as before", padded(INFO + DIGEST[:-1])
    yield "empty digest", padded(bytes.fromhex("3011300d060960864801650304020105000400"))
    yield "no NULL", padded(bytes.fromhex("302f300b0609608648016503040201") + b"\x04\x20" + DIGEST)
    yield (
        "NULL with content",
        padded(bytes.fromhex("3033300f0609608648016503040201050211110420") + DIGEST),
    )
    yield (
        "BER: a long length",
        padded(bytes.fromhex("308131300d060960864801650304020105000420") + DIGEST),
    )
    yield (
        "BER: a long length of the digest",
        padded(bytes.fromhex("3032300d06096086480165030402010500048120") + DIGEST),
    )
    yield (
        "BER: no length",
        padded(bytes.fromhex("3080300d060960864801650304020105000420") + DIGEST + b"\0\0"),
    )
    yield (
        "trailing bytes in DigestInfo",
        padded(bytes.fromhex("3035300d060960864801650304020105000420") + DIGEST + b"\x05\0\x05\0"),
    )
    yield "another OID", padded(INFO.replace(b"\x02\x01\x05", b"\x02\x03\x05") + DIGEST)
    yield "digest of another text", padded(INFO + hashlib.sha256(b"other").digest())


def wrong(keys):
    """Yield (name, key, text, signature)."""
    key = keys["rsa3072"]
    numbers = key.private_numbers()
    n, size = numbers.public_numbers.n, key.key_size // 8
    for name, block in blocks(size):
        assert len(block) == size, name
        raw = pow(int.from_bytes(block, "big"), numbers.d, n)
        yield name, "rsa3072", TEXT, raw.to_bytes(size, "big")
    good = key.sign(TEXT, PKCS1, SHA256)
    yield "another text", "rsa3072", TEXT + b"\n", good
    yield "a bit", "rsa3072", TEXT, good[:-1] + bytes([good[-1] ^ 1])
    yield "a zero before", "rsa3072", TEXT, b"\0" + good
    yield "a zero behind", "rsa3072", TEXT, good + b"\0"
    yield "cut", "rsa3072", TEXT, good[:-1]
    yield "empty", "rsa3072", TEXT, b""
    for value, name in ((0, "0"), (1, "1"), (n - 1, "n - 1"), (n, "n"), (n + 1, "n + 1")):
        yield f"s = {name}", "rsa3072", TEXT, value.to_bytes(size, "big")
    yield "all ones", "rsa3072", TEXT, b"\xff" * size
    text, signature = found(key, lambda s: s[0] == 0)
    yield "leading zero left out", "rsa3072", text, signature[1:]
    fits = 256**size - n
    text, signature = found(key, lambda s: int.from_bytes(s, "big") < fits)
    more = int.from_bytes(signature, "big") + n
    yield "s + n", "rsa3072", text, more.to_bytes(size, "big")
    pss = padding.PSS(padding.MGF1(SHA256), 32)
    yield "PSS", "rsa3072", TEXT, key.sign(TEXT, pss, SHA256)
    yield "SHA-512", "rsa3072", TEXT, key.sign(TEXT, PKCS1, hashes.SHA512())
    yield "SHA-1", "rsa3072", TEXT, key.sign(TEXT, PKCS1, hashes.SHA1())  # noqa: S303
    yield "another key", "rsa3072", TEXT, rsa3072().sign(TEXT, PKCS1, SHA256)
    yield "a key of another size", "rsa3072", TEXT, keys["rsa2048"].sign(TEXT, PKCS1, SHA256)


def rsa3072():
    return rsa.generate_private_key(65537, 3072)


def wrong_keys(key):
    """Yield (name, key) that a board must not take."""
    der = public(key, Encoding.DER)
    yield "1024 bits", public(rsa.generate_private_key(65537, 1024), Encoding.DER)
    yield "1024 bits, bare", b"\xff" * 128
    yield "2040 bits, bare", b"\xff" * 255
    yield "e = 3", public(rsa.generate_private_key(3, 2048), Encoding.DER)
    yield "e = 3, PEM", public(rsa.generate_private_key(3, 2048), Encoding.PEM)
    yield "an elliptic curve", public(ec.generate_private_key(ec.SECP256R1()), Encoding.DER)
    yield "a byte behind", der + b"\0"
    yield "cut", der[:-1]
    yield "even", der[33:-6] + b"\xfe"
    yield "BER: a long length", b"\x30\x83\x00" + der[2:]
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    yield "private", key.private_bytes(Encoding.DER, *private)
    yield "private, PEM", key.private_bytes(Encoding.PEM, *private)
    yield "PEM cut", public(key, Encoding.PEM)[:200]
    yield "words", b"a key"
    yield "nothing", b""


def main():
    keys = {f"rsa{bits}": rsa.generate_private_key(65537, bits) for bits in (2048, 3072, 4096)}
    key = keys["rsa3072"]
    forms = {
        "SubjectPublicKeyInfo, PEM": public(key, Encoding.PEM),
        "SubjectPublicKeyInfo, DER": public(key, Encoding.DER),
        "RSAPublicKey, PEM": public(key, Encoding.PEM, Public.PKCS1),
        "RSAPublicKey, DER": public(key, Encoding.DER, Public.PKCS1),
        "PEM with CRLF": public(key, Encoding.PEM).replace(b"\n", b"\r\n"),
    }
    rows = [("key", name, public(key, Encoding.DER)) for name, key in keys.items()]
    rows += [("form", name, form) for name, form in forms.items()]
    rows += [("wrong key", name, wrong_key) for name, wrong_key in wrong_keys(key)]
    groups = {"right": right(keys), "release": releases(key), "wrong": wrong(keys)}
    for what, group in groups.items():
        rows += [(what, name, s, used, text.decode()) for name, used, text, s in group]
    lines = [json.dumps([kind, name, data.hex(), *rest]) for kind, name, data, *rest in rows]
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
