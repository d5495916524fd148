"""The trial of a new image: whatever fails on the way, it is confirmed only when it is good."""

import json

from fake_ddi import CLOSED, FakeDevice, FakeServer, FakeSlot, Reset, chunk, empty, pattern
from fakes import FakeSink
from hawkbit import guard as timer
from hawkbit.errors import HawkbitError
from runner import raises

PASSING = (MemoryError(), OSError(28, "no space"), HawkbitError("x"), ValueError("x"))


def on_trial(sinks=None, chunks=None, **hooks):
    """Return (server, device, action) with the new image just booted."""
    server = FakeServer()
    device = FakeDevice(server, sinks=sinks, **hooks)
    action = server.assign(pattern(9000), chunks=chunks and chunks(server))
    device.cycle()
    assert device.resets == 1 and device.record()["state"] == "activating"
    return server, device, action


def failing(call, error, times):
    """Return `call`, which raises `error` the first `times` times."""
    left = [times]

    def fail(*args, **kwargs):
        if left[0]:
            left[0] -= 1
            raise error
        return call(*args, **kwargs)

    return fail


def never_confirmed(device, action, cycles=4):
    """Go on until it is over: the old image runs, and the server knows of a failure."""
    slot = device.slot if "os" in device.sinks else device.sinks["bApp"]
    for _ in range(cycles):
        device.cycle()
        assert slot.calls.count("confirm") == 0
    assert action.status == "error", (action.status, device.errors())
    assert not device.slot.runs


# --- a failed self-test is never confirmed, whatever raises


def test_failed_self_test_whose_cause_cannot_be_written_goes_back():
    for error in PASSING:
        server, device, action = on_trial(self_test=lambda: False)
        save = device.store.save

        def no_cause(data, error=error, save=save):
            if b'"cause"' in data:
                raise error
            save(data)

        device.store.save = no_cause
        never_confirmed(device, action)


def test_failed_self_test_whose_sink_cannot_revert_goes_back_by_the_reset():
    for error in PASSING:
        server, device, action = on_trial(self_test=lambda: False)
        device.slot.errors["revert"] = error
        device.cycle()
        assert device.resets == 2
        device.slot.errors = {}
        never_confirmed(device, action)


def two_parts(server):
    app = chunk([server.add(pattern(5000, 2), "a.bin", 2)], "bApp")
    return [app, chunk([server.add(pattern(9000))], "os")]


def noted(call, name, order):
    def note():
        order.append(name)
        return call()

    return note


def test_failed_self_test_with_two_sinks_reverts_both_whichever_raises():
    for name in ("os", "bApp"):
        app = FakeSink(is_slot=False, needs_reset=False)
        app.runs = True
        sinks = {"os": FakeSlot(), "bApp": app}
        server, device, action = on_trial(sinks, two_parts, self_test=lambda: False)
        device.slot = sinks["os"]
        sinks[name].errors["revert"] = MemoryError()
        order = []
        for part in sinks:
            sinks[part].revert = noted(sinks[part].revert, part, order)
        device.cycle()
        assert device.resets == 2
        assert order == ["os", "bApp"]  # what comes with the slot, once that is given up


def test_failed_self_test_whose_reset_hook_returns_is_never_polled_or_confirmed():
    server, device, action = on_trial(self_test=lambda: False)
    asked = []
    device.hooks = dict(device.hooks)
    device.updater.reset = lambda: asked.append(1)
    polls = len(server.session.requests)
    for _ in range(3):
        device.updater.run_once()
    assert asked == [1, 1, 1] and len(server.session.requests) == polls
    assert device.errors() == []  # waiting for the reset is no error
    device.reset()
    never_confirmed(device, action)


def test_self_test_that_raises_anything_goes_back_and_says_what():
    for error in PASSING:

        def self_test(error=error):
            raise error

        server, device, action = on_trial(self_test=self_test)
        device.cycles(2)
        assert action.status == "error"
        assert "self-test failed" in action.entries[-1][2][1]


