"""A CA of our own and what it signed, right and wrong, made anew for each test session.

Elliptic curves, since a handshake with them takes a device a fraction of RSA's time.
"""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# name -> (host, days it is valid for, signed by our CA)
KINDS = {
    "good": ("localhost", 1, True),
    "expired": ("localhost", -1, True),
    "other-host": ("elsewhere.example", 1, True),
    "other-ca": ("localhost", 1, False),
}


def make(folder: Path) -> None:
    """Write ca.pem, ca.der, and `<kind>.pem` with key and chain for each of KINDS."""
    ca_key, ca = _authority("ca of the tests")
    other_key, other = _authority("another ca")
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "ca.der").write_bytes(ca.public_bytes(serialization.Encoding.DER))
    for kind, (host, days, ours) in KINDS.items():
        issuer, issuer_key = (ca, ca_key) if ours else (other, other_key)
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = _builder(host, issuer.subject, key.public_key(), days)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(issuer_key, hashes.SHA256())
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem += certificate.public_bytes(serialization.Encoding.PEM)
        (folder / f"{kind}.pem").write_bytes(pem)


def _authority(name):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(name, subject, key.public_key(), 2)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return key, builder.sign(key, hashes.SHA256())


def _builder(name, issuer, public_key, days):
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
