# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""DDI words and shapes of a poll: JSON values in, small tuples out; arguments in, dicts out.

No I/O. Those of an action are in deployment.py. A wrong poll raises ProtocolError: the server
or a proxy is unwell, so try again later.
Source: hawkbit-ddi-api, classes Ddi*, at hawkBit 1.0.4.
"""

from collections import namedtuple

from micropython import const

from hawkbit.errors import ProtocolError

CONTROLLER = const("%s/%s/controller/v1/%s")
# Resources below it; the rels of the links to them have the same names.
DEPLOYMENT_BASE = const("deploymentBase")
CANCEL_ACTION = const("cancelAction")
CONFIRMATION_BASE = const("confirmationBase")
INSTALLED_BASE = const("installedBase")
CONFIG_DATA = const("configData")

# DdiUpdateMode of configData.
MODE_MERGE = const("merge")

# An action that the server offers: its id, as text, and where to read it.
Offer = namedtuple("Offer", "action_id link")
# sleep: as sent; deployment, cancel, confirmation: an Offer or None; wants_config: a bool.
Poll = namedtuple("Poll", "sleep deployment cancel confirmation wants_config")

_MAX_ATTRIBUTES = const(100)
_MAX_ATTRIBUTE = const(128)
_MAX_ID = const(64)  # hawkBit's have at most 19
_ISO_UNITS_S = {"D": 86400, "H": 3600, "M": 60, "S": 1}


def poll(answer):
    """Return the Poll in an answer. Its `sleep` is as sent: see sleep_s()."""
    if type(answer) is not dict:
        raise ProtocolError("the poll is not a JSON object")
    config = answer.get("config")
    polling = config.get("polling") if type(config) is dict else None
    links = answer.get("_links") or {}
    # A poll confirms what is on trial, so other JSON must not pass for one.
    if type(links) is not dict or type(polling) is not dict or "sleep" not in polling:
        raise ProtocolError("not a DDI poll")
    return Poll(
        polling["sleep"],
        _offer(links, DEPLOYMENT_BASE),
        _offer(links, CANCEL_ACTION),
        _offer(links, CONFIRMATION_BASE),
        _offer(links, CONFIG_DATA) is not None,
    )


def _offer(links, rel):
    # The action id stands at the end of a link such as .../deploymentBase/7?c=1.
    if rel not in links:
        return None
    link = href(links, rel)
    if link is None:
        raise ProtocolError("the poll's link %s has no href" % rel)
    action_id = link.split("?")[0].rstrip("/").split("/")[-1]
    if len(action_id) > _MAX_ID:  # it stands in the journal
        raise ProtocolError("an action id of %d characters" % len(action_id))
    return Offer(action_id, link)


def href(links, rel):
    """Return the address of `rel` in a `_links` object, or None."""
    link = links.get(rel)
    link = link.get("href") if type(link) is dict else None
    return link if type(link) is str and link else None


def sleep_s(text):
    """Return config.polling.sleep ("HH:MM:SS", "PT26H13M7.456S") in whole seconds, never 0.

    Raises ProtocolError on any other form. Source: DdiPolling, DurationHelper.
    """
    seconds = 0
    try:
        if text[0] == "P":
            seconds = _iso_s(text[1:])
        elif not text.replace(":", "").isdigit():
            raise ValueError
        else:
            h, m, s = text.split(":")
            seconds = int(h) * 3600 + int(m) * 60 + int(s)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        pass  # seconds is 0: the one complaint is below
    if seconds < 1:
        raise ProtocolError("config.polling.sleep: %r" % (text,))
    return seconds


def _iso_s(text):
    # Java's Duration.toString(): no years, months or weeks, and a fraction of seconds only.
    seconds = 0
    number = ""
    for c in text.replace("T", ""):
        if c.isdigit() or c == ".":
            number += c
        else:
            seconds += float(number) * _ISO_UNITS_S[c]
            number = ""
    return 0 if number else int(seconds)


def config_data(attributes, mode=MODE_MERGE):
    """Return a ConfigData of the dict `attributes`, cut to what hawkBit takes.

    Keys and values: 128 characters of printable ASCII without "~" and "`", 100 pairs.
    A value of None deletes the key (merge).
    """
    data = {}
    for key in sorted(attributes)[:_MAX_ATTRIBUTES]:
        value = attributes[key]
        data[_clean(key)] = None if value is None else _clean(value)
    return {"mode": mode, "data": data}


def _clean(value):
    text = clean = str(value)[:_MAX_ATTRIBUTE]
    for c in text:
        if not (" " <= c < "~" and c != "`" or c in "\t\n"):
            clean = clean.replace(c, "_")
    return clean
