"""The life of one action, over resets and power cuts; the server is asked what it believes."""

import json

from fake_ddi import (
    BASE,
    CLOSED,
    URL,
    FakeDevice,
    FakeServer,
    FakeSlot,
    chunk,
    empty,
    error,
    pattern,
)
from fakes import FakeSink, MemoryStore
from hawkbit import log
from hawkbit.errors import UpdateError
from hawkbit.journal import FORMAT
from hawkbit.settings import LATER, NOW, REFUSE
from runner import raises

DATA = pattern(12000)


def assigned(data=DATA, **kwargs):
    """Return (server, device, action): an update is offered."""
    server = FakeServer()
    action = server.assign(data, **kwargs)
    return server, FakeDevice(server), action


def states(device):
    return [info for name, info in device.events if name == "state"]


# --- the normal life


def test_update_goes_through_every_state():
    server, device, action = assigned()
    assert device.cycle() == 0 and device.resets == 1
    assert states(device) == ["downloading", "staged", "activating"]
    assert action.is_active and device.slot.data == DATA
    assert device.cycle() == 300
    assert states(device)[3:] == ["testing", "reporting", "idle"]
    assert action.status == "finished" and server.installed == action.id
    assert [entry[:2] for entry in action.entries].count(("closed", "success")) == 1
    assert device.slot.calls.count("activate") == 1
    assert server.session.connections == 2  # one a boot
    assert [i for name, i in device.events if name == "report"] == [
        ["1", "closed", "success", ["installed, tested and confirmed"]]
    ]


def test_operator_reads_how_it_goes():
    server, device, action = assigned(pattern(40000))
    device.cycles(2)
    assert [details[0] for _, _, details in action.entries] == [
        "downloading fw.bin from 0 of 40000 bytes",
        "downloaded 30 %",
        "downloaded 51 %",
        "downloaded 81 %",
        "installed, resetting",
        "installed, tested and confirmed",
    ]


def test_success_is_never_reported_before_the_reboot():
    server, device, action = assigned()
    device.cycle()
    assert all(entry[0] != "closed" for entry in action.entries)


def test_record_is_ahead_of_set_boot():
    server, device, action = assigned()
    seen = []
    activate = device.slot.activate
    device.slot.activate = lambda: seen.append(device.record()) or activate()
    device.cycle()
    assert seen[0]["state"] == "activating" and seen[0]["tries"] == 1
    assert seen[0]["kept"] == {"os": "kept"}


def test_sink_that_needs_no_reset_is_confirmed_by_the_next_poll():
    server = FakeServer()
    action = server.assign(DATA)
    device = FakeDevice(server, sinks={"os": FakeSink(is_slot=False, needs_reset=False)})
    device.cycle()
    assert action.is_active
    device.cycle()
    assert action.status == "finished" and device.resets == 0


def test_trial_without_a_reset_begins_even_if_the_record_cannot_say_so():
    server = FakeServer()
    action = server.assign(DATA)
    sink = FakeSink(is_slot=False, needs_reset=False)
    device = FakeDevice(server, sinks={"os": sink})
    sink.activate = lambda: fill(device.store)
    device.cycle()
    assert device.updater.on_trial and device.record()["state"] == "activating"
    sink.runs = True
    device.cycles(2)
    assert action.status == "finished" and "begin" not in sink.calls[sink.calls.index("finish") :]


def fill(store):
    store.error = OSError(28, "no space")
    return False


def two_parts(server):
    chunks = [
        chunk(
            [server.add(pattern(5000, 2), "z.bin", 2), server.add(pattern(6000, 3), "a.bin", 2)],
            "bApp",
        ),
        chunk([server.add(DATA)], "os"),
    ]
    chunks[0]["name"] = "app"
    return chunks


