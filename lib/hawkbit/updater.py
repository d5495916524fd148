# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The loop: poll, do what is offered in the right order, wait, back off.

Order in one cycle: the trial, queued reports, poll, configData, cancelAction, confirmationBase,
deploymentBase. No step that fails keeps those after it from their turn in a later cycle, so what
may fail for days comes last. What only an offer needs is imported with the first.
"""

import binascii
import gc
import json
import time
from random import getrandbits

from micropython import const

from hawkbit import __version__, ddi, log
from hawkbit.errors import PASSING, HTTPError, ProtocolError, UpdateError
from hawkbit.journal import ACTIVATING, DOWNLOADING, REPORTING, STAGED, TESTING, Journal
from hawkbit.settings import take_all

_MAX_ROUNDS = const(5)  # polls at once after something was done
_LOOK_MS = const(10 * 1000)  # between two polls during a download
_BACKOFF_S = const(5)
_MAX_BACKOFF_S = const(15 * 60)
_MAX_RETRY_AFTER_S = const(3600)
_TRIAL_WAIT_S = const(30)


class Updater:
    """Keeps the device up to date: `run()`, `run_once()`, or `for _ in cycle()`.

    sinks: a dict part -> sink, such as {"os": FirmwareSlot()}; or a function that returns it,
    called with the first offer, and then is_on_trial(): is any of them? store: see journal.py.
    settings: any of the hooks and settings below.
    """

    # Hooks, plain callables or None.
    feed = None  # feed(): per block and second of sleep, for a watchdog; Session has one too
    accept = None  # accept(deployment) -> settings.NOW, LATER, REFUSE; soft ones, confirmations
    self_test = None  # self_test() -> bool: once in the first boot of a new image
    on_event = None  # on_event(name, info): "state", "progress" (percent), "report", "error"
    reset = None  # reset(): instead of machine.reset()
    # Settings, to be changed before the first cycle.
    attributes = {"client": "micropython-hawkbit " + __version__}  # for configData
    trusted_keys = None  # a list: only releases that one of these has signed, see signature.py
    installed = None  # (name, version) of the set that runs: tell the server (experimental)
    poll_s = None  # instead of what the server says
    min_poll_s = 1
    max_poll_s = 7 * 24 * 3600
    # After a power-up run() waits up to this before the first poll, by controller id, and so
    # a part of the interval before the second: a fleet's polls are spread.
    first_poll_spread_s = 10
    confirm_timeout_s = 3600  # a new image reaches the server within this or goes back
    max_tries = 2  # boots of a new image, where power cuts ended those before
    window_bytes = 256 * 1024  # one Range request; between two a cancel is seen
    checkpoint_bytes = 64 * 1024  # lost at most by a power cut; a journal write each

    def __init__(self, client, sinks, store, is_on_trial=None, clock=time, **settings):
        take_all(self, settings)
        self.clock = clock
        self._client = client
        self._sinks = sinks
        self._is_on_trial = is_on_trial or self._any_on_trial
        self._journal = Journal(store, client.url, lambda state: self.event("state", state))
        self._reports = self._action = self._trial = None  # imported when they are needed
        self._resetting = False
        self.started_ms = self._looked_ms = clock.ticks_ms()
        self._sleep_s = 300
        self._failures = 0
        self._retry_after_s = 0
        self._refused_config = None
        self.on_trial = True  # does something run that is not confirmed? Until it is known: yes
        self._is_loaded = self._is_booted = False
        self._try(self._load)

    def _load(self):
        # What fails for now is asked again before anything else: a poll would confirm.
        self._journal.load()
        self.on_trial = self._journal.state in (ACTIVATING, TESTING) or self._is_on_trial()
        self._is_loaded = True
        if self._journal.record.get("early"):
            self._acting()

    def _any_on_trial(self):
        return any(sink.trial and sink.trial.on_trial() for sink in self.sinks().values())

    # --- the loop

    def run(self):
        """Update for ever. Sleeps in steps of a second, with feed()."""
        share = binascii.crc32(self._client.url.encode())
        if not self.on_trial:
            self._wait(share % (self.first_poll_spread_s + 1))
        wait_s = self.run_once()
        if not self._failures:  # a fleet switched on together shall not poll together for ever
            wait_s = max(self.min_poll_s, share % wait_s)
        while True:
            self._wait(wait_s)
            wait_s = self.run_once()

    def run_once(self):
        """Do one cycle; return how many seconds to wait before the next."""
        for _ in self.cycle():
            pass
        return self.wait_s()

    def cycle(self):
        """Do one cycle in steps: yields after every request and block. Never raises
        an Exception: what goes wrong is logged, and tried again in a later cycle."""
        failures = self._failures
        progress = self._offset()
        self._retry_after_s = 0
        try:
            self._wake()
            for _ in range(_MAX_ROUNDS):
                if not (yield from self._round()):
                    break
        except _ResetPendingError:
            pass
        except Exception as e:
            if self._offset() > progress:
                self._failures = failures = 0
            self._failed(e)
        if self._failures == failures:
            self._failures = 0

    def _wake(self):
        if self._resetting:
            self.restart()
        if not self._is_loaded:
            self._load()
        if self.on_trial and not self._is_booted:
            self._boot()

    def _offset(self):
        return self._action.offset if self._action else 0

    def _boot(self):
        try:
            if self._trying().boot():
                self._acting().activate()
        except UpdateError as e:
            self._acting().fail(e)
            self.on_trial = False
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            log.line(log.ERROR, "journal: dropped, not a record of ours: %r", e)
            self._journal.renew()
        self._is_booted = True

    def wait_s(self):
        """Return the seconds until the next cycle: the server's sleep, or the back-off."""
        wait_s = self.poll_s or self._sleep_s
        if self._failures:
            wait_s = min(_BACKOFF_S << min(self._failures - 1, 8), _MAX_BACKOFF_S)
            wait_s = max(wait_s, min(self._retry_after_s, _MAX_RETRY_AFTER_S))
            wait_s += wait_s * getrandbits(8) // 512
        if self.on_trial:
            return min(wait_s, _TRIAL_WAIT_S)
        return max(self.min_poll_s, min(wait_s, self.max_poll_s))

    def close(self):
        """Close the connection; for a caller who stops early."""
        self._client.close()

    def _wait(self, wait_s):
        for _ in range(wait_s):
            self.feed_watchdog()
            self.clock.sleep_ms(1000)

    # --- imported when it is needed

    def reports(self):
        """Return the Reports."""
        if self._reports is None:
            report = self._imported(_import_report)
            self._reports = report.Reports(self._client, self._journal, self.event)
        return self._reports

    def sinks(self):
        """Return the dict part -> sink."""
        if callable(self._sinks):
            self._sinks = self._imported(self._sinks)
        return self._sinks

    def _acting(self):
        if self._action is None:
            action = self._imported(_import_action)
            self._action = action.Action(self._client, self.sinks(), self._journal, self)
        return self._action

    def _trying(self):
        if self._trial is None:
            trial = self._imported(_import_trial)
            parts = {part: sink.trial for part, sink in self.sinks().items() if sink.trial}
            self._trial = trial.Trial(parts, self._journal, self)
        return self._trial

    def _imported(self, do_import):
        gc.collect()
        try:
            return do_import()
        except MemoryError:
            # A fragmented heap refuses it; right after a reset there is room.
            if not self._journal.record.get("early"):
                self._journal.write(early=True)
                self.restart()
            raise

    # --- what Action and Trial ask for

    def feed_watchdog(self):
        """Call the hook `feed`, if there is one."""
        if self.feed:
            self.feed()

    def event(self, name, info):
        """Log and pass on; see on_event."""
        try:
            log.line(log.INFO, "%s: %s", name, info)
            if self.on_event:
                self.on_event(name, info)
        except MemoryError:
            pass  # no reason to stop, and nothing left to say so with
        except Exception as e:
            log.line(log.ERROR, "on_event: %r", e)

    def restart(self):
        """Reset the board. Never returns: a hook that only asks for a reset is asked again."""
        self._resetting = True
        self.close()
        if self.reset:
            self.reset()
        else:
            from machine import reset

            reset()
        raise _ResetPendingError

    def begin_trial(self):
        """What needed no reset runs, unconfirmed."""
        self.on_trial = True
        self._trying().begin()

    def revert(self):
        """See Trial.revert()."""
        return self._trying().revert()

    def look(self):
        """Poll during a download, at most every 10 s; return the Poll, or None: as before."""
        if self.clock.ticks_diff(self.clock.ticks_ms(), self._looked_ms) < _LOOK_MS:
            return None
        try:
            return self._poll()
        except PASSING as e:
            log.line(log.INFO, "%s", e)
            return None

    # --- one round

    def _round(self):
        # Returns True when the server's answer may be another one now.
        if self.on_trial:
            self._trying().judge()
        is_stuck = False
        if self._journal.record.get("reports"):
            is_stuck = not self._try(self._deliver)
            yield
        poll = self._poll()
        yield
        if self._reports:
            is_stuck |= not self._try(self._reports.settle, poll)
        if self.on_trial:
            if poll.cancel:
                self._try(self._cancel, poll.cancel)  # in vain: it is confirmed all the same
            self._trying().confirm()
            return True
        self._try(self._send_config, poll)
        if poll.cancel:
            return self._cancel(poll.cancel)
        is_old = yield from self._offered(poll)
        if self.installed and not poll.deployment and not poll.confirmation:
            self._tell_installed()
        yield
        return is_old or (self._journal.state == REPORTING and not is_stuck)

    def _poll(self):
        self._looked_ms = self.clock.ticks_ms()
        poll = self._client.poll()
        try:
            self._sleep_s = ddi.sleep_s(poll.sleep)
        except ProtocolError as e:
            log.line(log.ERROR, "%s; staying with %d s", e, self._sleep_s)
        return poll

    def _deliver(self):
        self.reports().deliver()

    def _cancel(self, offer):
        return self._acting().cancel(offer)

    def _offered(self, poll):
        # Returns True when the poll is out of date.
        record = self._journal.record
        is_old = False
        if poll.confirmation and self.accept:
            is_old = self._acting().confirm(poll.confirmation)
            yield
        if poll.deployment is None:
            if self._journal.state in (DOWNLOADING, STAGED):
                self._acting().drop("not offered any more")
        # What has ended here waits: for its report to be delivered, or for the operator.
        elif poll.deployment.action_id not in [record.get("lost")] + [
            report[0] for report in record.get("reports", ())
        ]:
            is_old = (yield from self._acting().deploy(poll.deployment)) or is_old
        return is_old

    def _try(self, step, *args):
        # What fails here does not end the round; returns whether it went well.
        try:
            step(*args)
            return True
        except PASSING as e:
            self._failed(e)
            return False

    def _send_config(self, poll):
        # When asked to, and when the server knows other attributes than these.
        record = self._journal.record
        config = binascii.crc32(json.dumps(sorted(self.attributes.items())).encode())
        if (
            poll.wants_config or record.get("config") != config
        ) and self._refused_config != config:
            try:
                self._client.config_data(self.attributes)
                if record.get("config") != config:
                    self._journal.write(config=config)
            except HTTPError as e:
                if e.is_transient():
                    raise
                self._refused_config = config  # the same again would be refused again
                log.line(log.ERROR, "configData: %s", e)

    def _tell_installed(self):
        # Experimental in hawkBit: while an action is open, it answers 200 and ignores it.
        name, version = installed = list(self.installed)
        if self._journal.record.get("installed") == installed:
            return
        try:
            self._client.send("PUT", "/" + ddi.INSTALLED_BASE, {"name": name, "version": version})
        except HTTPError as e:
            if e.is_transient():
                raise
            log.line(log.ERROR, "installedBase: %s", e)
        self._journal.write(installed=installed)

    def _failed(self, error):
        self._failures += 1
        if isinstance(error, HTTPError):
            self._retry_after_s = error.retry_after_s or 0
        if self._trial:
            self._trial.heard(error)
        self.event("error", error)


class _ResetPendingError(Exception):
    """The hook `reset` has returned: nothing may be done before the reset comes."""


def _import_report():
    from hawkbit import report

    return report


def _import_action():
    from hawkbit import action

    return action


def _import_trial():
    from hawkbit import trial

    return trial
