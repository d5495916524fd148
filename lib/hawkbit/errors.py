# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What can go wrong. OSError is the network or the flash and passes through as it is.

MemoryError is an everyday event on a board, and neither: see PASSING.
"""

from micropython import const

_LATER = const((401, 403, 408, 409))  # wrong for now: a token, a right, a delay, a lock


class HawkbitError(Exception):
    """The conversation failed, or it cannot go on yet: the text, or the child, says which."""


class HTTPError(HawkbitError):
    """A status that the call does not accept. error_code: hawkBit's, or None."""

    def __init__(self, status, path, error_code=None, retry_after_s=None):
        super().__init__(status, path, error_code)
        self.status = status
        self.error_code = error_code
        self.retry_after_s = retry_after_s

    def is_transient(self):
        """May the same request succeed later? 429 with an errorCode is a quota, for good.

        A redirect is a proxy's or a captive portal's, so that is for now.
        """
        if self.status == 429:
            return self.error_code is None
        return not 400 <= self.status < 500 or self.status in _LATER

    def __str__(self):
        return "HTTP %d for %s%s" % (
            self.status,
            self.args[1],
            ": " + self.error_code if self.error_code else "",
        )


class ProtocolError(HawkbitError):
    """Not HTTP or not DDI, in what the server sent or in what was to be sent; names what."""


class UpdateError(HawkbitError):
    """The deployment can never be installed; the text is reported as closed/failure."""


# What may go well at the next try.
PASSING = (HawkbitError, OSError, MemoryError)
