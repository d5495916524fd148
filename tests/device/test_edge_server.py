"""Edge cases E44 to E68: server, windows, confirmation. tests/README.md has the table."""

from fake_ddi import (
    BASE,
    QUOTA,
    TOKEN,
    URL,
    FakeDevice,
    FakeServer,
    artifact,
    chunk,
    empty,
    error,
    pattern,
)
from fakes import FakeSession
from hawkbit import ddi
from hawkbit.client import Client
from hawkbit.confirmation import auto_confirm
from hawkbit.errors import HTTPError
from hawkbit.settings import LATER, NOW, REFUSE
from runner import raises


def assigned(data=None, **kwargs):
    server = FakeServer()
    action = server.assign(data, **kwargs)
    return server, FakeDevice(server), action


def closed(action):
    return [entry for entry in action.entries if entry[0] == "closed"]


def waiting(accept):
    """Return (server, device, action) of an action that waits for confirmation."""
    server = FakeServer()
    action = server.assign(download="attempt", update="attempt")
    action.status = "wait_for_confirmation"
    return server, FakeDevice(server, accept=accept), action


def test_e44_unknown_target_is_asked_less_and_less_often_without_a_reset():
    server = FakeServer()
    server.fault("GET", empty(401))
    device = FakeDevice(server)
    waits = [device.cycles(1) for _ in range(12)]
    assert waits[0] < 10 and waits[-1] >= 900
    assert device.resets == 0


def test_e45_target_deleted_during_an_update_loses_the_report_and_goes_on():
    server, device, action = assigned()
    device.cycle()
    server.actions.clear()
    device.cycles(2)
    assert device.record()["reports"] == [] and not device.slot.is_pending
    newer = server.assign(pattern(5000, 4))
    newer.id = "77"
    device.cycles(3)
    assert newer.status == "finished"


def test_e46_rate_limit_waits_more_than_a_second_and_asks_again():
    for where in ("GET " + BASE + " ", "deploymentBase", "artifacts", "feedback"):
        server, device, action = assigned()
        server.fault(where, empty(429), 2)
        for _ in range(6):
            if action.is_active:
                assert device.cycle() != 1
                device.clock.sleep_ms(5000)
        assert action.status == "finished", where


def test_e47_quota_of_entries_drops_progress_and_still_closes():
    server, device, action = assigned(pattern(40000))
    server.max_entries = 2
    device.cycles(3)
    assert action.status == "finished"
    assert [entry[0] for entry in action.entries] == ["proceeding", "proceeding", "closed"]


def test_e47_progress_over_the_quota_is_not_sent_again():
    server, device, action = assigned()
    server.fault("feedback", QUOTA, 1)
    device.cycles(3)
    texts = [request.json()["status"].get("details") for request in server.seen("feedback")]
    assert texts.count(texts[0]) == 1


def test_e48_conflict_is_tried_again():
    for where in ("GET " + BASE + " ", "deploymentBase/1?", "feedback", "configData"):
        server, device, action = assigned()
        server.fault(where, error(409, "repo.concurrentModification"), 3)
        device.cycles(7)
        assert action.status == "finished", where
        assert device.record()["reports"] == []


def test_e49_polls_answered_5xx_go_on_in_the_devices_own_time():
    server = FakeServer()
    device = FakeDevice(server)
    device.cycle()
    server.fault("GET", empty(500), 20)
    waits = [device.cycles(1) for _ in range(20)]
    assert max(waits) <= 1350
    assert device.cycle() == 300


def test_e50_lapsed_window_is_a_cancel_and_is_accepted():
    server, device, action = assigned(update="skip", window="unavailable")
    device.cycle()
    assert device.record()["state"] == "staged"
    action.status = "canceling"
    device.cycles(2)
    assert action.status == "canceled"
    assert device.record()["state"] == "idle" and "activate" not in device.slot.calls


def test_e50_window_that_lapses_between_poll_and_deployment_is_polled_again():
    server, device, action = assigned(update="skip", window="unavailable")

    def lapse(request):
        action.status = "canceling"
        return server.right_answer(request)

    server.fault("deploymentBase/1?", lapse, 1)
    device.cycle()
    assert action.status == "canceled" and device.errors() == []


def test_e51_closed_window_downloads_and_waits_for_the_next_offer():
    server, device, action = assigned(update="skip", window="unavailable")
    for _ in range(3):
        assert device.cycle() == 300
    asked = len(server.seen("artifacts"))
    assert len(server.seen("GET " + BASE + "/deploymentBase")) == 4  # twice when it was staged
    action.deployment.update({"update": "forced", "maintenanceWindow": "available"})
    device.cycles(2)
    assert action.status == "finished" and len(server.seen("artifacts")) == asked


