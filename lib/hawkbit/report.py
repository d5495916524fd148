# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""What the server is told: final reports, which wait on flash until they are delivered, and
progress, which may be lost and has a budget.

In the journal: `reports`, a list of [action id, execution, finished, details]; `posts`, the
status entries spent on the action; `lost`, the action whose end the server can not be told.
"""

from micropython import const

from hawkbit import ddi, log
from hawkbit.errors import HawkbitError, HTTPError

_MAX_POSTS = const(18)  # of 20: one is for the end, one for an answer to a cancel
_MAX_REPORTS = const(4)


class Reports:
    """The queue of final reports in `journal`."""

    def __init__(self, client, journal):
        self._client = client
        self._journal = journal

    def queue(self):
        """Return the undelivered final reports, oldest first."""
        return self._journal.record.get("reports", [])

    def has(self, action_id):
        """Is the final report of that action still to be delivered?"""
        return any(report[0] == action_id for report in self.queue())

    def with_final(self, action_id, execution, finished, details):
        """Return the queue with one more final report, the only one of its action."""
        queue = [report for report in self.queue() if report[0] != action_id]
        queue.append([action_id, execution, finished, ddi.clean_details(details)])
        if len(queue) > _MAX_REPORTS:
            log.line(log.ERROR, "action %s: report lost: too many", queue.pop(0)[0])
        return queue

    def deliver(self):
        """Deliver the oldest: gone from flash with 2xx, 404 or 410.

        Raises OSError and HTTPError when it stays. What the server can never take goes once
        more without details, and is then dropped.
        """
        queue = self.queue()
        action_id, execution, finished, details = queue[0]
        try:
            self._client.feedback(action_id, execution, finished, details)
        except HTTPError as e:
            if e.is_transient():
                raise
            if e.status in (400, 429) and details:
                queue[0][3] = []
                self._journal.write(reports=queue)
                self.deliver()
                return
            if e.status not in (404, 410):
                log.line(log.ERROR, "report of action %s lost: %s", action_id, e)
                self._journal.write(lost=action_id)
        self._journal.write(reports=queue[1:])

    def progress(self, action_id, text, **changes):
        """Tell how it goes, and write `changes` to the journal with it.

        A post that fails is dropped; it counts all the same, since the server may have it.
        """
        posts = self._journal.record.get("posts", 0)
        if posts < _MAX_POSTS:
            changes["posts"] = posts + 1
        if changes:
            self._journal.write(**changes)
        if posts < _MAX_POSTS:
            try:
                self._client.feedback(action_id, ddi.EXEC_PROCEEDING, ddi.RESULT_NONE, [text])
            except (HawkbitError, OSError) as e:
                log.line(log.INFO, "report dropped: %s", e)
