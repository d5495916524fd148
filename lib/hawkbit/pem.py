# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""PEM to DER: not every port of MicroPython parses it. Loaded only where PEM is given."""

import binascii


def ders(data, name):
    """Return the DER of each certificate, or private key if `name` is "key", in PEM bytes.

    Raises ValueError, which names the argument and says what to do.
    """
    label = b"PRIVATE KEY-----" if name == "key" else b"CERTIFICATE-----"
    if b"ENCRYPTED" in data:
        raise ValueError("%s is encrypted: openssl pkey -in key.pem -out plain.pem" % name)
    if b"\\n" in data:
        raise ValueError("%s: its line ends are written as \\n: read it from its file" % name)
    found = [part.split(b"-----END")[0] for part in data.split(label)[1::2]]
    if not found:
        raise ValueError("%s is neither DER nor PEM (-----BEGIN %s)" % (name, label.decode()))
    return [binascii.a2b_base64(part) for part in found]
