"""The loop: order of work, waiting, back-off, trial of a new image, hooks."""

import json

from fake_ddi import (
    BASE,
    CLOSED,
    URL,
    FakeDevice,
    FakeServer,
    FakeSlot,
    Reset,
    empty,
    error,
    pattern,
)
from fakes import FakeSession, FakeSink, MemoryStore
from hawkbit import log
from hawkbit.client import Client
from hawkbit.settings import LATER, NOW, REFUSE
from hawkbit.updater import Updater
from runner import raises

HTML = (200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>")


def ready(**hooks):
    """Return (server, device) after a first contact: nothing is left to do."""
    server = FakeServer()
    device = FakeDevice(server, **hooks)
    device.cycle()
    del server.session.requests[:]
    return server, device


def lines(server):
    return [
        "%s %s" % (r.method, r.path[len(BASE) :].split("?")[0]) for r in server.session.requests
    ]


# --- idle


def test_first_contact_sends_attributes_and_waits_as_told():
    server = FakeServer()
    server.wants_config = True
    device = FakeDevice(server)
    assert device.cycle() == 300
    assert lines(server) == ["GET ", "PUT /configData"]
    assert "client" in server.attributes


def test_idle_poll_is_one_request_on_the_kept_connection_and_304():
    server, device = ready()
    device.cycles(3)
    assert lines(server) == ["GET "] * 3
    assert server.session.connections == 1
    assert all("if-none-match" in r.headers for r in server.session.requests)


def test_idle_device_writes_nothing_to_flash():
    server, device = ready()
    saves = device.store.saves
    device.cycles(5)
    assert device.store.saves == saves


def test_sleep_of_the_server_is_kept_within_the_limits():
    server, device = ready()
    for sleep, wait_s in (
        ("00:00:30", 30),
        ("PT24H", 86400),
        ("PT26H13M7.456S", 94387),
        ("PT9999H", 7 * 24 * 3600),
    ):
        server.sleep = sleep
        assert device.cycle() == wait_s
    device.updater.min_poll_s, device.updater.max_poll_s = 60, 600
    server.sleep = "00:00:01"
    assert device.cycle() == 60
    server.sleep = "PT24H"
    assert device.cycle() == 600
    device.updater.poll_s = 77
    assert device.cycle() == 77


def test_bad_sleep_keeps_the_last_good_one_and_work_goes_on():
    server, device = ready()
    server.sleep = "00:01:00"
    device.cycle()
    for wrong in ("", "0", "aa:bb:cc", None, 5, [], {}, "00:00:00", "PT" + "9" * 400 + "H"):
        server.sleep = wrong
        assert device.cycle() == 60, wrong
    assert device.errors() == []
    action = server.assign()
    device.cycles(3)
    assert action.status == "finished"


def sleeps_before_polls(count, name="dev1", **settings):
    """Let a device of that name run(); return how many seconds it slept before each poll."""
    server = FakeServer()
    client = Client(server.session, URL, "DEFAULT", name)
    device = FakeDevice(server, client=client, feed=lambda: fed.append(1))
    for setting in settings:
        setattr(device.updater, setting, settings[setting])
    seconds, fed = [0], []

    def poll(request):
        seconds.append(len(device.clock.sleeps_ms))
        if len(seconds) > count:
            raise Reset
        return 200, {}, b'{"config":{"polling":{"sleep":"00:05:00"}}}'

    server.fault("GET", poll)
    server.fault("PUT", empty(200))
    raises(Reset, device.updater.run)
    assert set(device.clock.sleeps_ms) <= {1000} and len(fed) >= seconds[-1]
    return [seconds[i + 1] - seconds[i] for i in range(count)]


def test_polls_of_devices_switched_on_together_are_spread_over_the_interval():
    sleeps = [sleeps_before_polls(4, "dev%d" % i) for i in range(60)]
    firsts = {first for first, _, _, _ in sleeps}
    seconds = {second for _, second, _, _ in sleeps}
    assert len(firsts) > 5 and max(firsts) <= 10
    assert len(seconds) > 40 and min(seconds) < 60 and 240 < max(seconds) < 300
    assert {tuple(rest) for _, _, *rest in sleeps} == {(300, 300)}
    assert sleeps_before_polls(4, "dev0") == sleeps[0]


def test_spread_keeps_the_limits_and_can_be_left_out():
    for i in range(10):
        first, second, third = sleeps_before_polls(
            3, "dev%d" % i, first_poll_spread_s=0, poll_s=40, min_poll_s=35
        )
        assert first == 0 and 35 <= second < 40 and third == 40


def test_fault_of_the_first_poll_is_waited_for_in_full():
    server = FakeServer()
    device = FakeDevice(server)
    server.fault("GET", (503, {"Retry-After": "200"}, b""), 1)
    server.fault("GET", stop)
    raises(Reset, device.updater.run)
    assert 200 <= len(device.clock.sleeps_ms) <= 310


def stop(request):
    raise Reset


# --- faults


def test_fault_of_the_poll_is_logged_and_tried_again():
    faults = [empty(status) for status in (302, 400, 401, 403, 404, 410, 429, 500, 503)]
    faults += [CLOSED, OSError(111, "refused"), OSError(110, "timed out")]
    faults += [HTML, (200, {}, b'{"config":'), (200, {}, b""), (200, {}, b"\xff\xfe")]
    faults += [(200, {}, b"null"), (200, {}, b"[]"), (200, {}, b'{"status":200}')]
    faults += [(200, {}, b"{" + b" " * 9000 + b"}")]
    for fault in faults:
        server, device = ready()
        device.events.clear()
        action = server.assign()
        server.fault("GET", fault, 1)
        assert 5 <= device.cycle() <= 8, fault
        assert [name for name, _ in device.events] == ["error"], fault
        assert action.entries == []
        device.cycles(3)
        assert action.status == "finished", fault


def test_fault_that_lasts_is_tried_less_and_less_often_and_ends():
    server, device = ready()
    server.fault("GET", empty(503), 30)
    waits = [device.cycle() for _ in range(30)]
    assert waits[0] < 8 and 5 << 3 <= waits[3] <= 60
    assert all(900 <= wait_s <= 1350 for wait_s in waits[10:])
    assert device.cycle() == 300


def test_waits_of_two_devices_differ():
    waits = []
    for _ in range(8):
        server, device = ready()
        server.fault("GET", empty(503), 9)
        waits.append([device.cycle() for _ in range(9)][-1])
    assert len(set(waits)) > 1, waits


def test_retry_after_is_kept_up_to_an_hour():
    for value, least, most in (("120", 120, 180), ("999999", 3600, 5400), ("Fri, 31 Dec", 5, 8)):
        server, device = ready()
        server.fault("GET", (503, {"Retry-After": value}, b""), 1)
        wait_s = device.cycle()
        assert least <= wait_s <= most, (value, wait_s)
        assert device.cycle() == 300


def test_retry_after_counts_for_its_own_answer_only():
    server, device = ready()
    server.fault("GET", (503, {"Retry-After": "900"}, b""), 1)
    server.fault("GET", CLOSED)
    assert device.cycle() >= 900 and device.cycle() < 30


def test_error_with_any_body_is_one_log_line():
    for body in (
        b"",
        b"null",
        b"[]",
        b"7",
        b'{"errorCode":7}',
        b'{"errorCode":null}',
        b'{"errorCode":{"a":1}}',
        b"<html>",
        b"\xff\xfe",
        b'{"errorCode":"x',
    ):
        server, device = ready()
        server.fault("GET", (429, {}, body), 1)
        device.cycle()
        assert device.errors() == ["HTTP 429 for " + URL + BASE], body
        assert device.cycle() == 300


def test_exception_of_any_kind_in_a_cycle_never_ends_the_loop():
    for fault in (MemoryError(), ValueError("x"), KeyError("x"), TypeError(), RuntimeError()):
        server, device = ready()
        server.fault("GET", fault, 1)
        assert device.cycle() < 10
        assert device.cycle() == 300


def test_full_flash_loses_nothing():
    server, device = ready()
    action = server.assign()
    for _ in range(12):
        device.store.error = OSError(28, "no space")
        device.cycle()
    device.cycles(4)
    assert action.status == "finished", (action.status, device.errors())


# --- attributes


def test_changed_attributes_are_sent_unasked():
    server, device = ready()
    for version in ("1", "2"):
        del server.session.requests[:]
        device.updater.attributes = {"version": version}
        device.cycle()
        assert lines(server) == ["GET ", "PUT /configData"]
        assert server.attributes["version"] == version
    device.settings = {"attributes": {"version": "2"}}
    device.reset()
    device.cycle()
    assert lines(server)[2:] == ["GET "]


def test_attributes_that_the_server_asks_for_again_write_nothing():
    server, device = ready()
    saves, server.wants_config = device.store.saves, True
    device.cycle()
    assert lines(server) == ["GET ", "PUT /configData"] and device.store.saves == saves


def test_confirmation_without_a_hook_is_left_to_the_operator():
    server, device = ready()
    server.assign().status = "wait_for_confirmation"
    device.cycle()
    assert lines(server) == ["GET "] and device.errors() == []


def test_refused_attributes_are_not_sent_again_and_starve_nothing():
    for refusal in (error(400, "repo.invalidTargetAttributes"), error(429, "quota"), empty(404)):
        server, device = ready()
        server.wants_config = True
        server.fault("configData", refusal)
        assert device.cycle() == 300
        assert device.cycle() == 300
        assert lines(server).count("PUT /configData") == 1
        action = server.assign()
        device.cycles(3)
        assert action.status == "finished"


def test_attributes_are_told_though_what_is_offered_fails_for_ever():
    def canceled(server):
        server.assign().status = "canceling"

    def waiting(server):
        server.assign().status = "wait_for_confirmation"

    for offer, path in (
        (FakeServer.assign, "GET " + BASE + "/deploymentBase"),
        (FakeServer.assign, "artifacts"),
        (waiting, "GET " + BASE + "/confirmationBase"),
        (waiting, "POST " + BASE + "/confirmationBase"),
        (canceled, "GET " + BASE + "/cancelAction"),
        (canceled, "POST " + BASE + "/cancelAction"),
    ):
        for fault in (empty(503), empty(401), CLOSED):
            server = FakeServer()
            server.wants_config = True
            server.fault(path, fault)
            offer(server)
            device = FakeDevice(server, accept=lambda deployment: NOW)
            device.cycle()
            assert server.attributes and not server.wants_config, (path, fault)
            assert len(device.errors()) == 1, device.errors()


def test_attributes_of_a_new_image_are_told_once_it_is_confirmed():
    server, device, _ = on_trial()
    server.wants_config = True
    server.fault("GET", empty(503), 1)
    device.cycle()
    assert not server.seen("configData")
    device.cycle()
    assert server.seen("configData")


def test_attributes_that_fail_for_now_are_sent_later():
    for fault in (empty(503), empty(401), empty(302), CLOSED, empty(429)):
        server, device = ready()
        server.wants_config = True
        server.fault("configData", fault, 1)
        assert device.cycle() < 10
        assert device.cycle() == 300
        assert not server.wants_config


def test_installed_set_is_told_once_and_only_without_an_open_action():
    server = FakeServer()
    action = server.assign(download="attempt")
    device = FakeDevice(server, accept=lambda deployment: LATER)
    device.updater.installed = ("linux", "1.2.3")
    device.cycle()
    assert server.seen("installedBase") == []
    action.end("canceled")
    device.cycles(2)
    assert [r.json() for r in server.seen("PUT /")][-1] == {"name": "linux", "version": "1.2.3"}
    assert len(server.seen("installedBase")) == 1


def test_installed_set_unknown_to_the_server_stops_nothing():
    server, device = ready()
    server.fault("installedBase", error(404, "repo.entityNotFound"))
    device.updater.installed = ("linux", "9")
    assert device.cycle() == 300
    assert device.cycle() == 300
    assert len(server.seen("installedBase")) == 1


def test_installed_set_refused_for_now_is_told_later():
    server, device = ready()
    server.fault("installedBase", empty(503), 1)
    device.updater.installed = ("linux", "1.2.3")
    assert device.cycle() < 10
    device.cycles(2)
    assert len(server.seen("installedBase")) == 2


# --- hooks


def test_on_event_that_raises_stops_nothing():
    server = FakeServer()
    action = server.assign()
    device = FakeDevice(server)

    def on_event(name, info):
        raise ValueError("user's mistake")

    device.boot = lambda: FakeDevice.boot(device) or setattr(device.updater, "on_event", on_event)
    device.boot()
    device.cycles(3)
    assert action.status == "finished"


def test_accept_that_raises_is_tried_again():
    answers = [ValueError("user's mistake"), NOW]

    def accept(deployment):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    server, device = ready(accept=accept)
    action = server.assign(download="attempt", update="attempt")
    assert device.cycle() < 10
    assert action.entries == []
    device.cycles(3)
    assert action.status == "finished"


def test_accept_that_answers_nonsense_means_later():
    for nonsense in (None, True, False, 1, "yes"):
        server, device = ready(accept=lambda deployment, answer=nonsense: answer)
        action = server.assign(download="attempt", update="attempt")
        assert device.cycle() == 300
        assert action.is_active and action.entries == []


def test_accept_that_refuses_ends_the_action():
    server, device = ready(accept=lambda deployment: REFUSE)
    action = server.assign(download="attempt", update="attempt")
    device.cycles(2)
    assert action.status == "error"
    assert action.entries[-1] == ("closed", "failure", ["refused on the device"])


def test_forced_deployment_is_not_asked_for():
    server, device = ready(accept=lambda deployment: REFUSE)
    action = server.assign()
    device.cycles(3)
    assert action.status == "finished"


def test_consent_to_the_download_is_not_asked_for_twice():
    asked = []
    server, device = ready(accept=lambda deployment: asked.append(deployment) or NOW)
    action = server.assign(download="attempt", update="attempt")
    device.cycles(3)
    assert action.status == "finished" and len(asked) == 1
    assert asked[0].artifacts[0].version == "2.0"


def test_feed_comes_with_every_block():
    fed = []
    server, device = ready(feed=lambda: fed.append(1))
    server.assign(pattern(20000))
    device.cycle()
    assert len(fed) >= 5


def test_reset_hook_that_only_asks_is_asked_again_and_nothing_is_polled():
    server = FakeServer()
    server.assign()
    asked = []
    store = MemoryStore()
    device = FakeDevice(server, store=store)
    device.updater = Updater(
        device.client, device.sinks, store, clock=device.clock, reset=lambda: asked.append(1)
    )
    device.updater.run_once()
    assert asked == [1]
    seen = len(server.session.requests)
    device.updater.run_once()
    assert asked == [1, 1] and len(server.session.requests) == seen
    device.reset()
    device.cycles(2)
    assert server.actions[0].status == "finished"


def test_cycle_stopped_early_and_closed_goes_on_later():
    server, device = ready()
    action = server.assign(pattern(20000))
    steps = device.updater.cycle()
    for _ in range(6):
        next(steps)
    steps.close()
    device.updater.close()
    device.cycles(3)
    assert action.status == "finished"
    assert device.slot.data == pattern(20000)


def test_cycle_left_without_closing_goes_on_later():
    server, device = ready()
    action = server.assign(pattern(20000))
    steps = device.updater.cycle()
    for _ in range(6):
        next(steps)
    device.updater.close()
    device.cycles(3)
    assert action.status == "finished"
    assert device.slot.data == pattern(20000)


# --- the trial of a new image


def on_trial(**hooks):
    """Return (server, device, action) with the new image just booted."""
    server, device = ready(**hooks)
    action = server.assign()
    device.cycle()
    assert device.resets == 1 and device.slot.is_pending
    del device.events[:]
    return server, device, action


def test_new_image_polls_at_once():
    server, device, action = on_trial()
    server.fault("GET", stop)
    raises(Reset, device.updater.run)
    assert device.clock.sleeps_ms == []


def test_new_image_is_confirmed_by_a_poll_and_then_reported():
    server, device, action = on_trial()
    assert action.is_active
    assert device.cycle() == 300
    assert action.status == "finished"
    assert action.entries[-1][:2] == ("closed", "success")
    assert not device.slot.is_pending and device.resets == 1
    assert server.wants_config is False


def test_new_image_whose_self_test_fails_goes_back_and_says_why():
    def broken():
        raise OSError(5, "sensor silent")

    for self_test, why in ((lambda: False, "self-test failed"), (broken, "sensor silent")):
        server, device, action = on_trial(self_test=self_test)
        device.cycle()
        assert device.resets == 2 and action.is_active
        device.cycle()
        assert action.status == "error"
        details = action.entries[-1][2]
        assert details[0].startswith("rolled back") and why in details[1]
        assert device.slot.calls.count("activate") == 1


def test_new_image_goes_back_even_if_the_cause_cannot_be_written_down():
    server, device, action = on_trial(self_test=lambda: False)
    save = device.store.save

    def full(data):
        if b"cause" in data:
            raise OSError(28, "no space")
        save(data)

    device.store.save = full
    device.cycles(2)
    assert action.status == "error" and device.resets == 2


def test_self_test_is_asked_once_in_a_trial():
    asked = []
    server, device, action = on_trial(self_test=lambda: asked.append(1) or True)
    server.fault("GET", CLOSED, 3)
    device.cycles(5)
    assert action.status == "finished" and len(asked) == 1
    device.cycles(2)
    assert len(asked) == 1


def test_new_image_that_resets_unconfirmed_is_reported_as_failed():
    server, device, action = on_trial()
    device.reset()
    device.cycle()
    assert action.status == "error"
    assert "rolled back" in action.entries[-1][2][0]
    device.cycles(3)
    assert device.slot.calls.count("activate") == 1


def test_new_image_that_never_reaches_the_server_goes_back():
    for fault in (CLOSED, empty(401), empty(403), empty(404), empty(302), HTML, (200, {}, b"{}")):
        server, device, action = on_trial()
        server.fault("GET", fault)
        for _ in range(130):
            if device.resets == 1:
                assert device.cycles(1) <= 30
        assert device.resets == 2, fault
        server.faults = []
        device.cycles(2)
        assert action.status == "error", fault
        assert "no poll was answered in 3600 s" in action.entries[-1][2][1]


def test_outage_of_the_server_confirms_at_the_end_of_the_time():
    for fault in (empty(429), empty(500), empty(503)):
        server, device, action = on_trial()
        server.fault("GET", fault)
        device.cycles(110)
        assert device.slot.is_pending and action.is_active
        device.cycles(20)
        assert not device.slot.is_pending and device.resets == 1, fault
        server.faults = []
        device.cycles(2)
        assert action.status == "finished"


def test_only_the_last_answer_of_the_trial_counts():
    server, device, action = on_trial()
    server.fault("GET", empty(503), 100)
    server.fault("GET", CLOSED)
    device.cycles(130)
    assert device.resets == 2


def test_refusal_on_trial_is_not_made_good_by_an_outage():
    for refusal in (empty(401), empty(404), (200, {}, b"<html>a portal"), (200, {}, b"{}")):
        server, device, action = on_trial()
        server.fault("GET", refusal, 3)
        server.fault("GET", empty(503))
        device.cycles(130)
        assert device.resets == 2, refusal


def test_silence_before_an_outage_says_nothing_against_the_image():
    server, device, action = on_trial()
    server.fault("GET", CLOSED, 3)
    server.fault("GET", empty(503))
    device.cycles(130)
    assert not device.slot.is_pending and device.resets == 1


def test_image_of_another_server_goes_back_and_the_old_one_reports_it():
    server, device, action = on_trial()
    silent = FakeSession(lambda request: CLOSED)
    elsewhere = Client(silent, "http://typo:8080", "DEFAULT", "dev1")
    device._client = elsewhere
    device.boot()
    device.cycles(130)
    assert device.resets == 2
    device._client = None
    device.boot()
    device.cycles(2)
    assert action.status == "error", action.status
    assert device.slot.calls.count("activate") == 1


def test_image_of_another_server_that_answers_stays():
    server, device, action = on_trial()
    other = FakeServer()
    device._client = Client(other.session, "http://other:8080", "DEFAULT", "dev1")
    device.boot()
    device.cycles(2)
    assert device.resets == 1 and not device.slot.is_pending


def test_image_flashed_by_cable_is_confirmed_without_a_report():
    server, device = ready()
    device.slot.is_pending = True
    device.boot()
    device.cycle()
    assert not device.slot.is_pending
    assert lines(server) == ["GET ", "GET "]


def test_image_on_trial_beside_what_is_not_is_confirmed_too():
    sinks = {"bApp": FakeSink(is_slot=False), "os": FakeSlot()}
    device = FakeDevice(FakeServer(), sinks=sinks)
    for pending in ("os", "bApp"):
        sinks[pending].is_pending = True
        device.boot()
        assert device.updater.on_trial
        device.cycle()
        assert not sinks[pending].is_pending and not device.updater.on_trial


def test_what_was_only_downloaded_is_not_installed_by_an_image_that_came_by_cable():
    server, device = ready()
    action = server.assign(update="skip")
    device.cycles(2)
    assert action.status == "downloaded" and device.record()["kept"]
    device.slot.is_pending = True
    device.boot()
    device.cycle()
    assert not device.slot.is_pending and "activate" not in device.slot.calls


def test_nothing_is_downloaded_during_the_trial():
    server, device, action = on_trial()
    server.fault("GET", CLOSED)
    server.assign(pattern(5000, 9))
    begun = device.slot.calls.count("begin")
    device.cycles(10)
    assert device.slot.calls.count("begin") == begun


# --- reports that do not get through


def test_stuck_report_stops_neither_polls_nor_the_next_update():
    for fault in (empty(503), empty(401), empty(302), CLOSED, empty(429), (500, {}, b"<html>")):
        server, device = ready()
        bad = server.assign(chunks=[])
        server.fault("deploymentBase/1/feedback", fault)
        device.cycle()
        polls = len(server.seen("GET " + BASE + " ")) + lines(server).count("GET ")
        posts = len(server.seen("POST"))
        assert polls <= 2 and posts <= 2, (fault, polls, posts)
        assert bad.is_active
        bad.end("canceled")  # force quit
        good = server.assign()
        device.cycles(4)
        assert good.status in ("finished", "retrieved"), fault
        assert json.loads(device.store.data)["reports"][0][0] == "1"
        server.faults = []
        device.cycles(2)
        assert json.loads(device.store.data)["reports"] == []


def test_report_refused_for_ever_leaves_and_the_next_update_works():
    for refusal in (empty(400), error(429, "quota.tooManyEntries"), empty(415)):
        server, device = ready()
        bad = server.assign(chunks=[])
        server.fault("deploymentBase/1/feedback", refusal)
        device.cycle()
        device.cycle()
        device.cycle()
        assert len(server.seen("POST")) <= 2
        assert json.loads(device.store.data)["reports"] == []
        bad.end("canceled")
        good = server.assign()
        device.cycles(3)
        assert good.status == "finished"


def test_bad_image_whose_report_is_lost_is_not_downloaded_for_ever():
    server, device = ready()
    data = pattern(10000)
    wrong = server.add(data, hashes={"sha256": "0" * 64})
    server.assign(chunks=[{"part": "os", "name": "n", "version": "1", "artifacts": [wrong]}])
    server.fault("feedback", empty(400))
    device.cycles(12)
    assert len(server.seen("artifacts")) <= 2 * 3, len(server.seen("artifacts"))


def test_none_of_several_that_ended_here_is_begun_again_before_its_report_is_delivered():
    server, device = ready()
    server.fault("feedback", CLOSED)
    actions = []
    for _ in range(3):
        actions.append(server.assign(chunks=[]))
        device.cycle()
        actions[-1].is_active = False  # the next has its turn
    assert [report[0] for report in device.record()["reports"]] == ["1", "2", "3"]
    for action in actions:
        action.is_active = True
        asked = len(server.seen("GET " + BASE + "/deploymentBase"))
        device.cycle()
        assert len(server.seen("GET " + BASE + "/deploymentBase")) == asked, action.id
        action.is_active = False


def test_each_failure_is_reported_in_the_cycle_that_saw_it():
    server, device = ready()
    for _ in range(3):
        action = server.assign(chunks=[])
        device.cycle()
        assert action.status == "error" and device.record()["state"] == "idle", action.id


def test_image_that_rolls_back_and_whose_report_is_lost_is_not_installed_for_ever():
    server, device = ready(self_test=lambda: False)
    server.assign()
    server.fault("feedback", empty(400))
    device.cycles(30)
    assert device.slot.calls.count("activate") <= 2
    assert len(server.seen("artifacts")) <= 2 * 3


def test_download_broken_again_and_again_waits_seconds_not_the_poll_time():
    server, device = ready()
    action = server.assign(pattern(30000))

    def broken(request):
        if len(server.seen("artifacts")) % 2:
            return server.right_answer(request)
        return CLOSED

    server.fault("artifacts", broken)
    for _ in range(7):
        if action.is_active and not device.slot.is_pending:
            assert device.cycle() < 10
    server.faults = []
    device.cycles(2)
    assert action.status == "finished"


def test_log_can_be_silenced():
    level = log.level
    try:
        log.level = 0
        server, device = ready()
        server.assign()
        device.cycles(3)
    finally:
        log.level = level
    assert server.actions[0].status == "finished"
