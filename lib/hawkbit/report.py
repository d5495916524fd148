# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What the server is told: final reports, which wait on flash until they are delivered, and
progress, which may be lost and has a budget. Imported when there is something to tell.
"""

import json

from micropython import const

from hawkbit import log
from hawkbit.ddi import DEPLOYMENT_BASE
from hawkbit.deployment import (
    EXEC_CLOSED,
    EXEC_PROCEEDING,
    FEEDBACK,
    RESULT_NONE,
    RESULT_SUCCESS,
    feedback,
)
from hawkbit.errors import PASSING, HTTPError, ProtocolError
from hawkbit.journal import DOWNLOADING, IDLE, REPORTING, STAGED

_MAX_POSTS = const(18)  # of 20: one is for the end, one for an answer to a cancel
_MAX_QUEUE = const(2400)  # bytes: the record goes into one page of NVS, see journal.py
_LOST = const("report of action %s lost: %s")


class Reports:
    """The queue of final reports in `journal`. event: Updater's."""

    def __init__(self, client, journal, event):
        self._client = client
        self._journal = journal
        self._event = event
        self._unknown = []  # the actions of reports that were just answered 404 or 410

    def queue(self):
        """Return the undelivered final reports, oldest first."""
        return self._journal.record.get("reports", [])

    def _others(self, action_id):
        return [report for report in self.queue() if report[0] != action_id]

    def end(self, finished, details, execution=EXEC_CLOSED, **keys):
        """End the action in the journal, with its one final report; `keys` stay in the record."""
        record = self._journal.record
        action_id = record.get("action")
        if record.get("ended"):  # and still offered: once more, then it waits for the operator
            keys["lost"] = action_id
        if finished == RESULT_SUCCESS and execution == EXEC_CLOSED and record.get("signed"):
            keys["counters"] = dict(record.get("counters", {}), **record["signed"])
        queue = self._others(action_id)
        queue.append([action_id, execution, finished, details])
        while len(queue) > 1 and len(json.dumps(queue).encode()) > _MAX_QUEUE:
            log.line(log.ERROR, _LOST, queue.pop(0)[0], "no room")
        self._journal.renew(
            state=REPORTING,
            action=action_id,
            key=record.get("key", ""),
            # What was given up before its activation was a try, too.
            tries=record.get("tries", 0) + (record.get("state") in (DOWNLOADING, STAGED)),
            posts=record.get("posts", 0),
            ended=finished,
            reports=queue,
            **keys,
        )
        self._event("report", queue[-1])

    def succeed(self):
        """End the action as installed."""
        self.end(RESULT_SUCCESS, ["installed, tested and confirmed"])

    def deliver(self):
        """Deliver all that is queued. Raises OSError and HTTPError when one stays."""
        error = None
        self._unknown = []
        for report in self.queue():
            try:
                self._deliver(report)
            except HTTPError as e:
                error = e  # of this action: the others may be taken
        self._go_idle()
        if error:
            raise error

    def _go_idle(self):
        if self._journal.state == REPORTING and not self.queue():
            self._journal.write(state=IDLE)

    def _deliver(self, report):
        # Gone from flash with 2xx. What the server can never take goes once more without
        # details, and is then dropped. The next poll tells what 404 or 410 meant.
        action_id = report[0]
        try:
            self._send(*report)
        except HTTPError as e:
            if e.is_transient():
                raise
            if e.status in (404, 410):
                self._unknown.append(action_id)
                return
            if e.status in (400, 429) and report[3]:
                report[3] = []
                self._journal.write()
                self._deliver(report)
                return
            log.line(log.ERROR, _LOST, action_id, e)
            self._journal.write(lost=action_id)
        self._journal.write(reports=self._others(action_id))

    def settle(self, poll):
        """Drop the reports that were answered 404 or 410, unless the server still offers the
        action: then it was not taken, and stays. Raises ProtocolError for that."""
        unknown, self._unknown = self._unknown, []
        offered = poll.deployment and poll.deployment.action_id
        for action_id in unknown:
            if action_id != offered:
                self._journal.write(reports=self._others(action_id))
        self._go_idle()
        if offered in unknown:
            raise ProtocolError("action %s is offered, and its report is refused" % offered)

    def _send(self, action_id, execution, finished, details):
        # One status entry. EXEC_CLOSED ends the action; 410: it has ended.
        path = FEEDBACK % (DEPLOYMENT_BASE, action_id)
        self._client.send("POST", path, feedback(action_id, execution, finished, details))

    def progress(self, text, **changes):
        """Tell how it goes, and write `changes` to the journal with it.

        A post that fails is dropped; it counts all the same, since the server may have it.
        """
        record = self._journal.record
        posts = record.get("posts", 0)
        if posts < _MAX_POSTS:
            changes["posts"] = posts + 1
        if changes:
            self._journal.write(**changes)
        if posts < _MAX_POSTS:
            try:
                self._send(record["action"], EXEC_PROCEEDING, RESULT_NONE, [text])
            except PASSING as e:
                log.line(log.INFO, "report dropped: %s", e)
