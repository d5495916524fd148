# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""One line out, by level. The only module that prints.

`log.level = log.ERROR` silences all but errors; 0 silences everything.
"""

from micropython import const

ERROR = const(1)
INFO = const(2)
DEBUG = const(3)

level = INFO


def line(at, text, *args):
    """Print `text % args` if `at` is within the level. Never pass a token."""
    if at <= level:
        # repr(): what a server wrote begins no line of its own, nor is it a terminal's command.
        print("hawkbit:", repr(text % args)[1:-1])