def test_all_artifacts_are_verified_before_the_first_is_activated_and_the_slot_is_last():
    for turned in (False, True):
        server = FakeServer()
        chunks = two_parts(server)
        if turned:
            chunks.reverse()
            chunks[1]["artifacts"].reverse()
        action = server.assign(chunks=chunks)
        calls = []
        app = FakeSink(is_slot=False, needs_reset=False)
        app.runs = True
        slot = FakeSlot()
        device = FakeDevice(server, sinks={"os": slot, "bApp": app})
        for name, sink in (("app", app), ("slot", slot)):
            for method in ("finish", "activate"):
                watch(sink, method, name, calls)
        device.cycles(2)
        assert action.status == "finished"
        assert calls == [
            "app.finish",
            "app.finish",
            "slot.finish",
            "app.activate",
            "slot.activate",
        ]
        assert [a.filename for a in app.artifacts] == ["a.bin", "z.bin"]


def watch(sink, method, name, calls):
    call = getattr(sink, method)

    def watched():
        calls.append("%s.%s" % (name, method))
        return call()

    setattr(sink, method, watched)


def test_one_bad_artifact_of_several_activates_none():
    server = FakeServer()
    chunks = two_parts(server)
    chunks[1]["artifacts"][0]["hashes"]["sha256"] = "0" * 64
    action = server.assign(chunks=chunks)
    app = FakeSink(is_slot=False, needs_reset=False)
    device = FakeDevice(server, sinks={"os": FakeSlot(), "bApp": app})
    device.cycle()
    assert action.status == "error"
    for sink in (app, device.sinks["os"]):
        assert "activate" not in sink.calls and sink.calls[-1] == "abort"


# --- power cuts


def test_power_cut_after_any_step_ends_in_exactly_one_success():
    steps = 1
    was_cut = True
    while was_cut:
        server, device, action = assigned()
        was_cut = device.cut(steps)
        device.cycles(4)
        assert action.status == "finished", (steps, action.status)
        closed = [entry for entry in action.entries if entry[0] == "closed"]
        assert len(closed) == 1, (steps, action.entries)
        assert device.slot.data == DATA
        assert len(action.entries) <= 20
        steps += 1
    assert steps > 8


def test_power_cut_after_every_save_of_the_record_ends_in_exactly_one_success():
    number = 1
    while True:
        server, device, action = assigned()
        save, left = device.store.save, [number]

        def cutting(data, save=save, left=left):
            save(data)
            left[0] -= 1
            if not left[0]:
                raise PowerCut

        device.store.save = cutting
        for _ in range(8):
            try:
                device.cycle()
            except PowerCut:
                device.reset()
        assert action.status in ("finished", "error"), (number, action.status)
        closed = [entry for entry in action.entries if entry[0] == "closed"]
        assert len(closed) == 1, (number, action.entries)
        # Only an image that is cut in its trial goes back.
        assert (action.status == "error") == device.slot.is_rolled_back, number
        if left[0] > 0:
            break
        number += 1
    assert number > 6


class PowerCut(BaseException):
    """The power is gone."""


def test_resume_after_a_cut_asks_only_for_the_rest():
    server, device, action = assigned(pattern(30000))
    assert device.cut(9)
    before = len(server.seen("artifacts"))
    device.cycles(3)
    assert action.status == "finished"
    assert server.seen("artifacts")[before].range()[0] >= 8192


def test_cut_before_set_boot_activates_again_at_most_twice():
    server, device, action = assigned()
    device.slot.activate = lambda: True  # set_boot never takes
    device.cycles(6)
    assert action.status == "error"
    assert "not booted after 2 tries" in action.entries[-1][2][0]
    device.cycles(3)
    assert len([e for e in action.entries if e[0] == "closed"]) == 1


def test_cut_between_confirm_and_report_is_still_a_success():
    server, device, action = assigned()
    device.cycle()
    confirm = device.slot.confirm

    def cut():
        confirm()
        raise PowerCut

    device.slot.confirm = cut
    raises(PowerCut, device.cycle)
    device.slot.confirm = confirm
    device.reset()
    device.cycles(2)
    assert action.status == "finished" and not device.slot.is_rolled_back


# --- what comes back after a reset


def record(**keys):
    found = {"format": FORMAT, "base": URL + BASE}
    found.update(keys)
    return MemoryStore(json.dumps(found).encode())


