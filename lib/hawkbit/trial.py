# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The trial of what was installed: what became of it, its self-test, its time, the verdict.

It begins at boot (rollback.guard) and ends with confirm(), or with a reset into what was there
before. Any number of things may be on trial together: a slot, application bundles, files. Each
has a trial of its own, an object with

activated(kept)  after a reset: does what was activated run? kept: the sink's own words. False:
                 it was never tried. UpdateError: it was rolled back
on_trial()       is what runs now not confirmed yet?
confirm()        keep it
revert()         go back to what was before; True if what was given up still runs: reset
is_slot          True for the one that decides what boots: asked first, confirmed last

slot.FirmwareSlot and files.Files are their own.
"""

from micropython import const

from hawkbit import guard, log, rollback
from hawkbit.errors import HawkbitError, HTTPError, UpdateError
from hawkbit.journal import ACTIVATING, TESTING

_MAX_WORDS = const(256)  # of a cause in the record
_EARLIER_S = const(60)  # than the guard, which knows no cause and no outage
_GUARD_LATE_S = const(60)


class Trial:
    """The one trial. parts: a dict part -> trial. updater: its hooks, settings and reports."""

    def __init__(self, parts, journal, updater):
        self._parts = parts
        # As in action.py, the slot last.
        self._order = sorted(parts, key=lambda part: (parts[part].is_slot, part))
        self._journal = journal
        self._updater = updater
        self._began_ms = updater.started_ms
        self._is_guarded = guard.limit_s is not None
        if self._is_guarded:  # it began at boot
            self._began_ms = updater.clock.ticks_ms() - guard.elapsed_s() * 1000
        self._is_tested = False
        self._cause = None  # why it was given up: from then on it is never confirmed
        self._is_outage = False  # the last answer was 429 or 5xx
        self._is_refused = False  # there was another answer that is no poll

    def begin(self):
        """Begin a new one, of what runs without a reset."""
        self._began_ms = self._updater.clock.ticks_ms()
        self._is_tested = self._is_refused = False

    # --- after a boot

    def boot(self):
        """See what became of an activation; return True if it has to be done (again).

        Raises UpdateError when it was rolled back for good. May be called again after others.
        """
        state = self._journal.state
        if state in (ACTIVATING, TESTING) and not self._has_booted():
            return True
        on_trial = any(self._parts[part].on_trial() for part in self._order)
        if state == ACTIVATING:
            self._journal.write(state=TESTING)
        elif state == TESTING and not on_trial:
            self.confirm()  # the cut came between confirm() and the report
        self._updater.on_trial = on_trial or state == ACTIVATING
        return False

    def _has_booted(self):
        record = self._journal.record
        kept = record.get("kept", {})
        try:
            # The slot is asked first: if it was rolled back, what came with it goes back too.
            for part in reversed(self._order):
                if part in kept and not self._parts[part].activated(kept[part]):
                    return False
        except UpdateError:
            # A power cut is not the image's fault: it lies there verified, and is tried again.
            is_last = record.get("tries", 0) >= self._updater.max_tries
            if is_last or "cause" in record or not rollback.power_was_cut():
                raise
            return False
        return True

    # --- the verdict

    def judge(self):
        """Test what is new, once; give it up or keep it when its time is over. May reset."""
        if self._cause is None and not self._is_tested:
            self._test()
        self._check_guard()
        if self._cause is None and self._elapsed_s() >= self._limit_s():
            # An outage of the server is not the image's fault; silence and refusal may be.
            if self._is_outage and not self._is_refused:
                self.confirm()
            else:
                self._cause = "no poll was answered in %d s" % self._limit_s()
        if self._cause is not None:
            self._go_back()

    def _test(self):
        self_test = self._updater.self_test
        self._cause = "self-test failed"  # from here on, unless it passes
        try:
            if self_test is None or self_test():
                self._cause = None
                self._is_tested = True
        except Exception as e:
            self._cause = ("self-test failed: %s" % e)[:_MAX_WORDS]

    def _limit_s(self):
        if guard.limit_s is None:
            return self._updater.confirm_timeout_s
        return min(self._updater.confirm_timeout_s, max(1, guard.limit_s - _EARLIER_S))

    def _elapsed_s(self):
        clock = self._updater.clock
        return clock.ticks_diff(clock.ticks_ms(), self._began_ms) // 1000

    def _check_guard(self):
        if self._is_guarded and self._elapsed_s() - guard.elapsed_s() > _GUARD_LATE_S:
            self._is_guarded = False
            text = "the application took the guard's timer: guard(timer_id=...) takes another"
            self._updater.event("error", HawkbitError(text))

    def heard(self, error):
        """Note what came instead of a poll."""
        status = error.status if isinstance(error, HTTPError) else 0
        self._is_outage = status == 429 or status >= 500
        self._is_refused |= isinstance(error, HawkbitError) and not self._is_outage

    def confirm(self):
        """Keep what is on trial, the slot last, and report success if it is an action's."""
        for part in self._order:
            self._parts[part].confirm()
        guard.disarm()
        if self._journal.state == TESTING:
            self._updater.reports().succeed()
        self._updater.on_trial = False

    def _go_back(self):
        # Whatever fails on the way: any reset before confirm() goes back.
        try:
            if self._journal.state == TESTING:
                # Else the record on flash may be one that this image cannot read. The old one
                # can, and needs it to see that its update has failed.
                _attempt(self._journal.write, cause=self._cause)
            for part in reversed(self._order):
                _attempt(self._parts[part].revert)
        finally:
            self._updater.restart()

    def revert(self):
        """Take back what came with a slot that was rolled back; True if it still runs."""
        still_runs = False
        for part in reversed(self._order):
            still_runs = self._parts[part].revert() or still_runs
        return still_runs


def _attempt(step, **kwargs):
    try:
        step(**kwargs)
    except Exception as e:
        log.line(log.ERROR, "trial: %r", e)
