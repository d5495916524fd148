"""Final reports stay until they are delivered; progress has a budget."""

import json

from fake_ddi import CLOSED, QUOTA, FakeServer, empty, error, pattern
from fake_ddi import FakeDevice as Device
from fakes import FakeSession, MemoryStore
from hawkbit import ddi, deployment
from hawkbit.client import Client
from hawkbit.errors import HTTPError, ProtocolError
from hawkbit.journal import Journal
from hawkbit.report import Reports
from runner import raises

URL = "http://server"


def reports(answers, queue=()):
    """Return (Reports, session, store) with `queue` on flash."""
    session = FakeSession(answers)
    store = MemoryStore()
    client = Client(session, URL, "DEFAULT", "dev1")
    journal = Journal(store, client.url, print)
    journal.write(action="7", reports=[list(report) for report in queue])
    return Reports(client, journal, lambda name, info: None), session, store


REPORT = ["7", deployment.EXEC_CLOSED, deployment.RESULT_FAILURE, ["a", "b"]]
NEXT = ["8", deployment.EXEC_CLOSED, deployment.RESULT_SUCCESS, []]


def on_flash(store):
    return json.loads(store.data)["reports"]


def test_report_taken_is_gone_from_flash():
    for status in (200, 201, 204):
        found, session, store = reports([empty(status), CLOSED], [REPORT, NEXT])
        raises(OSError, found.deliver)
        assert on_flash(store) == [NEXT], status
        assert session.requests[0].path == "/DEFAULT/controller/v1/dev1/deploymentBase/7/feedback"
        assert session.requests[0].json()["status"] == {
            "execution": "closed",
            "result": {"finished": "failure"},
            "details": ["a", "b"],
        }


def test_report_of_an_earlier_action_leaves_the_later_one_where_it_stands():
    for state in ("downloading", "staged", "activating", "testing"):
        for status in (200, 410):
            found, _, store = reports([empty(status)], [REPORT])
            found._journal.write(action="8", state=state)
            found.deliver()
            found.settle(ddi.Poll(None, ddi.Offer("8", "x"), None, None, False))
            assert on_flash(store) == [] and json.loads(store.data)["state"] == state


def test_report_of_an_action_that_is_unknown_goes_once_the_poll_says_so():
    for status in (404, 410):
        found, session, store = reports([empty(status)] * 2, [REPORT, NEXT])
        found.deliver()
        assert on_flash(store) == [REPORT, NEXT] and len(session.requests) == 2
        found.settle(ddi.Poll(None, ddi.Offer("9", "http://server/9"), None, None, False))
        assert on_flash(store) == [], status


def test_only_what_was_answered_last_counts_as_unknown():
    # A portal's 404, and its poll fails: then the server itself answers.
    found, session, store = reports([empty(404)] * 3 + [empty(503)], [REPORT])
    for _ in range(3):
        found.deliver()
        assert len(found._unknown) == 1
    raises(HTTPError, found.deliver)
    found.settle(ddi.Poll(None, None, None, None, False))
    assert on_flash(store) == [REPORT]


def test_report_that_is_refused_while_its_action_is_offered_stays_and_is_an_error():
    for first, second in (("7", "8"), ("8", "7")):
        for status in (404, 410):
            found, session, store = reports([empty(status)] * 3, [REPORT, NEXT])
            offer = ddi.Poll(None, ddi.Offer(first, "x"), None, None, 0)
            for _ in range(2):
                found.deliver()
                e = raises(ProtocolError, found.settle, offer)
                assert first in str(e) and second not in str(e)
                assert [report[0] for report in on_flash(store)] == [first]
            found.settle(offer)  # of no report since
            assert [report[0] for report in on_flash(store)] == [first]


def test_report_that_the_server_answers_with_an_error_holds_up_no_other():
    last = ["9", deployment.EXEC_CLOSED, deployment.RESULT_SUCCESS, []]
    for stuck in (empty(500), empty(401), empty(429), empty(302)):
        for place in range(3):
            answers = [empty(200)] * 4
            answers[place] = stuck
            found, session, store = reports(answers, [REPORT, NEXT, last])
            found._journal.write(state="reporting")
            raises(HTTPError, found.deliver)
            assert on_flash(store) == [[REPORT, NEXT, last][place]], (stuck, place)
            assert found._journal.state == "reporting"
            found.deliver()
            assert found._journal.state == "idle"


def test_report_waits_while_there_is_no_network():
    for fault in (CLOSED, OSError(110, "timed out")):
        found, session, store = reports([fault], [REPORT, NEXT])
        raises(OSError, found.deliver)
        assert on_flash(store) == [REPORT, NEXT] and len(session.requests) == 1


