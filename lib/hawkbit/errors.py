# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What goes wrong in the conversation with the server, or with what it offers.

Network, TLS and flash raise OSError, which passes through the library untouched.
"""


class HawkbitError(Exception):
    """The parent of all others here."""


class HTTPError(HawkbitError):
    """The server answered with a status that the call does not accept.

    error_code: hawkBit's errorCode, if the answer had one. retry_after_s: its Retry-After.
    """

    def __init__(self, status, path, error_code=None, retry_after_s=None):
        super().__init__(("HTTP %d: %s %s" % (status, path, error_code or "")).rstrip())
        self.status = status
        self.path = path
        self.error_code = error_code
        self.retry_after_s = retry_after_s


class ProtocolError(HawkbitError):
    """The server sent what HTTP or DDI does not allow; the text names what."""


class UpdateError(HawkbitError):
    """This deployment can never be installed here; its text is reported to the server."""


class DigestError(UpdateError):
    """The bytes of an artifact are not the ones that were announced."""