def test_e51_window_that_closes_again_still_waits():
    server, device, action = assigned(update="skip", window="unavailable")
    device.cycle()
    device.reset()
    device.cycle()
    assert action.is_active and "activate" not in device.slot.calls


def test_e51_skipped_download_waits():
    server, device, action = assigned(download="skip", update="skip", window="unavailable")
    device.cycles(2)
    assert server.seen("artifacts") == [] and action.is_active
    action.deployment.update({"download": "forced", "update": "forced"})
    device.cycles(2)
    assert action.status == "finished"


def test_e52_attempt_that_becomes_forced_is_installed():
    server = FakeServer()
    action = server.assign(download="attempt", update="attempt")
    device = FakeDevice(server, accept=lambda deployment: LATER)
    device.cycles(3)
    assert server.seen("artifacts") == []
    action.deployment.update({"download": "forced", "update": "forced"})
    device.cycles(2)
    assert action.status == "finished"


def test_e53_denied_is_said_once():
    server, device, action = waiting(lambda deployment: REFUSE)
    device.cycles(4)
    device.reset()
    device.cycles(2)
    assert [word for word, _ in action.confirmations] == ["denied"]
    assert action.is_active and action.entries == []


def test_e53_confirmed_is_installed_in_the_same_cycle():
    answers = []
    server, device, action = waiting(lambda deployment: answers.append(deployment) or NOW)
    assert device.cycle() == 0 and device.slot.is_pending
    device.cycle()
    assert action.status == "finished"
    assert [word for word, _ in action.confirmations] == ["confirmed"]


def test_e53_later_is_asked_again_at_the_next_poll():
    answers = [LATER, LATER, NOW, NOW, NOW]
    server, device, action = waiting(lambda deployment: answers.pop(0))
    device.cycles(2)
    assert action.confirmations == []
    device.cycles(2)
    assert action.status == "finished"


def test_e53_what_could_never_be_installed_is_denied_with_the_reason():
    server, device, action = waiting(lambda deployment: NOW)
    action.deployment["chunks"] = []
    device.cycles(2)
    assert action.confirmations == [("denied", ["the distribution set has no artifacts"])]


def test_e53_without_a_hook_the_operator_confirms():
    server, device, action = waiting(None)
    device.cycles(2)
    assert action.confirmations == [] and action.is_active
    action.status = "running"
    device.cycles(2)
    assert action.status == "finished"


def test_e54_confirmation_that_vanishes_is_polled_again():
    server, device, action = waiting(lambda deployment: NOW)

    def confirmed_elsewhere(request):
        action.status = "running"
        return server.right_answer(request)

    server.fault("confirmationBase", confirmed_elsewhere, 1)
    device.cycles(3)
    assert action.status == "finished"


def test_e54_confirmation_that_is_revoked_stops_the_update():
    server, device, action = waiting(lambda deployment: NOW)
    action.status = "running"
    action.deployment["update"] = "skip"
    action.deployment["maintenanceWindow"] = "unavailable"
    device.cycle()
    assert device.record()["state"] == "staged"
    action.status = "wait_for_confirmation"
    device.updater.accept = lambda deployment: LATER
    device.cycles(2)
    assert device.record()["state"] == "idle" and "activate" not in device.slot.calls


def test_e55_auto_confirm_already_active_is_a_success():
    session = FakeSession([error(409, "repo.autoConfAlreadyActive"), empty(200), empty(404)])
    client = Client(session, URL, "DEFAULT", "dev1")
    auto_confirm(client, True, "user", "why")
    auto_confirm(client, False)
    assert raises(HTTPError, auto_confirm, client, True).status == 404
    first, second = session.requests[:2]
    assert first.path == BASE + "/confirmationBase/activateAutoConfirm"
    assert first.json() == {"initiator": "user", "remark": "why"}
    assert second.path == BASE + "/confirmationBase/deactivateAutoConfirm"
    # Without a body or a type: 415.
    assert second.json() == {} and second.headers["content-type"] == "application/json"


def test_e56_installed_set_is_told_only_when_no_action_is_open():
    server, device, action = waiting(lambda deployment: LATER)
    device.updater.installed = ("linux", "1.0")
    device.cycles(2)
    assert server.seen("installedBase") == []
    action.end("canceled")
    device.cycles(2)
    assert len(server.seen("PUT " + BASE + "/installedBase")) == 1


def test_e57_same_content_with_a_new_id_is_installed():
    server, device, action = assigned()
    device.cycle()
    device.reset()  # the new image never confirms
    device.cycles(2)
    assert action.status == "error"
    again = server.assign()
    device.cycles(3)
    assert again.status == "finished"


