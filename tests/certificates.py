"""A CA of our own and what it signed, right and wrong, made anew for each test session.

Elliptic curves, since a handshake with them takes a device a fraction of RSA's time.
"""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage


@dataclass(frozen=True)
class Kind:
    """A certificate of a server. `issuer`: a name of AUTHORITIES, or "itself"."""

    names: tuple = ("localhost", "127.0.0.1")
    begin: int = -30  # days from now
    end: int = 1
    issuer: str = "ca"
    sends_issuer: bool = False
    usage: x509.ObjectIdentifier = Usage.SERVER_AUTH
    bits: int = 0  # of an RSA key


# name -> (common name, issuer, days until it ends, is it a CA at all?)
AUTHORITIES = {
    "ca": ("ca of the tests", "itself", 2, True),
    "other": ("another ca", "itself", 2, True),
    "twin": ("ca of the tests", "itself", 2, True),  # the same name, another key
    "intermediate": ("intermediate ca", "ca", 2, True),
    "old": ("old intermediate ca", "ca", -1, True),
    "leaf": ("no ca", "ca", 2, False),
}
KINDS = {
    "good": Kind(),
    "rsa": Kind(bits=2048),
    "chained": Kind(issuer="intermediate", sends_issuer=True),
    "example": Kind(names=("hawkbit.example", "*.devices.example")),
    "expired": Kind(end=-1),
    "not-yet": Kind(begin=1, end=2),
    "other-host": Kind(names=("elsewhere.example", "10.0.0.7")),
    "wildcard": Kind(names=("*.localhost", "*")),
    "other-ca": Kind(issuer="other", sends_issuer=True),
    "twin-ca": Kind(issuer="twin"),
    "self-signed": Kind(issuer="itself"),
    "no-intermediate": Kind(issuer="intermediate"),
    "old-intermediate": Kind(issuer="old", sends_issuer=True),
    "by-a-leaf": Kind(issuer="leaf", sends_issuer=True),
    "for-clients": Kind(usage=Usage.CLIENT_AUTH),
    "weak-key": Kind(bits=1024),
}
_CLIENT = Kind(names=("dev-1.example",), usage=Usage.CLIENT_AUTH)
_STRANGER = Kind(names=("dev-1.example",), usage=Usage.CLIENT_AUTH, issuer="other")


def make(folder: Path) -> None:
    """Write ca.pem, ca.der, and `<kind>.pem` with key and chain for each of KINDS.

    For clients: client.pem, stranger.pem (of another CA), client.der and client-key.der.
    """
    made = {"itself": (None, None)}
    for name, (common_name, issuer, end, is_ca) in AUTHORITIES.items():
        kind = Kind(names=(), end=end)
        basic = x509.BasicConstraints(ca=is_ca, path_length=None)
        made[name] = _signed(common_name, kind, made[issuer], basic)
    ca, _ = made["ca"]
    (folder / "ca.pem").write_bytes(ca.public_bytes(Encoding.PEM))
    (folder / "ca.der").write_bytes(ca.public_bytes(Encoding.DER))
    for name, kind in {**KINDS, "client": _CLIENT, "stranger": _STRANGER}.items():
        pair = _signed(kind.names[0], kind, made[kind.issuer])
        chain = [pair[0]] + [made[kind.issuer][0]] * kind.sends_issuer
        pem = b"".join(one.public_bytes(Encoding.PEM) for one in chain)
        (folder / f"{name}.pem").write_bytes(_key(pair[1], Encoding.PEM) + pem)
        if name == "client":
            (folder / "client.der").write_bytes(pair[0].public_bytes(Encoding.DER))
            (folder / "client-key.der").write_bytes(_key(pair[1], Encoding.DER))


def _key(key, encoding):
    return key.private_bytes(encoding, PrivateFormat.PKCS8, NoEncryption())


def _signed(common_name, kind, issuer, basic=None):
    """Return (certificate, key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    if kind.bits:
        key = rsa.generate_private_key(65537, kind.bits)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])
    certificate, issuer_key = issuer
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(certificate.subject if certificate else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=kind.begin))
        .not_valid_after(now + datetime.timedelta(days=kind.end))
    )
    for extension in (basic,) if basic else _of_a_host(kind):
        builder = builder.add_extension(extension, critical=basic is not None)
    return builder.sign(issuer_key or key, hashes.SHA256()), key


def _of_a_host(kind):
    names = [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        for name in kind.names
    ]
    return x509.SubjectAlternativeName(names), x509.ExtendedKeyUsage([kind.usage])
