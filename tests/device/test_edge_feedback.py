"""Edge cases E1 to E16: feedback and cancel. tests/README.md has the table of all rows."""

from fake_ddi import BASE, CLOSED, QUOTA, FakeDevice, FakeServer, artifact, chunk, empty, pattern
from hawkbit.errors import UpdateError


def assigned(data=None, **kwargs):
    server = FakeServer()
    action = server.assign(data, **kwargs)
    return server, FakeDevice(server), action


def closed(action):
    return [entry for entry in action.entries if entry[0] == "closed"]


def test_e1_deployment_is_never_asked_for_after_the_end():
    server, device, action = assigned()
    device.cycles(2)
    asked = len(server.seen("GET " + BASE + "/deploymentBase"))
    device.cycles(3)
    device.reset()
    device.cycles(2)
    assert len(server.seen("GET " + BASE + "/deploymentBase")) == asked
    assert action.status == "finished"  # a GET would have made it "retrieved"


def test_e1_deployment_whose_report_is_stuck_is_not_asked_for():
    server, device, action = assigned(chunks=[])
    server.fault("feedback", empty(503))
    device.cycle()
    asked = len(server.seen("GET " + BASE + "/deploymentBase"))
    device.cycles(4)
    assert len(server.seen("GET " + BASE + "/deploymentBase")) == asked


def test_e2_no_report_has_a_timestamp():
    server, device, action = assigned()
    device.cycles(3)
    posts = server.seen("POST")
    assert len(posts) >= 3
    for post in posts:
        assert sorted(post.json()) == ["id", "status"]


def test_e3_markup_in_a_traceback_does_not_lose_the_report():
    server, device, action = assigned()
    why = 'File "<stdin>", line 1, in <module> </b> <!x> <?y>'
    device.slot.errors["begin"] = UpdateError(why)
    device.cycles(2)
    assert action.status == "error"
    assert closed(action)[0][2][0].startswith('File "(stdin)", line 1, in (module)')


def test_e3_report_refused_for_its_words_goes_without_them():
    server, device, action = assigned(chunks=[])

    def picky(request):
        has_words = "details" in request.json()["status"]
        return empty(400) if has_words else server.right_answer(request)

    server.fault("feedback", picky)
    device.cycles(2)
    assert closed(action) == [("closed", "failure", [])]


def test_e4_report_has_at_most_20_lines_of_512_characters():
    server, device, action = assigned()
    device.slot.errors["begin"] = UpdateError("x" * 3000)
    device.cycles(2)
    details = closed(action)[0][2]
    assert len(details) <= 20 and all(len(line) <= 512 for line in details)


def test_e4_report_over_a_quota_goes_without_details():
    server, device, action = assigned(chunks=[])

    def quota(request):
        has_words = "details" in request.json()["status"]
        return QUOTA if has_words else server.right_answer(request)

    server.fault("feedback", quota)
    device.cycles(2)
    assert closed(action) == [("closed", "failure", [])]


def test_e5_installed_base_is_never_downloaded_from():
    server, device, action = assigned()
    device.cycles(4)
    assert server.installed == action.id
    assert server.seen("installedBase") == []


def test_e6_report_whose_answer_was_lost_is_sent_again_and_410_ends_it():
    server, device, action = assigned(chunks=[])

    def lost(request):
        server.right_answer(request)
        return CLOSED

    server.fault("feedback", lost, 1)
    device.cycle()
    assert action.status == "error"
    device.cycle()
    assert len(server.seen("feedback")) == 2 and len(closed(action)) == 1
    assert device.record()["reports"] == []


def test_e7_report_answered_404_while_waiting_for_confirmation_is_dropped_and_polled():
    server, device, action = assigned(chunks=[])
    server.fault("feedback", lambda request: wait(server, action, request), 1)
    device.cycle()
    assert device.record()["reports"] == []
    assert device.errors() == []


def wait(server, action, request):
    action.status = "wait_for_confirmation"
    return server.right_answer(request)


def test_e8_download_only_ends_with_downloaded_and_nothing_more():
    server, device, action = assigned(update="skip")
    device.cycles(4)
    assert action.status == "downloaded"
    assert action.entries[-1][0] == "downloaded" and closed(action) == []
    assert device.resets == 0 and "activate" not in device.slot.calls
    last = server.seen("POST")[-1]
    assert last.json()["status"]["execution"] == "downloaded"


