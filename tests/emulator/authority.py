"""A root, an intermediate that it signed, a server's certificate by that, a board's by the root.

All of them EC or RSA-2048.
"""

import datetime
import ipaddress
from collections import namedtuple
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from emulator.qemu import HOST

KEYS = {
    "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rsa": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
_PEM = serialization.Encoding.PEM


# `server`: the file with its key and its chain of two; `root`, and the board's `certificate`
# and `key`: PEM.
Authority = namedtuple("Authority", ("root", "server", "certificate", "key"))


def make(folder: Path, kind: str) -> Authority:
    root_key, between_key, server_key, board_key = (KEYS[kind]() for _ in range(4))
    root = _signed("root", root_key.public_key(), "root", root_key, path_length=1)
    between = _signed("between", between_key.public_key(), "root", root_key, path_length=0)
    leaf = _signed(HOST, server_key.public_key(), "between", between_key)
    board = _signed("board", board_key.public_key(), "root", root_key)
    pem = folder / f"{kind}.pem"
    chain = leaf.public_bytes(_PEM) + between.public_bytes(_PEM)
    pem.write_bytes(_private(server_key) + chain)
    certificate = board.public_bytes(_PEM)
    return Authority(root.public_bytes(_PEM), pem, certificate, _private(board_key))


def _private(key) -> bytes:
    """Not PKCS#8, which MicroPython 1.23 on ESP-IDF 5.1 cannot read: docs/tls.md."""
    no_password = serialization.NoEncryption()
    return key.private_bytes(_PEM, serialization.PrivateFormat.TraditionalOpenSSL, no_password)


def _signed(subject, public_key, issuer, issuer_key, path_length=None):
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
    )
    is_ca = path_length is not None
    constraints = x509.BasicConstraints(ca=is_ca, path_length=path_length)
    builder = builder.add_extension(constraints, critical=True)
    if not is_ca:
        # mbedTLS of ESP-IDF 5.0 compares the address with names of hosts alone.
        names = [x509.IPAddress(ipaddress.ip_address(HOST)), x509.DNSName(HOST)]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
