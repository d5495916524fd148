# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The loop: poll, do what is offered in the right order, wait, back off.

Order in one cycle: queued report, poll, cancelAction, confirmationBase, deploymentBase,
configData. No step that fails keeps the ones after it from their turn in a later cycle.
"""

import binascii
import json
import time
from random import getrandbits

from micropython import const

from hawkbit import __version__, ddi, log
from hawkbit.deploy import REPORTING, TESTING, Action
from hawkbit.errors import HawkbitError, HTTPError, ProtocolError, UpdateError
from hawkbit.journal import Journal

_MAX_ROUNDS = const(5)  # polls at once after something was done
_LOOK_MS = const(10 * 1000)  # between two polls during a download
_BACKOFF_S = const(5)
_MAX_BACKOFF_S = const(15 * 60)
_MAX_RETRY_AFTER_S = const(3600)
_TRIAL_WAIT_S = const(30)


class Updater:
    """Keeps the device up to date: `run()`, `run_once()`, or `for _ in cycle()`.

    sinks: a dict part -> sink, such as {"os": FirmwareSlot()}. store: see journal.py.
    Hooks, all optional: feed() per block and second of sleep (Session has one of its own);
    accept(deployment) -> deploy.NOW, LATER or REFUSE, for soft deployments and confirmations;
    self_test() -> bool, once in the first boot of a new image; on_event(name, info); reset().
    """

    # Settings, to be changed before the first cycle.
    attributes = {"client": "micropython-hawkbit " + __version__}  # for configData
    installed = None  # (name, version) of the set that runs: tell the server (experimental)
    poll_s = None  # instead of what the server says
    min_poll_s = 1
    max_poll_s = 7 * 24 * 3600
    # After a power-up run() waits up to this before the first poll, by controller id, and so
    # a part of the interval before the second: a fleet's polls are spread.
    first_poll_spread_s = 10
    confirm_timeout_s = 3600  # a new image reaches the server within this or goes back
    window_bytes = 256 * 1024  # one Range request; between two a cancel is seen
    checkpoint_bytes = 64 * 1024  # lost at most by a power cut; a journal write each

    def __init__(
        self,
        client,
        sinks,
        store,
        clock=time,
        feed=None,
        accept=None,
        self_test=None,
        on_event=None,
        reset=None,
    ):
        self._client = client
        self._clock = clock
        self._feed = feed
        self.accept = accept
        self._self_test = self_test
        self._on_event = on_event
        self._reset = reset
        self._journal = Journal(store, client.base)
        self._action = Action(client, sinks, self._journal, self)
        self._booted = False
        self._resetting = False
        self._tested = False
        self._started_ms = self._looked_ms = clock.ticks_ms()
        self._outage = False  # the last answer was 429 or 5xx
        self._refused = False  # another answer that is no poll: the trial has failed
        self._poll_again = False  # the last poll is out of date
        self._sleep_s = 300
        self._failures = 0
        self._retry_after_s = 0
        self._refused_config = None

    # --- the loop

    def run(self):
        """Update for ever. Sleeps in steps of a second, with feed()."""
        share = binascii.crc32(self._client.base.encode())
        if not self._on_trial():
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
        progress = self._action.offset
        self._retry_after_s = 0
        try:
            if self._resetting:
                self.reset()
            if not self._booted:
                self._boot()
            self._end_trial()
            for _ in range(_MAX_ROUNDS):
                if not (yield from self._round()):
                    break
        except Exception as e:
            if self._action.offset > progress:
                self._failures = failures = 0
            self._failed(e)
        if self._failures == failures:
            self._failures = 0

    def _boot(self):
        self._booted = True
        try:
            self._action.boot()
        except OSError:
            # The flash: look at the record again before any poll, which would confirm.
            self._booted = False
            raise

    def wait_s(self):
        """Return the seconds until the next cycle: the server's sleep, or the back-off."""
        wait_s = self.poll_s or self._sleep_s
        if self._failures:
            wait_s = min(_BACKOFF_S << min(self._failures - 1, 8), _MAX_BACKOFF_S)
            wait_s = max(wait_s, min(self._retry_after_s, _MAX_RETRY_AFTER_S))
            wait_s += wait_s * getrandbits(8) // 512
        if self._on_trial():
            return min(wait_s, _TRIAL_WAIT_S)
        return max(self.min_poll_s, min(wait_s, self.max_poll_s))

    def close(self):
        """Close the connection; for a caller who stops early."""
        self._client.close()

    def _wait(self, wait_s):
        for _ in range(wait_s):
            self.feed()
            self._clock.sleep_ms(1000)

    # --- what Action asks for

    def feed(self):
        """Feed the watchdog."""
        if self._feed:
            self._feed()

    def event(self, name, info):
        """Log and pass on: "state", "progress" (percent), "report", "error"."""
        log.line(log.INFO, "%s: %s", name, info)
        if info == TESTING:
            self._started_ms = self._clock.ticks_ms()
            self._tested = self._refused = False
        if self._on_event:
            try:
                self._on_event(name, info)
            except Exception as e:
                log.line(log.ERROR, "on_event: %r", e)

    def reset(self):
        """Reset the board. Never returns: a hook that only asks for a reset is asked again."""
        self._resetting = True
        self.close()
        if self._reset:
            self._reset()
        else:
            from machine import reset

            reset()
        raise HawkbitError("waiting for the reset")

    # --- one round

    def _round(self):
        # Returns True when the server's answer may be another one now.
        action = self._action
        if self._on_trial():
            self._test()
        stuck = False
        if action.reports.queue():
            stuck = not self._try(action.deliver)
            yield
        base = self._poll()
        yield
        if self._on_trial():
            if base.cancel:
                self._try(self._cancel, base.cancel)  # in vain: it is confirmed all the same
            action.confirmed()
            return True
        if base.cancel:
            return self._cancel(base.cancel)
        self._poll_again = False
        if base.confirmation:
            self._confirm(base.confirmation)
            yield
        if base.deployment is None:
            action.drop("not offered any more")
        elif not action.reports.has(ddi.action_id(base.deployment)):
            yield from self._deploy(base.deployment)
        self._send_config(base)
        if self.installed and not base.deployment and not base.confirmation:
            self._tell_installed()
        yield
        return self._poll_again or (action.state == REPORTING and not stuck)

    def _poll(self):
        self._looked_ms = self._clock.ticks_ms()
        base = self._client.poll()
        try:
            self._sleep_s = ddi.sleep_s(base.sleep)
        except ProtocolError as e:
            log.line(log.ERROR, "%s; staying with %d s", e, self._sleep_s)
        return base

    def _try(self, step, *args):
        # What fails here does not end the round; returns whether it went well.
        try:
            step(*args)
            return True
        except (HawkbitError, OSError) as e:
            self._failed(e)
            return False

    def _cancel(self, link):
        # The accepting word is closed/success; "canceled" would never end it.
        action_id = ddi.action_id(link)
        stop_id = self._client.stop_id(link)
        if self._action.reports.has(stop_id):
            return False  # it has ended, and that wins once it is delivered
        if self._action.cancel(stop_id):
            self._client.cancel_feedback(action_id, ddi.EXEC_CLOSED, ddi.RESULT_SUCCESS)
            return True
        text = ["too late: already activated"]
        self._client.cancel_feedback(action_id, ddi.EXEC_REJECTED, ddi.RESULT_NONE, text)
        return False

    def _confirm(self, link):
        # One answer per action. Without `accept` the operator confirms, on the server.
        action_id = ddi.action_id(link)
        if self.accept is None or self._journal.record.get("answered") == action_id:
            return
        from hawkbit import confirmation

        if confirmation.answer(self._client, link, self.accept):
            self._journal.write(answered=action_id)
            self._poll_again = True

    def _deploy(self, link):
        if self._journal.record.get("lost") == ddi.action_id(link):
            return  # it has ended here, and waits for the operator
        try:
            deployment = self._client.deployment(link)
        except UpdateError as e:
            self._action.fail(e, ddi.action_id(link))
            return
        except HTTPError as e:
            if e.status not in (404, 410):
                raise
            self._poll_again = True  # canceled or confirmed elsewhere since the poll
            return
        yield
        yield from self._action.run(deployment, self._wanted)

    def _wanted(self):
        # Between two windows: is the action still offered?
        if self._clock.ticks_diff(self._clock.ticks_ms(), self._looked_ms) < _LOOK_MS:
            return True
        try:
            base = self._poll()
        except (HawkbitError, OSError) as e:
            log.line(log.INFO, "%s", e)
            return True
        link = base.deployment
        self._poll_again = link is None or ddi.action_id(link) != self._action.id
        return not self._poll_again

    def _send_config(self, base):
        # When asked to, and when the attributes are others than the server has.
        record = self._journal.record
        config = binascii.crc32(json.dumps(sorted(self.attributes.items())).encode())
        if (base.config_data or record.get("config") != config) and self._refused_config != config:
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
        # While an action is open, hawkBit answers 200 and ignores it.
        installed = list(self.installed)
        if self._journal.record.get("installed") == installed:
            return
        try:
            self._client.set_installed(installed[0], installed[1])
        except HTTPError as e:
            if e.is_transient():
                raise
            log.line(log.ERROR, "installedBase: %s", e)
        self._journal.write(installed=installed)

    def _failed(self, error):
        self._failures += 1
        status = 0
        if isinstance(error, HTTPError):
            status = error.status
            self._retry_after_s = error.retry_after_s or 0
        self._outage = status == 429 or status >= 500
        self._refused |= isinstance(error, HawkbitError) and not self._outage
        self.event("error", error)

    # --- the trial of a new image

    def _on_trial(self):
        return self._action.state == TESTING or self._action.on_trial()

    def _test(self):
        if self._tested:
            return
        self._tested = True
        cause = "self-test failed"
        try:
            if self._self_test is None or self._self_test():
                return
        except Exception as e:
            cause = "self-test failed: %s" % e
        self._action.give_up(cause)

    def _end_trial(self):
        # An outage of the server is not the image's fault; silence and refusal may be.
        now_ms = self._clock.ticks_ms()
        limit_ms = self.confirm_timeout_s * 1000
        if not self._on_trial() or self._clock.ticks_diff(now_ms, self._started_ms) < limit_ms:
            return
        if self._outage and not self._refused:
            self._action.confirmed()
        else:
            self._action.give_up("no poll was answered in %d s" % self.confirm_timeout_s)