def test_report_not_taken_for_now_stays_on_flash():
    for status in (301, 302, 307, 401, 403, 408, 409, 429, 500, 502, 503):
        found, session, store = reports([empty(status)], [REPORT])
        raises(HTTPError, found.deliver)
        assert on_flash(store) == [REPORT], status
        assert len(session.requests) == 1


def test_report_refused_goes_once_more_without_details():
    for refusal in (empty(400), error(400, "repo.constraintViolation"), QUOTA):
        found, session, store = reports([refusal, empty(200)], [REPORT])
        found.deliver()
        assert on_flash(store) == []
        assert "details" not in session.requests[1].json()["status"]


def test_report_refused_for_ever_is_dropped():
    for status in (400, 405, 406, 413, 415, 422, 423):
        answers = [empty(status)] * (2 if status == 400 else 1) + [CLOSED]
        found, session, store = reports(answers, [REPORT, NEXT])
        raises(OSError, found.deliver)
        assert on_flash(store) == [NEXT], status
        assert len(session.requests) == len(answers)


def test_report_without_details_refused_is_dropped_at_once():
    found, session, store = reports([QUOTA], [NEXT])
    found.deliver()
    assert on_flash(store) == []


def test_report_cut_between_the_two_attempts_stays_without_details():
    found, session, store = reports([empty(400), CLOSED], [REPORT])
    raises(OSError, found.deliver)
    assert on_flash(store) == [["7", "closed", "failure", []]]


def test_event_has_the_report_that_is_new():
    found, _, _ = reports([], [NEXT])
    events = []
    found._event = lambda name, info: events.append((name, info))
    found.end(deployment.RESULT_FAILURE, ["a", "b"])
    assert events == [("report", REPORT)]


def test_second_report_of_an_action_replaces_the_first():
    found, _, store = reports([], [REPORT])
    found.end(deployment.RESULT_SUCCESS, ["c"])
    assert on_flash(store) == [["7", "closed", "success", ["c"]]]


def test_counters_are_kept_of_what_was_installed_beside_those_of_other_parts():
    for finished, execution, kept in (
        (deployment.RESULT_SUCCESS, deployment.EXEC_CLOSED, {"os": 8, "bApp": 3}),
        (deployment.RESULT_SUCCESS, deployment.EXEC_DOWNLOADED, {"os": 7, "bApp": 3}),
        (deployment.RESULT_FAILURE, deployment.EXEC_CLOSED, {"os": 7, "bApp": 3}),
    ):
        found, _, store = reports([])
        found._journal.write(signed={"os": 8}, counters={"os": 7, "bApp": 3})
        found.end(finished, [], execution)
        record = json.loads(store.data)
        assert record["counters"] == kept and "signed" not in record, (finished, execution)


def test_details_are_cleaned_when_they_are_sent():
    found, session, _ = reports([empty(200)], [["7", "closed", "failure", ["<b>" + "x" * 600]]])
    found.deliver()
    assert session.requests[0].json()["status"]["details"] == ["(b)" + "x" * 509]


# A character, and how many of the reports full of it there is room for at least.
FULL_OF = (("x", 4), ("\x01", 1), ("é", 1), ("漢", 1), ("😀", 1))


def test_more_reports_than_flash_has_room_for_drop_the_oldest():
    for character, at_least in FULL_OF:
        details = [character * 256, character * 256]
        older = [[str(i), "closed", "failure", details] for i in range(6)]
        found, _, store = reports([], older)
        found.end(deployment.RESULT_FAILURE, details)
        kept = [report[0] for report in on_flash(store)]
        assert kept == ["0", "1", "2", "3", "4", "5", "7"][-len(kept) :], character
        assert at_least <= len(kept) < 7, (character, len(kept))


def test_progress_is_written_down_before_it_is_sent():
    found, session, store = reports([empty(200)])
    found.progress("half", state="downloading")
    record = json.loads(store.data)
    assert record["posts"] == 1 and record["state"] == "downloading"
    assert session.requests[0].json()["status"]["details"] == ["half"]


def test_progress_that_fails_is_dropped():
    for fault in (CLOSED, empty(500), empty(429), QUOTA, empty(302), (200, {}, b"junk")):
        found, session, store = reports([fault])
        found.progress("half")
        assert len(session.requests) == 1
        assert json.loads(store.data)["posts"] == 1


def test_progress_ends_with_the_budget_and_changes_are_still_written():
    found, session, store = reports([empty(200)] * 18)
    for i in range(25):
        found.progress("step %d" % i, at=i)
    assert len(session.requests) == 18
    record = json.loads(store.data)
    assert (record["at"], record["posts"]) == (24, 18)


def test_action_with_many_restarts_posts_at_most_20_entries():
    server = FakeServer()
    action = server.assign(pattern(30000))
    device = Device(server)
    for _ in range(25):
        assert device.cut(6)
    device.cycles(5)
    assert action.status == "finished", device.errors()
    assert len(action.entries) <= 20, len(action.entries)
