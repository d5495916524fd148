"""Edge cases E17 to E27: poll, attributes, ids. tests/README.md has the table of all rows."""

from fake_ddi import BASE, URL, FakeDevice, FakeServer, empty, error, pattern
from fakes import FakeSession
from hawkbit.client import Client


def assigned(data=None, **kwargs):
    server = FakeServer()
    action = server.assign(data, **kwargs)
    return server, FakeDevice(server), action


def test_e17_changed_c_is_the_same_deployment():
    server, device, action = assigned(pattern(30000))
    assert device.cut(9)

    def other_c(request):
        status, heads, body = server.right_answer(request)
        return status, {}, body.replace(b"?c=-1", b"?c=%d" % len(server.session.requests))

    server.fault("GET " + BASE + " ", other_c)
    device.cycles(3)
    assert action.status == "finished"
    # Nothing was fetched twice but what a checkpoint had not seen.
    starts = [request.range()[0] for request in server.seen("artifacts")]
    assert starts.count(0) == 1


def test_e18_sleep_that_differs_at_every_poll_is_followed():
    server = FakeServer()
    device = FakeDevice(server)
    for seconds in (31, 47, 12):
        server.sleep = "00:00:%d" % seconds
        assert device.cycle() == seconds


def test_e19_not_modified_keeps_sleep_and_links():
    server, device, action = assigned(update="skip", window="unavailable")
    server.sleep = "00:00:42"
    assert device.cycle() == 42
    action.deployment["update"] = "forced"  # c stays, so that the poll stays
    assert device.cycle() == 0 and device.resets == 1
    polls = [r for r in server.session.requests if r.path == BASE]
    assert "if-none-match" in polls[-1].headers


def test_e20_sleep_of_a_day_and_more_is_read_and_a_bad_one_is_not():
    server = FakeServer()
    device = FakeDevice(server)
    for sleep, wait_s in (("PT36H30M", 131400), ("PT26H13M7.456S", 94387), ("PT24H", 86400)):
        server.sleep = sleep
        assert device.cycle() == wait_s
    for bad in ("", "0", "aa:bb:cc", None, "P1Y"):
        server.sleep = bad
        assert device.cycle() == 86400


def test_e21_poll_without_links_is_idle():
    for links in (b"", b',"_links":{}', b',"_links":null'):
        body = b'{"config":{"polling":{"sleep":"00:00:10"}}%s}' % links
        server = FakeServer()
        server.fault("GET", (200, {}, body))
        device = FakeDevice(server)
        assert device.cycle() == 10 and device.errors() == []


def test_e22_attribute_that_hawkbit_would_refuse_is_cut_and_cleaned():
    server = FakeServer()
    device = FakeDevice(server)
    device.updater.attributes = {"temp~": "20 \u00b0C " + "x" * 200, "ok": "1"}
    device.cycle()
    assert server.attributes["ok"] == "1"
    assert server.attributes["temp_"] == "20 _C " + "x" * 122


def test_e23_more_than_100_attributes_are_cut():
    server = FakeServer()
    device = FakeDevice(server)
    device.updater.attributes = {"k%d" % i: i for i in range(120)}
    device.cycle()
    assert len(server.attributes) == 100


def test_e23_quota_of_attributes_stops_nothing_else():
    server, device, action = assigned()
    server.fault("configData", error(429, "quota.tooManyEntries"))
    device.cycles(3)
    assert action.status == "finished"


def test_e24_attributes_are_never_empty_by_default():
    server = FakeServer()
    server.wants_config = True
    device = FakeDevice(server)
    device.cycle()
    assert server.seen("configData")[0].json()["data"]
    assert not server.wants_config


def test_e24_no_attributes_at_all_is_one_refusal_and_nothing_worse():
    server = FakeServer()
    server.wants_config = True
    server.fault("configData", empty(400))
    device = FakeDevice(server)
    device.updater.attributes = {}
    assert device.cycle() == 300
    assert device.cycle() == 300
    assert len(server.seen("configData")) <= 1


def test_e25_failed_attributes_come_again_after_the_update():
    server, device, action = assigned()
    server.wants_config = True
    server.fault("configData", empty(503), 3)
    device.cycles(2)
    assert action.status == "finished"
    device.cycles(4)
    assert not server.wants_config


def test_e26_poll_comes_before_the_attributes():
    server = FakeServer()
    FakeDevice(server).cycle()
    assert [r.method for r in server.session.requests] == ["GET", "PUT"]


def test_e26_attributes_of_a_target_unknown_to_the_server_do_not_stop_the_polls():
    server = FakeServer()
    server.fault("configData", error(404, "repo.entityNotFound"))
    device = FakeDevice(server)
    assert device.cycle() == 300


def test_e27_ids_of_64_bits_and_odd_ones_stay_text():
    for action_id in ("9223372036854775807", "-1"):
        server, device, action = assigned()
        action.id = action_id
        device.cycles(3)
        assert action.status == "finished", action_id
        paths = [r.path for r in server.seen("POST")]
        assert paths[-1] == BASE + "/deploymentBase/%s/feedback" % action_id


def test_e27_cancel_is_answered_where_it_was_asked():
    # The id in the link and stopId are equal today; feedback belongs to the first.
    poll = b'{"config":{"polling":{"sleep":"00:05:00"}},"_links":{"cancelAction":{"href":"%s%s"}}}'
    cancel = BASE + "/cancelAction/12"
    answers = {
        "GET " + BASE: poll % (URL.encode(), cancel.encode()),
        "GET " + BASE + "/cancelAction/12": b'{"id":"12","cancelAction":{"stopId":"11"}}',
    }

    def answer(request):
        line = "%s %s" % (request.method, request.path)
        return (200, {}, answers.get(line, b""))

    session = FakeSession(answer)
    device = FakeDevice(FakeServer(), client=Client(session, URL, "DEFAULT", "dev1"))
    device.cycle()
    posts = [r.path for r in session.requests if r.method == "POST"]
    assert set(posts) == {BASE + "/cancelAction/12/feedback"}