def test_record_without_what_was_kept_does_not_stop_the_device():
    for kept in ({}, {"os": "kept"}, {"gone": "x"}):
        server = FakeServer()
        action = server.assign(DATA)
        store = record(state="downloading", action="1", key="x", kept=kept, at=4096)
        device = FakeDevice(server, store=store)
        device.cycles(3)
        assert action.status == "finished", kept


def test_record_that_makes_no_sense_ends_nothing_for_good():
    for keys in (
        {"state": "no such state"},
        {"state": "activating", "action": "1", "kept": {"os": 7}},
        {"state": "testing", "action": "1", "kept": 7},
        {"state": None},
        {"action": 1},
    ):
        server = FakeServer()
        action = server.assign(DATA)
        device = FakeDevice(server, store=record(**keys))
        device.cycles(5)
        assert action.status == "finished", (keys, device.errors())


def test_record_of_another_server_is_not_reported_here():
    server = FakeServer()
    store = MemoryStore(
        json.dumps(
            {
                "format": FORMAT,
                "base": "http://other" + BASE,
                "reports": [["1", "closed", "failure", ["x"]]],
            }
        ).encode()
    )
    action = server.assign(DATA)
    device = FakeDevice(server, store=store)
    device.cycles(3)
    assert action.status == "finished"


# --- cancel


def test_cancel_during_the_download_stops_it_between_two_windows():
    server, device, action = assigned(pattern(40000))

    def third(request):
        # The operator cancels while this window is on its way.
        answer = server.right_answer(request)
        device.clock.now_ms += 11000
        action.status = "canceling"
        return answer

    server.fault("bytes=8192-", third, 1)
    device.cycle()
    assert action.status == "canceled", action.status
    assert len(server.seen("artifacts")) == 3
    assert action.cancel_entries == [("closed", "success", [])]
    assert device.slot.calls[-1] == "abort" and "activate" not in device.slot.calls
    assert device.record()["state"] == "idle"


def test_no_poll_between_windows_within_ten_seconds():
    server, device, action = assigned(pattern(40000))
    device.cycle()
    polls = [r for r in server.session.requests if r.path == BASE]
    assert len(polls) == 2  # before the download, and before installing


def test_polls_during_a_download_are_ten_seconds_apart():
    for seconds, times in ((3, 2), (6, 4), (11, 9)):  # of each of ten windows
        server, device, action = assigned(pattern(40000))
        device.clock.sleep_ms(60 * 1000)
        polls = []

        def slow(request, server=server, device=device, seconds=seconds):
            device.clock.now_ms += seconds * 1000
            return server.right_answer(request)

        def poll(request, server=server, device=device, polls=polls):
            polls.append(device.clock.now_ms)
            return server.right_answer(request)

        server.fault("artifacts", slow)
        server.fault("GET " + BASE + " ", poll)
        device.cycle()
        assert len(polls) == 2 + times, (seconds, polls)


def test_superseded_download_makes_way():
    server, device, action = assigned(pattern(30000))
    assert device.cut(6)
    newer = server.assign(pattern(9000, 5))
    device.cycles(3)
    assert action.status == "canceled" and newer.status == "finished"
    assert device.slot.data == pattern(9000, 5)


def test_actions_that_are_gone_between_poll_and_question_are_no_error():
    server, device, _ = assigned()

    def gone(request):
        server.actions[-1].end("canceled")
        server.assign(DATA)
        return empty(404)

    server.fault("GET %s/deploymentBase" % BASE, gone, 3)
    device.cycle()
    assert device.errors() == [] and len(server.actions) == 4


def test_action_gone_by_force_quit_is_forgotten():
    server, device, action = assigned(pattern(30000))
    assert device.cut(6)
    action.end("canceled")
    device.cycle()
    assert device.record()["state"] == "idle" and action.entries[-1][0] != "closed"
    newer = server.assign(DATA)
    device.cycles(3)
    assert newer.status == "finished"


# --- failures that end the action