def test_slot_that_says_it_is_not_on_trial_any_more_is_not_confirmed_after_a_failed_test():
    # INVALID already, and the reset has not come yet.
    server, device, action = on_trial(self_test=lambda: False)
    device.updater.reset = lambda: None
    device.updater.run_once()
    device.slot.is_pending = False
    for _ in range(3):
        device.updater.run_once()
    assert device.slot.calls.count("confirm") == 0


def test_each_trial_without_a_reset_has_its_own_time_and_its_own_refusals():
    server = FakeServer()
    sink = FakeSink(is_slot=False, needs_reset=False)
    device = FakeDevice(server, sinks={"os": sink})
    first = server.assign(pattern(9000))
    device.cycle()
    server.fault("GET", empty(401), 1)
    device.cycles(2)
    assert first.status == "finished"
    device.clock.sleep_ms(3600 * 1000)
    server.assign(pattern(9000, 2))
    device.cycle()
    assert device.updater.on_trial
    server.fault("GET", empty(503))
    device.cycles(30)
    assert device.updater.on_trial  # an hour from when it began
    device.cycles(110)
    assert not device.updater.on_trial and "revert" not in sink.calls


# --- a power cut is not the image's fault


def test_power_cut_in_the_trial_is_tried_again_and_may_end_well():
    server, device, action = on_trial()
    device.reset(was_cut=True)
    assert device.slot.is_rolled_back
    device.cycles(4)
    assert action.status == "finished" and device.slot.runs
    closed = [entry for entry in action.entries if entry[0] == "closed"]
    assert len(closed) == 1
    assert len(server.seen("artifacts")) == 3  # fetched once, in three windows


def test_board_that_browns_out_in_every_trial_ends_after_two():
    server, device, action = on_trial()
    for _ in range(6):
        if device.slot.is_pending:
            device.reset(was_cut=True)
        device.cycle()
    assert action.status == "error" and device.slot.calls.count("activate") == 2
    assert "rolled back" in action.entries[-1][2][0]


def test_number_of_tries_is_a_setting():
    for tries in (1, 4):
        server, device, action = on_trial()
        device.settings = {"max_tries": tries}
        device.boot()
        for _ in range(12):
            if device.slot.is_pending:
                device.reset(was_cut=True)
            device.cycle()
        assert action.status == "error" and device.slot.calls.count("activate") == tries


def test_reset_that_is_no_power_cut_fails_at_once():
    server, device, action = on_trial()
    device.reset(was_cut=False)
    device.cycles(2)
    assert action.status == "error" and device.slot.calls.count("activate") == 1


def test_power_cut_after_the_cause_was_written_fails_at_once():
    server, device, action = on_trial(self_test=lambda: False)
    device.slot.errors["revert"] = OSError(5)
    device.updater.reset = lambda: None
    device.updater.run_once()
    device.slot.errors = {}
    device.reset(was_cut=True)
    device.cycles(2)
    assert action.status == "error" and "self-test failed" in action.entries[-1][2][1]


# --- one clock


class Guard:
    """What the guard of rollback knows, for one test."""

    def __init__(self, limit_s, elapsed_s):
        self._kept = (timer.limit_s, timer.elapsed_s)
        timer.limit_s = limit_s
        timer.elapsed_s = lambda: self.seconds
        self.seconds = elapsed_s

    def off(self):
        timer.limit_s, timer.elapsed_s = self._kept


def test_trial_counts_from_the_boot_and_an_outage_is_judged_before_the_guard_strikes():
    guard = Guard(limit_s=3720, elapsed_s=110)  # the Wi-Fi came late
    try:
        server, device, action = on_trial()
        server.fault("GET", empty(503))
        began_ms = device.clock.now_ms - 110 * 1000
        wait_s = device.cycle()
        while device.slot.is_pending and guard.seconds < 3720:
            device.clock.sleep_ms(wait_s * 1000)
            guard.seconds = (device.clock.now_ms - began_ms) // 1000
            wait_s = device.cycle()
        assert not device.slot.is_pending and device.resets == 1
        assert 3600 <= guard.seconds < 3660, guard.seconds
    finally:
        guard.off()


