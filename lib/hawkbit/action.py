# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The life of one action, from the offer to the reset. Imported with the first offer.

state        what goes on                        a power cut here leads to
idle         nothing assigned                    idle
downloading  artifacts -> sinks                  downloading: what is on flash is hashed again
staged       complete and verified; waits for    staged, no new download
             the server's last word, a window
             or consent
activating   the record says so, then set_boot,  the old slot runs: never booted, or cut off in
             reset                               its trial, is activated again
testing      the new image is on trial           activated again, twice in all; confirmed is
                                                 reported. See trial.py
reporting    final report queued                 reporting, until it is delivered
"""

import binascii
import hashlib

from micropython import const

from hawkbit import deployment as ddi
from hawkbit import log
from hawkbit.ddi import CANCEL_ACTION
from hawkbit.download import Download
from hawkbit.errors import HTTPError, ProtocolError, UpdateError
from hawkbit.journal import ACTIVATING, DOWNLOADING, IDLE, STAGED, TESTING
from hawkbit.settings import NOW, REFUSE

_MAX_WORDS = const(256)  # of an error in a report
_TOO_LATE = const("too late: already activated")


class Action:
    """The action in `journal`, one at a time. sinks: a dict part -> sink (see download.py).

    updater: its hooks, settings and reports.
    """

    def __init__(self, client, sinks, journal, updater):
        self._client = client
        self._sinks = sinks
        # In the order of activation: the slot last, since it decides what boots.
        self._order = sorted(sinks, key=lambda part: (sinks[part].is_slot, part))
        self._journal = journal
        self._updater = updater
        self._reports = updater.reports()
        self._download = None
        self._signed = None  # release counters, by part
        self._missing = None  # the action whose deployment was not found
        self._refusals = 0  # in a row
        kept = journal.record.get("kept", {})
        for part in self._order:
            if part in kept:
                sinks[part].restore(kept[part])

    @property
    def id(self):
        """The id of the latest action, as text, or None."""
        return self._journal.record.get("action")

    @property
    def offset(self):
        """How far the artifact in progress has come, in bytes."""
        return self._download.offset if self._download else 0

    # --- from the offer to the reset

    def deploy(self, offer):
        """Take the deployment behind `offer` as far as it may go now. A generator, yields after
        each step; it returns whether the next poll may be answered otherwise.

        All errors but UpdateError leave it for the next cycle.
        """
        try:
            deployment = self._read(offer)
            yield
            if deployment is None:
                return True
            if self._updater.trusted_keys is not None:
                from hawkbit.signature import check

                counters = self._journal.record.get("counters", {})
                self._signed = check(deployment.artifacts, self._updater.trusted_keys, counters)
            if self._take(deployment):
                if self._journal.state == STAGED:
                    self._install(deployment)
                elif self._accepts(deployment, deployment.download):
                    yield from self._fetch_all(deployment)
                    # Canceled on the way, or staged: the last word before installing is the
                    # server's, so it is polled, and the deployment read anew.
                    return True
        except UpdateError as e:
            self.fail(e, offer.action_id)
        except MemoryError:
            # A block may be in the hash and not on flash: go on as after a reset.
            self._download = None
            raise

    def _tell_refusal(self, error):
        # What may last for ever is seen on the server too, ever more rarely: 4, 8, 16 times.
        self._refusals += 1
        if self._refusals > 2 and not self._refusals & (self._refusals - 1):
            self._reports.progress("tried %d times: %s" % (self._refusals, error))

    def _read(self, offer):
        # None: canceled, or confirmed elsewhere, since the poll. Twice is another matter.
        missing, self._missing = self._missing, None
        try:
            return ddi.read(self._client, offer)
        except HTTPError as e:
            if e.status not in (404, 410) or missing == offer.action_id:
                raise
            self._missing = offer.action_id

    def _take(self, deployment):
        # Is there something to do for it? Its identity is (action, content), since ids start
        # again with a new database, and the number of tries, since a redeploy is legal.
        record = self._journal.record
        self._check_parts(deployment.artifacts)
        deployment.artifacts.sort(key=self._sort_key)
        # As long for a thousand files as for one: the record has 4,000 bytes in NVS.
        names = [(a.part, a.filename, a.digest) for a in deployment.artifacts]
        key = binascii.hexlify(hashlib.sha256(str(names).encode()).digest()).decode()
        keys = {"action": deployment.action_id, "key": key}
        if record.get("key") == key and record.get("action") == deployment.action_id:
            if self._journal.state in (DOWNLOADING, STAGED):
                return True
            keys["tries"] = tries = record.get("tries", 0)
            keys["posts"] = record.get("posts", 0)
            if record.get("ended") == ddi.RESULT_SUCCESS or tries >= self._updater.max_tries:
                # The server missed how it ended.
                self._reports.end(
                    record.get("ended", ddi.RESULT_FAILURE),
                    ["ended before"],
                    lost=deployment.action_id,  # offered once more, it waits for the operator
                )
                return False
        if record.get("stored") == key:
            self._journal.renew(state=STAGED, kept=record["kept"], **keys)
        else:
            self.drop("superseded")
            self._abort()
            self._journal.renew(state=DOWNLOADING, **keys)
        return True

    def _check_parts(self, artifacts):
        parts = [artifact.part for artifact in artifacts]
        for part in parts:
            if part not in self._sinks:
                raise UpdateError("no sink for part %s on this device" % part)
            if self._sinks[part].is_slot and parts.count(part) > 1:
                raise UpdateError("part %s: a slot takes one artifact" % part)

    def _sort_key(self, artifact):
        # The server's order means nothing; that it is the same after a reset does.
        return (self._order.index(artifact.part), artifact.name, artifact.filename)

    def _accepts(self, deployment, handling):
        # A forced deployment is not asked for, and the user is not asked twice.
        if handling == ddi.SKIP:
            return False
        accept = self._updater.accept
        if accept is None or handling == ddi.FORCED or self._journal.record.get("consent"):
            return True
        answer = accept(deployment)
        if answer == REFUSE:
            raise UpdateError("refused on the device")
        if answer == NOW:
            self._journal.write(consent=True)
        return answer == NOW

    def _fetch_all(self, deployment):
        artifacts = deployment.artifacts
        done = self._journal.record.get("done", 0)
        while done < len(artifacts):
            if not (yield from self._fetch(artifacts[done], deployment)):
                return
            done += 1
            self._checkpoint(artifacts[done - 1].part, done=done, at=0, etag=None)
            if done < len(artifacts) and not self._is_wanted():
                return
        self._journal.write(state=STAGED)

    def _fetch(self, artifact, deployment):
        # Returns True when the artifact is complete and verified.
        if self._download is None or self._download.artifact != artifact:
            yield from self._begin(artifact, deployment)
        while True:
            download = self._download
            try:
                while download.offset < artifact.size:
                    yield from self._window(download)
                    if download.offset < artifact.size and not self._is_wanted():
                        return False
                self._download = None  # its hash is final, whatever comes
                if download.finish():
                    return True
                self._download = download
            except UpdateError as e:
                if download.file is download.artifact:
                    raise
                log.line(log.ERROR, "%s; taking the full image", e)
                self._journal.write(full=True, at=0)
                yield from self._begin(artifact, deployment)

    def _is_wanted(self):
        # Between two windows and between two artifacts: is the action still offered?
        poll = self._updater.look()
        offer = poll and poll.deployment
        return poll is None or (offer is not None and offer.action_id == self.id)

    def _begin(self, artifact, deployment):
        record = self._journal.record
        self._download = None
        download = self._new_download(artifact, deployment)
        # An ETag belongs to the file that it came with.
        etag = record.get("etag") if download.frame == record.get("frame", 0) else None
        yield from download.begin(record.get("at", 0), etag, self._updater.feed_watchdog)
        self._download = download
        text = "downloading %s from %d of %d bytes"
        text = text % (download.file.filename, download.offset, artifact.size)
        self._reports.progress(text)

    def _new_download(self, artifact, deployment):
        # By a delta, unless one has failed or there is neither room nor a module for it.
        record = self._journal.record
        sink = self._sinks[artifact.part]
        try:
            if deployment.deltas and hasattr(sink, "read_base") and not record.get("full"):
                delta = ddi.delta_for(deployment, artifact, sink.read_base)
                from hawkbit.delta import DeltaDownload

                return DeltaDownload(self._client, artifact, sink, delta, record.get("frame", 0))
        except (KeyError, ImportError, MemoryError, OSError) as e:
            log.line(log.INFO, "delta: %r", e)
        return Download(self._client, artifact, sink)

    def _window(self, download):
        start = download.offset
        size = download.artifact.size
        try:
            yield from download.window(self._updater.window_bytes, self._block_done)
            self._refusals = 0
        except (HTTPError, ProtocolError) as e:
            self._tell_refusal(e)
            raise
        percent = download.offset * 100 // size
        if percent // 25 > start * 100 // size // 25 and percent < 100:
            self._reports.progress("downloaded %d %%" % percent)
        self._updater.event("progress", percent)

    def _block_done(self):
        self._updater.feed_watchdog()
        saved = self._journal.record.get("at", 0)
        # Behind what was saved: it was begun again.
        if not 0 <= self._download.offset - saved < self._updater.checkpoint_bytes:
            download = self._download
            place = {"at": download.offset, "etag": download.etag, "frame": download.frame}
            self._checkpoint(download.artifact.part, **place)

    def _checkpoint(self, part, **changes):
        kept = self._journal.record.get("kept", {}).copy()
        kept[part] = self._sinks[part].keep()
        self._journal.write(kept=kept, **changes)

    def _install(self, deployment):
        if deployment.update != ddi.SKIP:
            if self._accepts(deployment, deployment.update):
                self.activate()
        elif deployment.window is None:  # download-only: kept for an assignment that installs it
            self._reports.end(
                ddi.RESULT_SUCCESS,
                ["downloaded"],
                ddi.EXEC_DOWNLOADED,
                stored=self._journal.record["key"],
                kept=self._journal.record["kept"],
            )

    def activate(self):
        """Use what is staged from the next boot on. Resets, unless nothing needs it.

        The record is ahead: it says so and counts the try, then set_boot, then the reset.
        """
        record = self._journal.record
        tries = record.get("tries", 0) + 1
        if tries > self._updater.max_tries:
            raise UpdateError("not booted after %d tries" % self._updater.max_tries)
        signed = self._signed or record.get("signed", {})
        self._reports.progress(
            "installed, resetting", state=ACTIVATING, tries=tries, signed=signed
        )
        needs_reset = False
        for part in self._order:
            if part in record["kept"]:
                self._updater.feed_watchdog()
                needs_reset = self._sinks[part].activate() or needs_reset
        if needs_reset:
            self._updater.restart()
        self._updater.begin_trial()
        self._journal.write(state=TESTING)

    # --- the end

    def fail(self, error, action_id=None):
        """End the action as failed. action_id: of an offer that is not in the record yet.

        Resets when something runs that had to go back, since it came with a slot that did.
        """
        details = [str(error)[:_MAX_WORDS]]
        needs_reset = False
        if action_id not in (None, self.id):
            self.drop("superseded")
            self._journal.renew(action=action_id)
        elif self._journal.state in (ACTIVATING, TESTING):
            needs_reset = self._updater.revert()
            if "cause" in self._journal.record:
                details.append(self._journal.record["cause"])
        self._reports.end(ddi.RESULT_FAILURE, details)
        self._abort()
        if needs_reset:
            self._updater.restart()

    def cancel(self, offer):
        """Answer a cancelAction; return whether the server may offer something else now.

        The accepting word is closed/success; "canceled" would never end it.
        """
        stop_id = ddi.stop_id(self._client.get(offer.link))
        if any(report[0] == stop_id for report in self._reports.queue()):
            return False  # it has ended, and that wins once it is delivered
        is_late = stop_id == self.id and self._journal.state in (ACTIVATING, TESTING)
        if is_late:
            body = ddi.feedback(offer.action_id, ddi.EXEC_REJECTED, ddi.RESULT_NONE, [_TOO_LATE])
        else:
            body = ddi.feedback(offer.action_id, ddi.EXEC_CLOSED, ddi.RESULT_SUCCESS)
            if stop_id == self.id:
                self.drop("canceled")
        self._client.send("POST", ddi.FEEDBACK % (CANCEL_ACTION, offer.action_id), body)
        return not is_late

    def confirm(self, offer):
        """Ask the hook `accept` about an action that waits for confirmation, once; return
        whether it answered. Without the hook the operator confirms, on the server."""
        if self._journal.record.get("answered") == offer.action_id:
            return False
        from hawkbit import confirmation

        if not confirmation.answer(self._client, offer, self._updater.accept):
            return False
        self._journal.write(answered=offer.action_id)
        return True

    def drop(self, why):
        """Forget an action that is not to be finished: canceled, superseded, gone."""
        if self._journal.state in (DOWNLOADING, STAGED):
            log.line(log.INFO, "action %s: %s", self.id, why)
            self._abort()
            self._journal.renew(state=IDLE)

    def _abort(self):
        self._download = None
        for part in self._order:
            self._sinks[part].abort()