def ended(device, server, action):
    """Return the words of the only final report."""
    device.cycles(3)
    assert action.status == "error", (action.status, device.errors())
    closed = [entry for entry in action.entries if entry[0] == "closed"]
    assert len(closed) == 1 and closed[0][1] == "failure", closed
    return closed[0][2]


def test_unknown_part_is_named():
    server = FakeServer()
    action = server.assign(chunks=[chunk([server.add(DATA)], "jvm")])
    words = ended(FakeDevice(server), server, action)
    assert "jvm" in words[0] and server.seen("artifacts") == []


def test_two_artifacts_for_one_slot_are_refused():
    server = FakeServer()
    two = [server.add(DATA), server.add(DATA, "more.bin")]
    action = server.assign(chunks=[chunk(two)])
    words = ended(FakeDevice(server), server, action)
    assert "one artifact" in words[0] and server.seen("artifacts") == []


def test_sink_that_refuses_says_why():
    for method in ("begin", "write", "finish", "activate"):
        server, device, action = assigned()
        device.slot.errors[method] = UpdateError("because of " + method)
        assert ended(device, server, action) == ["because of " + method]
        assert device.resets == 0


def test_artifact_that_the_server_never_gives_ends_the_action_after_five_tries():
    for fault in (empty(404), error(404, "x"), empty(410), empty(416), error(500, "loadFailed")):
        server, device, action = assigned()
        server.fault("artifacts", fault)
        device.cycles(4)
        assert action.is_active
        words = ended(device, server, action)
        assert "the server does not give it" in words[0]
        assert len(server.seen("artifacts")) == 5


def test_five_tries_are_counted_anew_for_the_next_action():
    server, device, action = assigned()
    server.fault("artifacts", empty(404))
    device.cycles(6)
    assert action.status == "error"
    newer = server.assign(DATA)
    device.cycles(2)
    assert newer.is_active
    server.faults = []
    device.cycles(3)
    assert newer.status == "finished"


def test_five_tries_are_counted_anew_after_progress():
    server, device, action = assigned()
    asked = []

    def stingy(request):
        asked.append(request)
        return empty(404) if len(asked) % 5 else server.right_answer(request)

    server.fault("artifacts", stingy)
    device.cycles(40)
    assert action.status == "finished" and len(asked) >= 10


def test_fault_for_now_never_ends_the_action():
    for fault in (empty(401), empty(403), empty(429), empty(500), empty(503), CLOSED):
        server, device, action = assigned()
        server.fault("artifacts", fault, 40)
        device.cycles(20)
        assert action.is_active, fault
        server.faults = []
        device.cycles(3)
        assert action.status == "finished", fault


def test_redeploy_after_a_failure_is_installed():
    server, device, action = assigned()
    device.slot.errors["activate"] = UpdateError("no")
    device.cycles(2)
    assert action.status == "error"
    device.slot.errors = {}
    newer = server.assign(DATA)
    device.cycles(3)
    assert newer.status == "finished"


# --- waiting


def test_staged_update_waits_without_a_second_download_over_a_reset():
    server, device, action = assigned(update="skip", window="unavailable")
    device.cycles(2)
    requests = len(server.seen("artifacts"))
    device.reset()
    device.cycles(3)
    assert len(server.seen("artifacts")) == requests
    assert device.record()["state"] == "staged" and device.resets == 1
    action.deployment.update({"update": "forced", "maintenanceWindow": "available"})
    device.cycles(2)
    assert action.status == "finished"
    assert len(server.seen("artifacts")) == requests


def test_consent_may_come_late_and_is_asked_for_until_then():
    answers = [LATER, LATER, NOW]
    server = FakeServer()
    action = server.assign(DATA, download="forced", update="attempt")
    device = FakeDevice(server, accept=lambda deployment: answers.pop(0))
    device.cycles(2)
    assert action.is_active and device.resets == 0 and len(answers) == 1
    device.cycles(2)
    assert action.status == "finished" and answers == []