def test_e9_failure_is_closed_and_never_rejected_or_canceled():
    server, device, action = assigned(chunks=[])
    device.cycles(3)
    words = [
        post.json()["status"]["execution"] for post in server.seen("deploymentBase/1/feedback")
    ]
    assert words == ["closed"]
    assert not action.is_active


def test_e10_every_end_says_success_or_failure():
    for data, finished in ((None, "success"), (b"x" * 100, "failure")):
        server, device, action = assigned(data)
        if finished == "failure":
            device.slot.errors["begin"] = UpdateError("no")
        device.cycles(3)
        assert closed(action)[0][1] == finished


def test_e11_cancel_is_accepted_with_closed_success():
    server, device, action = assigned()
    action.status = "canceling"
    device.cycles(2)
    assert action.cancel_entries == [("closed", "success", [])]
    assert action.status == "canceled" and not action.is_active


def test_e12_cancel_feedback_answered_405_is_dropped_and_polled_again():
    server, device, action = assigned()
    action.status = "canceling"

    def not_any_more(request):
        action.status = "running"
        return server.right_answer(request)

    server.fault("cancelAction/1/feedback", not_any_more, 1)
    assert device.cycle() < 10
    device.cycles(3)
    assert action.status == "finished"


def test_e13_cancel_during_download_shows_as_404_and_is_found_by_a_poll():
    server, device, action = assigned(pattern(30000))

    def canceled(request):
        action.status = "canceling"
        return server.right_answer(request)

    server.fault("bytes=8192-", canceled, 1)
    assert device.cycle() < 10
    assert action.status == "canceling"
    device.cycle()
    assert action.status == "canceled"
    assert action.cancel_entries == [("closed", "success", [])] and closed(action) == []


def test_e14_new_assignment_over_a_running_one_is_taken_in_the_same_cycle():
    server, device, action = assigned(pattern(30000))
    assert device.cut(6)
    newer = server.assign(pattern(9000, 3))
    assert device.cycle() == 0 and device.slot.is_pending
    assert action.status == "canceled"
    device.cycle()
    assert newer.status == "finished" and closed(action) == []


def test_e15_action_that_vanishes_is_forgotten_and_never_reported():
    server, device, action = assigned(pattern(30000))
    assert device.cut(6)
    action.end("canceled")
    device.cycles(2)
    assert device.record()["state"] == "idle" and closed(action) == []
    # It vanished between the poll and what came after.
    server, device, action = assigned()
    server.fault("GET " + BASE + "/deploymentBase", lambda request: vanish(action), 1)
    device.cycle()
    assert device.errors() == []
    # While the new image was on trial: its report is answered 410.
    server, device, action = assigned()
    device.cycle()
    action.end("canceled")
    device.cycles(2)
    assert action.status == "canceled" and device.record()["reports"] == []
    assert not device.slot.is_pending


def vanish(action):
    action.end("canceled")
    return empty(410)


def test_e16_cancel_that_comes_too_late_is_rejected_and_loses_against_the_success():
    server, device, action = assigned()
    device.cycle()
    action.status = "canceling"
    device.cycles(2)
    assert [entry[:2] for entry in action.cancel_entries] == [("rejected", "none")]
    assert action.status == "finished"
    assert [entry[1] for entry in closed(action)] == ["success"]


def test_e16_rejection_that_is_not_taken_does_not_keep_the_image_on_trial():
    server, device, action = assigned()
    device.cycle()
    action.status = "canceling"
    server.fault("cancelAction/1/feedback", empty(503), 1)
    device.cycle()
    assert not device.slot.is_pending
    device.cycle()
    assert action.status == "finished"


def test_e16_cancel_while_the_report_is_stuck_is_not_accepted():
    server, device, action = assigned()
    device.cycle()
    server.fault("deploymentBase/1/feedback", empty(503), 2)
    device.cycle()
    assert device.record()["reports"]
    action.status = "canceling"
    device.cycle()
    assert action.cancel_entries == []
    device.cycle()
    assert action.status == "finished"


def test_artifacts_of_the_fake_are_as_hawkbit_sends_them():
    # The tests above stand on it.
    found = chunk([artifact(b"x")])["artifacts"][0]
    assert sorted(found["_links"]) == ["download-http", "md5sum-http"]
