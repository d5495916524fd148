# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Consent before a download, where the tenant asks for it (confirmationBase).

The updater imports this only when an action waits for confirmation.
"""

from hawkbit import ddi
from hawkbit.deploy import NOW, REFUSE
from hawkbit.errors import HTTPError, UpdateError


def answer(client, link, accept):
    """Ask `accept` about the action behind a confirmationBase link, and tell the server.

    Returns False if it said LATER. A denied action stays open on the server, and is offered
    again. What could never be installed is denied, with the reason.
    """
    details = ()
    try:
        answered = accept(client.deployment(link))
    except UpdateError as e:
        answered = REFUSE
        details = [str(e)]
    if answered not in (NOW, REFUSE):
        return False
    word = ddi.CONFIRMED if answered == NOW else ddi.DENIED
    client.send(
        "POST",
        "/confirmationBase/%s/feedback" % ddi.action_id(link),
        {"confirmation": word, "details": ddi.clean_details(details)},
    )
    return True


def auto_confirm(client, active, initiator=None, remark=None):
    """Have the server confirm every later action by itself, or not any more."""
    verb = "activate" if active else "deactivate"
    body = {}  # hawkBit answers 415 to none
    if initiator:
        body["initiator"] = initiator
    if remark:
        body["remark"] = remark
    try:
        client.send("POST", "/confirmationBase/%sAutoConfirm" % verb, body)
    except HTTPError as e:
        if e.status != 409:  # it was so already
            raise