def test_consent_given_is_kept_over_polls_and_a_reset():
    server = FakeServer()
    action = server.assign(DATA, download="attempt", update="skip", window="unavailable")
    answers = [NOW]
    device = FakeDevice(server, accept=lambda deployment: answers.pop(0))
    device.cycle()
    device.reset()
    device.cycle()
    action.deployment.update({"update": "attempt", "maintenanceWindow": "available"})
    device.cycles(2)
    assert action.status == "finished" and answers == []


def test_consent_to_one_action_is_none_to_the_next():
    asked = []
    server = FakeServer()
    device = FakeDevice(server, accept=lambda deployment: asked.append(1) or NOW)
    server.assign(DATA, download="attempt", update="attempt")
    device.cycles(3)
    server.assign(pattern(9000, 5), download="attempt", update="attempt")
    device.cycles(3)
    assert server.actions[1].status == "finished" and len(asked) == 2


def test_consent_refused_when_it_comes_to_the_install_ends_the_action():
    server = FakeServer()
    action = server.assign(DATA, download="forced", update="attempt")
    device = FakeDevice(server, accept=lambda deployment: REFUSE)
    device.cycles(2)
    assert action.status == "error" and action.entries[-1][2] == ["refused on the device"]


# --- the last word before installing is the server's


def test_window_that_closes_during_the_download_keeps_it_staged():
    server, device, action = assigned(window="available")

    def last(request):
        action.deployment.update({"update": "skip", "maintenanceWindow": "unavailable"})
        return server.right_answer(request)

    server.fault("bytes=8192-", last, 1)
    device.cycles(3)
    assert action.is_active and device.resets == 0 and device.record()["state"] == "staged"
    requests = len(server.seen("artifacts"))
    action.deployment.update({"update": "forced", "maintenanceWindow": "available"})
    device.cycles(2)
    assert action.status == "finished" and len(server.seen("artifacts")) == requests


def test_cancel_in_the_last_window_is_honoured():
    server, device, action = assigned()

    def last(request):
        answer = server.right_answer(request)
        action.status = "canceling"
        return answer

    server.fault("bytes=8192-", last, 1)
    device.cycles(2)
    assert action.status == "canceled" and "activate" not in device.slot.calls


def test_new_assignment_in_the_last_window_wins():
    server, device, action = assigned()

    def last(request):
        answer = server.right_answer(request)
        server.assign(pattern(9000, 5))
        return answer

    server.fault("bytes=8192-", last, 1)
    device.cycles(4)
    assert action.status == "canceled" and server.actions[1].status == "finished"
    assert device.slot.data == pattern(9000, 5)


def test_cancel_between_artifacts_of_one_window_each_is_seen():
    server = FakeServer()
    files = [server.add(pattern(3000, i), "%d.bin" % i, 2) for i in range(10)]
    action = server.assign(chunks=[chunk(files, "bApp")])
    app = FakeSink(is_slot=False, needs_reset=False)
    device = FakeDevice(server, sinks={"bApp": app})

    def slow(request):
        answer = server.right_answer(request)
        device.clock.now_ms += 60000
        if len(server.seen("artifacts")) == 3:
            action.status = "canceling"
        return answer

    server.fault("artifacts", slow)
    device.cycles(2)
    assert action.status == "canceled" and len(server.seen("artifacts")) == 3
    assert "activate" not in app.calls


def test_download_only_keeps_what_it_stored_for_the_assignment_that_installs_it():
    for reset in (False, True):
        server, device, action = assigned(update="skip")
        device.cycles(2)
        assert action.status == "downloaded" and device.resets == 0
        requests = len(server.seen("artifacts"))
        if reset:
            device.reset()
        newer = server.assign(DATA)
        device.cycles(3)
        assert newer.status == "finished" and len(server.seen("artifacts")) == requests
        assert device.slot.data == DATA


def test_download_only_of_other_content_is_fetched():
    server, device, action = assigned(update="skip")
    device.cycles(2)
    newer = server.assign(pattern(9000, 5))
    device.cycles(3)
    assert newer.status == "finished" and device.slot.data == pattern(9000, 5)


