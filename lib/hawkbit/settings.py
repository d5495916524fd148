# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""How settings and hooks are given, to Session, Client and Updater alike.

Each is an attribute of its class, with the default there and a word on it: given as a keyword
to the constructor, or set before the first request.
"""

from micropython import const

# What the hook `accept` answers.
NOW = const("now")
LATER = const("later")
REFUSE = const("refuse")


def take(thing, settings):
    """Set those of `settings` (a dict) that `thing` has; return a dict of the others."""
    others = {}
    for name, value in settings.items():
        if name.startswith("_") or callable(getattr(thing, name, int)):
            others[name] = value
        else:
            setattr(thing, name, value)
    return others


def take_all(thing, settings):
    """Set all of `settings`. Raises TypeError for one that `thing` does not have."""
    for name in take(thing, settings):
        raise TypeError("no setting is called " + name)