def test_e58_same_id_with_other_content_is_another_action():
    server, device, action = assigned()
    device.cycles(3)
    assert action.status == "finished"
    reborn = FakeServer()  # a new database: ids start again
    device.server = server = reborn
    again = server.assign(pattern(7000, 8))
    device.boot()
    device.cycles(3)
    assert again.id == action.id and again.status == "finished"
    assert device.slot.data == pattern(7000, 8)


def test_e58_same_id_and_content_is_closed_again_without_an_install():
    server, device, action = assigned()
    device.cycles(3)
    device.server = server = FakeServer()
    again = server.assign()
    device.boot()
    device.cycles(2)
    assert again.status == "finished" and server.seen("artifacts") == []


def test_e59_content_type_of_answers_is_not_looked_at():
    for kind in ("application/hal+json;charset=UTF-8", "application/json", "text/plain", ""):
        body = b'{"config":{"polling":{"sleep":"00:00:11"}}}'
        server = FakeServer()
        server.fault("GET", (200, {"Content-Type": kind}, body))
        assert FakeDevice(server).cycle() == 11, kind


def test_e60_every_body_is_sent_as_application_json():
    server, device, action = assigned()
    device.cycles(3)
    sent = [request for request in server.session.requests if request.body]
    assert len(sent) >= 4
    assert all(request.headers["content-type"] == "application/json" for request in sent)


def test_e61_empty_bodies_are_taken_as_they_are():
    for status in (200, 401, 404, 410, 412, 416, 429, 500):
        server, device, action = assigned()
        server.fault("GET", empty(status), 1)
        assert device.cycle() < 10
        device.cycles(3)
        assert action.status == "finished", status


def test_e62_redirect_is_followed_for_artifacts_only():
    server, device, action = assigned(chunks=[])
    elsewhere = (302, {"Location": "https://evil/"}, b"")
    server.fault("feedback", elsewhere, 1)
    device.cycle()
    assert len(device.record()["reports"]) == 1  # kept
    device.cycle()
    assert action.status == "error"
    server.fault("GET", elsewhere, 1)
    assert device.cycle() < 10
    assert all(request.url.startswith(URL) for request in server.session.requests)


def test_e63_deployment_over_the_bound_is_reported():
    server = FakeServer()
    metadata = [{"key": "k", "value": "x" * 4000}] * 3
    action = server.assign(chunks=[chunk([server.add(pattern(100))], metadata=metadata)])
    FakeDevice(server).cycles(2)
    assert closed(action)[0][2] == ["an answer larger than 8192 bytes: json_limit"]


def test_e64_rolled_back_image_was_never_reported_as_installed():
    server, device, action = assigned()
    device.cycle()
    device.reset()
    device.cycles(2)
    assert [entry[1] for entry in closed(action)] == ["failure"]
    assert server.installed is None


def test_e65_unknown_words_are_taken_as_attempt_and_unknown_rels_ignored():
    for answer, status in ((NOW, "finished"), (LATER, "retrieved")):
        server = FakeServer()
        action = server.assign(download="eventually", update="soonish", window="ajar")
        device = FakeDevice(server, accept=lambda deployment, answer=answer: answer)
        device.cycles(3)
        assert action.status == status
    answer = {
        "config": {"polling": {"sleep": "1"}},
        "_links": {"newBase": {"href": URL}, "odd": 5},
    }
    assert ddi.poll(answer) == ddi.Poll("1", None, None, None, False)


def test_e66_encrypted_chunk_is_refused():
    server = FakeServer()
    action = server.assign(chunks=[chunk([server.add(pattern(100))], encrypted=True)])
    FakeDevice(server).cycles(2)
    assert closed(action)[0][2] == ["chunk os is encrypted"]
    assert server.seen("artifacts") == []


def test_e67_action_history_is_not_asked_for():
    server, device, action = assigned()
    device.cycles(3)
    assert server.seen("actionHistory") == []


def test_e68_second_device_with_the_same_id_closes_with_410():
    server = FakeServer()
    action = server.assign()
    one, two = FakeDevice(server), FakeDevice(server)
    one.cycle()
    two.cycle()
    one.cycle()
    two.cycles(2)
    assert action.status == "finished" and len(closed(action)) == 1
    assert two.record()["reports"] == [] and two.errors() == []


def test_token_is_on_every_request_to_the_server():
    server, device, action = assigned()
    device.cycles(3)
    for request in server.session.requests:
        assert request.headers["authorization"] == "TargetToken " + TOKEN


def test_link_of_the_fake_server_names_its_own_host():
    assert artifact(b"x")["_links"]["download-http"]["href"].startswith(URL + BASE)
