# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The life of one action: from the offer to a final report, over any number of resets.

state        what goes on                        a power cut here leads to
idle         nothing assigned                    idle
downloading  artifacts -> sinks                  downloading: what is on flash is hashed again
staged       complete and verified, waiting for  staged, no new download
             a window or for consent
activating   the record says so, then set_boot,  the old slot runs: rolled back is failed,
             reset                               never activated is activated again
testing      the new image is on trial           rolled back is failed; confirmed is reported
reporting    final report queued                 reporting, until it is delivered

The record: state; action (id); key (which content); tries (activations); done (artifacts
complete); at, etag (of the artifact in progress); kept (sinks' words, by part); cause (why the
new image gave up); ended (success, failure). More in report.py; what lasts in journal.py.
"""

from micropython import const

from hawkbit import ddi, log
from hawkbit.download import Download
from hawkbit.errors import UpdateError
from hawkbit.report import Reports

IDLE = const("idle")
DOWNLOADING = const("downloading")
STAGED = const("staged")
ACTIVATING = const("activating")
TESTING = const("testing")
REPORTING = const("reporting")

# What the hook `accept` answers.
NOW = const("now")
LATER = const("later")
REFUSE = const("refuse")

_MAX_TRIES = const(2)  # activations of the same content for the same action
_MAX_WORDS = const(256)  # of an error or a cause in the record


class Action:
    """The action in `journal`, one at a time. sinks: a dict part -> sink (see download.py).

    hooks: feed(), accept, event(name, info), reset() and the settings of Updater.
    """

    def __init__(self, client, sinks, journal, hooks):
        self.reports = Reports(client, journal)
        self._client = client
        self._sinks = sinks
        # In the order of activation: the slot last, since it decides what boots.
        self._order = sorted(sinks, key=lambda part: (sinks[part].is_slot, part))
        self._journal = journal
        self._hooks = hooks
        self._download = None

    @property
    def state(self):
        """One of the states above."""
        return self._journal.record.get("state", IDLE)

    @property
    def id(self):
        """The id of the latest action, as text, or None."""
        return self._journal.record.get("action")

    @property
    def offset(self):
        """How far the artifact in progress has come, in bytes."""
        return self._download.offset if self._download else 0

    def on_trial(self):
        """Does something run that is not confirmed yet?"""
        return any(sink.on_trial() for sink in self._sinks.values())

    def _enter(self, state):
        self._journal.write(state=state)
        self._hooks.event("state", state)

    def _renew(self, state, **keys):
        self._journal.renew(state=state, **keys)
        self._hooks.event("state", state)

    # --- after a boot

    def boot(self):
        """See what became of the record while the board was away. May reset."""
        kept = self._journal.record.get("kept", {})
        parts = [part for part in self._order if part in kept]
        for part in parts:
            self._sinks[part].restore(kept[part])
        if self.state not in (ACTIVATING, TESTING):
            return
        try:
            # The slot is asked first: if it was rolled back, its company goes back too.
            if not all(self._sinks[part].activated() for part in reversed(parts)):
                self._activate()  # the cut came before set_boot
            elif self.state == ACTIVATING:
                self._enter(TESTING)  # the first boot of the new image
            elif not self.on_trial():
                self.confirmed()  # the cut came between confirm() and the report
        except UpdateError as e:
            self.fail(e)  # rolled back

    # --- from the offer to the reset

    def run(self, deployment, wanted):
        """Take `deployment` as far as it may go now. A generator, yields after each step.

        wanted: asked between windows, False stops. All errors but UpdateError leave it for
        the next cycle.
        """
        try:
            if self._take(deployment):
                consent = yield from self._fetch_all(deployment, wanted)
                if self.state == STAGED:
                    self._install(deployment, consent)
        except UpdateError as e:
            self.fail(e, deployment.action_id)

    def _take(self, deployment):
        # Is there something to do for it? Its identity is (action, content), since ids start
        # again with a new database, and the number of tries, since a redeploy is legal.
        record = self._journal.record
        self._check_parts(deployment.artifacts)
        deployment.artifacts.sort(key=self._sort_key)
        key = "".join(artifact.digest[:16] for artifact in deployment.artifacts)
        tries = posts = 0
        if record.get("action") == deployment.action_id and record.get("key") == key:
            if self.state in (DOWNLOADING, STAGED):
                return True
            tries = record.get("tries", 0)
            posts = record.get("posts", 0)
            if record.get("ended") == ddi.RESULT_SUCCESS or tries >= _MAX_TRIES:
                # The server missed how it ended.
                self._end(record.get("ended", ddi.RESULT_FAILURE), ["ended before"])
                return False
        self.drop("superseded")
        self._renew(DOWNLOADING, action=deployment.action_id, key=key, tries=tries, posts=posts)
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
        # A forced deployment is not asked for.
        if handling == ddi.SKIP:
            return False
        accept = self._hooks.accept
        answer = accept(deployment) if accept and handling != ddi.FORCED else NOW
        if answer == REFUSE:
            raise UpdateError("refused on the device")
        return answer == NOW

    def _fetch_all(self, deployment, wanted):
        # Returns whether consent was given on the way, so that it is not asked for twice.
        if self.state == STAGED or not self._accepts(deployment, deployment.download):
            return False
        artifacts = deployment.artifacts
        done = self._journal.record.get("done", 0)
        while done < len(artifacts):
            if not (yield from self._fetch(artifacts[done], wanted)):
                return False
            done += 1
            self._checkpoint(artifacts[done - 1].part, done=done, at=0, etag=None)
        self._enter(STAGED)
        return True

    def _fetch(self, artifact, wanted):
        # Returns True when the artifact is complete and verified.
        if self._download is None or self._download.artifact != artifact:
            record = self._journal.record
            self._download = None
            download = Download(self._client, artifact, self._sinks[artifact.part])
            yield from download.begin(record.get("at", 0), record.get("etag"), self._hooks.feed)
            self._download = download
            text = "downloading %s from %d of %d bytes"
            text = text % (artifact.filename, download.offset, artifact.size)
            self.reports.progress(self.id, text)
        while True:
            while self._download.offset < artifact.size:
                yield from self._window(self._download)
                if self._download.offset < artifact.size and not wanted():
                    return False
            download = self._download
            self._download = None  # its hash is final, whatever comes
            if download.finish():
                return True
            self._download = download

    def _window(self, download):
        start = download.offset
        size = download.artifact.size
        yield from download.window(self._hooks.window_bytes, self._block_done)
        percent = download.offset * 100 // size
        if percent // 25 > start * 100 // size // 25 and percent < 100:
            self.reports.progress(self.id, "downloaded %d %%" % percent)
        self._hooks.event("progress", percent)

    def _block_done(self):
        self._hooks.feed()
        saved = self._journal.record.get("at", 0)
        # Behind what was saved: it was begun again.
        if not 0 <= self._download.offset - saved < self._hooks.checkpoint_bytes:
            download = self._download
            self._checkpoint(download.artifact.part, at=download.offset, etag=download.etag)

    def _checkpoint(self, part, **changes):
        kept = self._journal.record.get("kept", {}).copy()
        kept[part] = self._sinks[part].keep()
        self._journal.write(kept=kept, **changes)

    def _install(self, deployment, consent):
        if deployment.update == ddi.SKIP:
            if deployment.window is None:  # download-only
                self._end(ddi.RESULT_SUCCESS, ["downloaded"], ddi.EXEC_DOWNLOADED)
                self._abort()
        elif consent or self._accepts(deployment, deployment.update):
            self._activate()

    def _activate(self):
        # The record is ahead: it says which slot and counts the try, then set_boot, then reset.
        record = self._journal.record
        tries = record.get("tries", 0) + 1
        if tries > _MAX_TRIES:
            raise UpdateError("not booted after %d tries" % _MAX_TRIES)
        self.reports.progress(self.id, "installed, resetting", state=ACTIVATING, tries=tries)
        needs_reset = False
        for part in self._order:
            if part in record["kept"]:
                self._hooks.feed()
                needs_reset = self._sinks[part].activate() or needs_reset
        if needs_reset:
            self._hooks.event("state", ACTIVATING)
            self._hooks.reset()
        else:
            self._enter(TESTING)

    # --- the end

    def confirmed(self):
        """Keep what is on trial, the slot last, and report success if it is an action's."""
        for part in self._order:
            self._sinks[part].confirm()
        if self.state == TESTING:
            self._end(ddi.RESULT_SUCCESS, ["installed, tested and confirmed"])

    def give_up(self, cause):
        """Go back to what was before, which then reports `cause`. Resets."""
        if self.state == TESTING:
            # Else the record on flash may be one that this image cannot read: of another
            # server, of another format. The old image needs it, to see that it failed.
            try:
                self._journal.write(cause=cause[:_MAX_WORDS])
            except OSError as e:  # going back matters more
                log.line(log.ERROR, "%s: not written down: %s", cause, e)
        self._revert()
        self._hooks.reset()

    def fail(self, error, action_id=None):
        """End the action as failed. action_id: of an offer that is not in the record yet.

        Resets when something runs that had to go back: the company of a slot.
        """
        details = [str(error)[:_MAX_WORDS]]
        needs_reset = False
        if action_id not in (None, self.id):
            self.drop("superseded")
            self._journal.renew(action=action_id)
        elif self.state in (ACTIVATING, TESTING):
            needs_reset = self._revert()
            if "cause" in self._journal.record:
                details.append(self._journal.record["cause"])
        self._abort()
        self._end(ddi.RESULT_FAILURE, details)
        if needs_reset:
            self._hooks.reset()

    def cancel(self, stop_id):
        """Stop the action `stop_id`; False when it is too late, since it is activated."""
        if stop_id == self.id and self.state in (ACTIVATING, TESTING):
            return False
        if stop_id == self.id:
            self.drop("canceled")
        return True

    def drop(self, why):
        """Forget an action that is not to be finished: canceled, superseded, gone."""
        if self.state in (DOWNLOADING, STAGED):
            log.line(log.INFO, "action %s: %s", self.id, why)
            self._abort()
            self._renew(IDLE)

    def deliver(self):
        """Deliver the queued final reports. Raises OSError and HTTPError when one stays."""
        while self.reports.queue():
            self.reports.deliver()
        if self.state == REPORTING:
            self._enter(IDLE)

    def _revert(self):
        needs_reset = False
        for part in reversed(self._order):
            needs_reset = self._sinks[part].revert() or needs_reset
        return needs_reset

    def _abort(self):
        self._download = None
        for part in self._order:
            self._sinks[part].abort()

    def _end(self, finished, details, execution=ddi.EXEC_CLOSED):
        record = self._journal.record
        queue = self.reports.with_final(self.id, execution, finished, details)
        self._renew(
            REPORTING,
            action=self.id,
            key=record.get("key"),
            # What was given up before its activation was a try, too.
            tries=record.get("tries", 0) + (self.state in (DOWNLOADING, STAGED)),
            posts=record.get("posts", 0),
            ended=finished,
            reports=queue,
        )
        self._hooks.event("report", queue[-1])
