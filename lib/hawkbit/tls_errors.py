# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What is wrong with a TLS connection, and what mends it. Loaded only when a handshake fails.

Errors are known by the words of mbedTLS (MicroPython) or of OpenSSL (CPython): neither gives
a code for each. What the server's certificate says itself is read from its DER (X.509).
"""

import binascii
import errno
import time

_SAN = b"\x06\x03\x55\x1d\x11"  # OBJECT IDENTIFIER subjectAltName
_CN = b"\x06\x03\x55\x04\x03"  # commonName
_DNS_NAME = 0x82
_IP_ADDRESS = 0x87

# The first line with a word of the error; %(name)s: see explain().
_SENTENCES = (
    (
        ("validity has expired", "certificate has expired"),
        "the certificate of %(host)s, or one above it, has expired (this clock says %(date)s): "
        "renew it on the server",
    ),
    (
        ("in the future", "not yet valid"),
        "the clock says %(date)s, and the certificate of %(host)s is not valid yet: set the "
        "clock, for instance with ntptime",
    ),
    (
        ("(CN)", "mismatch"),
        "the certificate is not for %(host)s%(names)s: use a name that it has, or get another",
    ),
    (
        (
            "trusted CA",
            "self-signed",
            "local issuer",
            "issuer certificate",
            "invalid CA",
            "verify failed: certificate signature",
        ),
        "no given ca signed the certificate of %(host)s%(issuer)s",
    ),
    (
        ("KeyUsage", "purpose", "SSL_BAD_CERT"),
        "the certificate of %(host)s is not one for servers (extendedKeyUsage), or is damaged",
    ),
    (
        ("unacceptable", "too small", "too weak", "bad curve"),
        "the certificate of %(host)s is too weak: RSA with 2048 bits or P-256, and SHA-256",
    ),
    (
        ("EOF",),
        "%(host)s closed the connection in the handshake: it may refuse the client certificate, "
        "or want one (cert= and key=)",
    ),
    (("TIMEOUT", "timed out"), "the handshake with %(host)s came to no end in time"),
    (
        ("alert unknown ca", "alert bad cert", "alert certificate", "alert unsupported cert"),
        "%(host)s refuses the client certificate, or wants one: see cert= and key=",
    ),
    (
        ("ALERT", "alert", "PROTOCOL", "protocol"),
        "%(host)s ended the handshake: it wants a client certificate (cert= and key=) or refuses "
        "the one given, has no host of that name, or speaks TLS 1.3 only, which not every "
        "MicroPython does",
    ),
    (
        ("ALLOC", "emory", "ENOMEM"),
        "out of memory in the handshake: TLS takes 20 KB and more outside of Python's heap: "
        "connect before much is allocated, and keep one connection at a time",
    ),
    (
        ("INVALID_RECORD", "UNEXPECTED_MESSAGE", "wrong version", "record layer", "packet length"),
        "%(host)s does not speak TLS on that port: http:// instead of https://, or another port",
    ),
)
# MicroPython before 1.28 gives numbers alone: mbedTLS's, and errno's.
_WORDS = {
    -0x7780: "ALERT",
    -0x7200: "INVALID_RECORD",
    -0x7700: "UNEXPECTED_MESSAGE",
    -0x6E80: "PROTOCOL",
    -0x7280: "CONN_EOF",
    -0x7A00: "SSL_BAD_CERT",
    -0x7F00: "ALLOC",
    errno.ENOMEM: "ALLOC",
    0x10: "ALLOC",  # MBEDTLS_ERR_MPI_ALLOC_FAILED, taken for an errno
    errno.ECONNRESET: "CONN_EOF",
    32: "CONN_EOF",  # EPIPE
    errno.ETIMEDOUT: "TIMEOUT",
}


def explained(error, tls, host, again):
    """Return the OSError for an exception of a handshake. again(): another, new Stream."""
    der = None
    if isinstance(error, ValueError) and not tls.verify_callback:  # about a certificate
        der = _certificate(tls, again)
    return OSError(explain(error, host, der))


def _certificate(tls, again):
    # What the server shows in a second handshake, which fails as the first one did.
    found = [None]
    stream = None
    tls.verify_callback = lambda der, depth: found.append(bytes(der)) or 0  # the server's is last
    try:
        stream = again()
        stream.push(b"\n")
    except (OSError, ValueError, MemoryError):
        pass
    if stream:
        stream.close()
    tls.verify_callback = None
    return found[-1]


def explain(error, host, der=None):
    """Return a sentence on an exception of a handshake with `host`, and the error's own words.

    der: the server's certificate, if it is known.
    """
    own = str(error).strip() or repr(error)
    known = own + " " + (str(_WORDS.get(error.args[0], "")) if error.args else "")
    known += type(error).__name__  # MemoryError
    for words, sentence in _SENTENCES:
        if any(word in known for word in words):
            named = ", ".join(names(der)) if der else ""
            facts = {
                "host": host,
                "date": "%04d-%02d-%02d" % tuple(time.localtime()[:3]),
                "names": named and ", but for " + named,
                "issuer": _issuer(der),
            }
            return "TLS: %s (%s)" % (sentence % facts, own)
    return "TLS with %s: %s" % (host, own)


def names(der):
    """Return the first names that a certificate is for: DNS names, then IP addresses."""
    found = []
    try:
        at = der.find(_SAN) + len(_SAN)
        tag, start, end = _tlv(der, at)
        if tag == 1:  # BOOLEAN: is it critical?
            tag, start, end = _tlv(der, end)
        _, at, end = _tlv(der, start)
        while at < end and len(found) < 8 and tag == 4:
            kind, start, at = _tlv(der, at)
            if kind == _DNS_NAME:
                found.append(_printable(der[start:at]))
            elif kind == _IP_ADDRESS:
                found.append(_address(der[start:at]))
    except IndexError:  # cut off: not a certificate
        pass
    return found


def _issuer(der):
    advice = ": ca= must be the root of its chain, and the server must send what lies between"
    try:
        issuer, _, subject = _parts(der)[-3:]
        if issuer == subject:
            return ", which is self-signed: give it as ca=, or let a CA sign one"
        at = issuer.find(_CN)
        _, start, end = _tlv(issuer, at + len(_CN))
        if at >= 0:
            return ", which was issued by %s%s" % (_printable(issuer[start:end]), advice)
    except (IndexError, TypeError, ValueError):  # there is none, or it is damaged
        pass
    return advice


def _parts(der):
    # The fields of a TBSCertificate up to the subject: issuer, validity and subject are last.
    _, at, _ = _tlv(der, 0)
    _, at, _ = _tlv(der, at)
    found = []
    for _ in range(5 + (der[at] == 0xA0)):  # [0]: the version
        start = at
        _, _, at = _tlv(der, at)
        found.append(der[start:at])
    return found


def _tlv(der, at):
    # Returns the tag, and where the content starts and ends.
    size = der[at + 1]
    start = at + 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(der[at + 2 : start], "big")
    if start + size > len(der):
        raise IndexError
    return der[at], start, start + size


def _printable(data):
    # The server chose these bytes, and they go to the log.
    return "".join(chr(b) if 0x20 <= b < 0x7F else "?" for b in data[:64])


def _address(data):
    if len(data) == 4:
        return ".".join(str(b) for b in data)
    return binascii.hexlify(data).decode()
