# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Consent before a download, where the tenant asks for it (confirmationBase).

The updater imports this only when an action waits for confirmation.
"""

from micropython import const

from hawkbit import deployment
from hawkbit.ddi import CONFIRMATION_BASE
from hawkbit.errors import HTTPError, UpdateError
from hawkbit.settings import NOW, REFUSE

# DdiConfirmationFeedback.Confirmation.
_CONFIRMED = const("confirmed")
_DENIED = const("denied")


def answer(client, offer, accept):
    """Ask `accept` about an action that waits for confirmation, and tell the server.

    Returns False if it said LATER. A denied action stays open on the server, and is offered
    again. What could never be installed is denied, with the reason.
    """
    details = ()
    try:
        answered = accept(deployment.read(client, offer))
    except UpdateError as e:
        answered = REFUSE
        details = [str(e)]
    if answered not in (NOW, REFUSE):
        return False
    word = _CONFIRMED if answered == NOW else _DENIED
    client.send(
        "POST",
        deployment.FEEDBACK % (CONFIRMATION_BASE, offer.action_id),
        {"confirmation": word, "details": deployment.clean_details(details)},
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
        client.send("POST", "/%s/%sAutoConfirm" % (CONFIRMATION_BASE, verb), body)
    except HTTPError as e:
        if e.status != 409:  # it was so already
            raise