def test_what_is_stored_can_be_downloaded_only_once_more():
    server, device, action = assigned(update="skip")
    device.cycles(2)
    requests = len(server.seen("artifacts"))
    newer = server.assign(DATA, update="skip")
    device.cycles(2)
    assert newer.status == "downloaded" and len(server.seen("artifacts")) == requests


# --- what is rare


def test_bytes_spoiled_during_a_power_cut_are_fetched_once_more():
    server, device, action = assigned(pattern(30000))
    assert device.cut(9)
    device.slot.data[5000] ^= 1
    device.cycles(3)
    assert action.status == "finished" and device.slot.data == pattern(30000)


def test_cancel_after_a_broken_activation_is_rejected_and_the_update_ends():
    server, device, action = assigned()
    device.slot.errors["activate"] = OSError(5)
    device.cycle()
    assert device.record()["state"] == "activating"
    device.slot.errors = {}
    action.status = "canceling"
    device.cycle()
    assert action.cancel_entries[0][0] == "rejected" and action.status == "running"
    device.cycles(3)
    assert action.status == "finished"


def test_poll_that_fails_during_a_download_does_not_stop_it():
    for fault in (CLOSED, empty(503), empty(401), (200, {}, b"<html>")):
        server, device, action = assigned(pattern(20000))

        def slow(request, server=server, device=device):
            device.clock.now_ms += 11000
            return server.right_answer(request)

        server.fault("artifacts", slow)
        assert device.cut(3)
        server.fault("GET " + BASE + " ", server.right_answer, 1)
        server.fault("GET " + BASE + " ", fault, 3)
        device.cycles(2)
        assert action.status == "finished", fault


def test_action_whose_report_is_refused_and_which_is_offered_again_is_an_error_and_no_loop():
    server = FakeServer()
    wrong = server.add(DATA, hashes={"sha256": "0" * 64})
    server.assign(chunks=[chunk([wrong])])
    server.fault("feedback", empty(410))
    device = FakeDevice(server)
    device.cycle()
    requests = len(server.session.requests)
    device.cycles(5)
    assert len(server.session.requests) - requests <= 2 * 5  # the report and a poll
    assert len([r for r in server.seen("artifacts") if r.range()[0] == 0]) == 1
    assert any("is offered, and its report is refused" in text for text in device.errors())
    server.faults = []
    device.cycles(2)
    assert server.actions[0].status == "error"


def test_action_offered_again_after_its_success_is_told_once_and_then_waits():
    server, device, action = assigned()
    device.cycles(3)
    assert action.status == "finished"
    action.status, action.is_active = "running", True  # the server lost its end
    server.right_answer = lambda request, right=server.right_answer: (
        empty(200) if "feedback" in request.path else right(request)
    )
    device.cycles(6)
    words = [
        r.json()["status"] for r in server.seen("feedback") if r.json()["status"].get("details")
    ]
    assert [w["details"] for w in words].count(["ended before"]) == 1
    assert device.slot.calls.count("activate") == 1


def test_rolled_back_slot_is_seen_before_its_company_is_asked():
    server = FakeServer()
    action = server.assign(chunks=two_parts(server))
    app = FakeSink(is_slot=False, needs_reset=False)
    device = FakeDevice(server, sinks={"os": FakeSlot(), "bApp": app})
    device.cycle()
    device.sinks["os"].is_rolled_back = True
    device.sinks["os"].is_pending = False  # and the app says that it does not run
    device.cycles(2)
    assert action.status == "error" and app.calls.count("activate") == 1
    assert "rolled back" in action.entries[-1][2][0]


def test_first_action_takes_the_place_of_none():
    _, device, _ = assigned()
    lines = []
    real = log.line

    def heard(level, text, *args):
        lines.append(text % args)
        real(level, text, *args)  # on a board the runner listens for a lack of memory

    log.line = heard
    try:
        device.cycle()
    finally:
        log.line = real
    assert "state: staged" in lines and not [line for line in lines if "superseded" in line]
