"""The exit codes, and which error ends in which."""

from enum import IntEnum

from rollouts.api.errors import RefusedError, RolloutsError, ServerError
from rollouts.release.watch import TimeoutReachedError


class Exit(IntEnum):
    OK = 0
    FAILED = 1  # an action failed or was canceled
    USAGE = 2  # also: confirmation needed, and nobody to ask
    REFUSED = 3  # input refused, or nothing matched; nothing was changed
    SERVER = 4  # server or login
    TIMEOUT = 5  # --timeout reached
    INTERNAL = 70  # a mistake in this program
    INTERRUPTED = 130  # Ctrl-C
    BROKEN_PIPE = 141  # the reader of our output went away


class UsageError(RolloutsError):
    """The command line, a variable or the profile is not usable as it is."""


# What to do about a status that is not about the input.
_HINTS = {
    401: "check ROLLOUTS_USER and ROLLOUTS_PASSWORD or the profile; where the login is "
    "TENANT\\USER, set ROLLOUTS_TENANT too",
    404: "is ROLLOUTS_URL that of a hawkBit? It ends before /rest/v1",
}


def text_of(error, verbose=False):
    """Return what is said of a RolloutsError, with what to do where only we know it.

    `verbose`: with the body of the server's answer.
    """
    server_error = error if isinstance(error, ServerError) else error.__cause__
    hint = _HINTS.get(error.status) if isinstance(error, ServerError) else None
    text = f"{error}: {hint}" if hint and not error.is_about_input else str(error)
    body = server_error.body if verbose and isinstance(server_error, ServerError) else ""
    return f"{text}\n{body}" if body else text


def exit_of(error):
    """Return the Exit for a RolloutsError."""
    if isinstance(error, UsageError):
        return Exit.USAGE
    if isinstance(error, TimeoutReachedError):
        return Exit.TIMEOUT
    if isinstance(error, RefusedError):
        return Exit.REFUSED
    if isinstance(error, ServerError) and error.is_about_input:
        return Exit.REFUSED
    return Exit.SERVER