def test_trial_ends_before_a_guard_that_was_set_shorter():
    guard = Guard(limit_s=600, elapsed_s=0)
    try:
        server, device, action = on_trial()
        server.fault("GET", CLOSED)
        began_ms = device.clock.now_ms
        while device.resets == 1:
            device.clock.sleep_ms(device.cycle() * 1000)
            guard.seconds = (device.clock.now_ms - began_ms) // 1000
        assert device.clock.now_ms - began_ms < 600 * 1000
        server.faults = []
        device.cycles(2)
        assert "no poll was answered in 540 s" in action.entries[-1][2][1]
    finally:
        guard.off()


def test_guard_whose_timer_was_taken_is_told_once():
    guard = Guard(limit_s=3720, elapsed_s=0)
    try:
        server, device, action = on_trial()
        server.fault("GET", CLOSED)
        device.cycles(10)
        told = [text for text in device.errors() if "timer" in text]
        assert len(told) == 1 and "timer_id" in told[0], told
    finally:
        guard.off()


# --- MemoryError is an everyday event


class Failing:
    """Raises MemoryError at the n-th call of anything that it wraps."""

    def __init__(self, number):
        self.left = number

    def wrap(self, call):
        def called(*args, **kwargs):
            self.left -= 1
            if self.left == 0:
                raise MemoryError
            return call(*args, **kwargs)

        return called


def test_memory_error_at_any_step_of_an_update_ends_in_one_success():
    import hawkbit.client
    import hawkbit.journal

    kept = hawkbit.client.json, hawkbit.journal.json
    number = 0
    has_failed = True
    try:
        while has_failed:
            number += 1
            failing_at = Failing(number)
            server = FakeServer()
            action = server.assign(pattern(9000))
            device = FakeDevice(server)

            class Json:
                loads = staticmethod(failing_at.wrap(json.loads))
                dumps = staticmethod(failing_at.wrap(json.dumps))

            hawkbit.client.json = hawkbit.journal.json = Json
            device.store.save = failing_at.wrap(device.store.save)
            for name in ("begin", "write", "finish", "activate", "confirm", "keep", "restore"):
                setattr(device.slot, name, failing_at.wrap(getattr(device.slot, name)))
            server.session.request = failing_at.wrap(server.session.request)
            device.cycles(8)
            has_failed = failing_at.left <= 0
            assert action.status == "finished", (number, action.status, device.errors())
            closed = [entry for entry in action.entries if entry[0] == "closed"]
            assert len(closed) == 1 and device.slot.data == pattern(9000), number
            assert device.slot.calls.count("activate") <= 2, number
    finally:
        hawkbit.client.json, hawkbit.journal.json = kept
    assert number > 60


def test_import_that_finds_no_memory_is_answered_by_a_reset_that_imports_first():
    from hawkbit import updater

    kept = updater._import_action
    server = FakeServer()
    action = server.assign(pattern(9000))
    device = FakeDevice(server)
    try:
        updater._import_action = failing(kept, MemoryError(), 1)
        device.cycle()
        assert device.resets == 1 and device.record()["early"] is True
        assert device.updater._action is not None  # before anything else
        device.cycles(4)
        assert action.status == "finished" and "early" not in device.record()
    finally:
        updater._import_action = kept


def test_import_that_never_finds_memory_resets_once_and_keeps_polling():
    from hawkbit import updater

    kept = updater._import_action
    server = FakeServer()
    server.assign(pattern(9000))
    device = FakeDevice(server)
    try:
        updater._import_action = failing(kept, MemoryError(), 100)
        device.cycles(5)
        assert device.resets == 1 and len(server.seen("GET")) >= 4
    finally:
        updater._import_action = kept


def test_memory_error_while_it_boots_does_not_install_twice():
    server, device, action = on_trial()
    activated = device.slot.activated
    device.slot.activated = failing(activated, MemoryError(), 3)
    device.cycles(8)
    assert action.status == "finished" and device.slot.calls.count("activate") == 1


def test_reset_hook_is_called_again_after_any_error():
    server = FakeServer()
    server.assign(pattern(9000))
    calls = []

    def reset():
        calls.append(1)
        if len(calls) < 3:
            raise OSError("not now")
        raise Reset

    device = FakeDevice(server)
    device.updater.reset = reset
    device.updater.run_once()
    device.updater.run_once()
    raises(Reset, device.updater.run_once)
