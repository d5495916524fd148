"""Edge cases E28 to E43: artifacts and their links. tests/README.md has the table of all rows."""

from fake_ddi import BASE, URL, FakeDevice, FakeServer, chunk, empty, error, pattern, sha256
from fakes import FakeSink, artifact_answer
from hawkbit.client import Client

DATA = pattern(20000)


def offered(links=None, data=DATA, **changes):
    """Return (server, action) with one artifact, its links replaced."""
    server = FakeServer()
    one = server.add(data, **changes)
    if links is not None:
        one["_links"] = links
    return server, server.assign(chunks=[chunk([one])])


def closed(action):
    return [entry for entry in action.entries if entry[0] == "closed"]


def path_of(name):
    return "%s%s/softwaremodules/1/artifacts/%s" % (URL, BASE, name)


def test_e28_download_link_of_any_rel_is_taken():
    for rel in ("download-http", "download", "https", "cdn-eu"):
        server, action = offered({rel: {"href": path_of("fw.bin")}})
        FakeDevice(server).cycles(3)
        assert action.status == "finished", rel


def test_e28_download_is_preferred_and_md5sum_never_taken():
    wrong = {"href": path_of("wrong")}
    right = {"href": path_of("fw.bin")}
    for links in (
        {"download-http": right, "download": wrong, "a": wrong},
        {"download": right, "a": wrong, "md5sum-http": wrong},
        {"z": right, "md5sum": wrong, "md5sum-a": wrong},
    ):
        server, action = offered(links)
        FakeDevice(server).cycles(3)
        assert action.status == "finished", links


def test_e28_no_usable_link_ends_the_action():
    for links in ({}, {"md5sum-http": {"href": path_of("x")}}, {"download": {}}, None):
        server, action = offered({} if links is None else links)
        if links is None:
            del action.deployment["chunks"][0]["artifacts"][0]["_links"]
        FakeDevice(server).cycles(2)
        assert "no usable link" in closed(action)[0][2][0], links


def test_e29_link_to_another_host_is_followed_without_the_token():
    server, action = offered({"download": {"href": "http://cdn:9000/fw.bin"}})
    server.fault("/fw.bin", lambda request: artifact_answer(request, DATA))
    FakeDevice(server).cycles(3)
    assert action.status == "finished"
    for request in server.seen("/fw.bin"):
        assert request.url == "http://cdn:9000/fw.bin"
        assert "authorization" not in request.headers


def test_e29_link_can_be_brought_home():
    server, action = offered({"download": {"href": path_of("fw.bin").replace("server", "inside")}})
    client = Client(
        server.session, URL, "DEFAULT", "dev1", target_token="secret", rewrite_links=True
    )
    FakeDevice(server, client=client).cycles(3)
    assert action.status == "finished"
    assert all(r.url.startswith(URL) for r in server.session.requests)


def test_e29_link_from_https_to_http_is_reported():
    server, action = offered({"download-http": {"href": "http://cdn/fw.bin"}})
    client = Client(
        server.session, "https://server:8080", "DEFAULT", "dev1", target_token="secret"
    )
    FakeDevice(server, client=client).cycles(2)
    assert "https to http" in closed(action)[0][2][0]
    assert server.seen("artifacts") == []


def test_e30_space_in_a_file_name_is_asked_for_as_percent_20():
    server = FakeServer()
    one = server.add(DATA, "my+fw%2B1.bin")
    one["filename"] = "my fw+1.bin"
    server.files.clear()  # by its link it is 404
    server.fault("my%20fw%2B1.bin", lambda request: artifact_answer(request, DATA))
    action = server.assign(chunks=[chunk([one])])
    FakeDevice(server).cycles(3)
    assert action.status == "finished", action.entries


def test_e30_plus_in_a_file_name_without_a_space_stays():
    server = FakeServer()
    one = server.add(DATA, "fw+1.bin")
    action = server.assign(chunks=[chunk([one])])
    FakeDevice(server).cycles(3)
    assert action.status == "finished"


def test_e31_file_name_that_the_firewall_refuses_is_reported():
    for name in ("a%25b.bin", "a%3Bb.bin"):
        server, action = offered(filename=name)
        server.fault("artifacts", (400, {"Connection": "close"}, b"<html>"))
        FakeDevice(server).cycles(2)
        assert closed(action)[0][2] == ["the server refuses the file name " + name]


def test_e32_chunks_and_artifacts_in_any_order_are_the_same_update():
    for turn in range(4):
        server = FakeServer()
        app = [server.add(pattern(5000, i), "fw.bin", i) for i in (2, 3)]
        app[1]["filename"] = "FW.bin"
        chunks = [chunk(app, "bApp", name="app"), chunk([server.add(DATA)])]
        if turn & 1:
            chunks.reverse()
        action = server.assign(chunks=chunks)
        device = FakeDevice(server)
        sink = FakeSink(is_slot=False, needs_reset=False)
        sink.runs = True
        device.sinks["bApp"] = sink
        device.boot()
        assert device.cut(8)
        if turn & 2:
            app.reverse()  # another order after the reset
        device.cycles(4)
        assert action.status == "finished", (turn, device.errors())
        assert device.slot.data == DATA
        assert sink.artifacts[-1].filename == "fw.bin"


def test_e33_controller_id_is_percent_encoded():
    server = FakeServer()
    client = Client(server.session, URL, "DEFAULT", "a b/\u00e4", target_token="secret")
    server.fault("GET", empty(400))
    FakeDevice(server, client=client).cycle()
    assert server.session.requests[0].path == "/DEFAULT/controller/v1/a%20b%2F%C3%A4"


def test_e34_parts_are_taken_by_the_names_on_the_wire():
    for part in ("bApp", "jvm", "os"):
        server = FakeServer()
        action = server.assign(chunks=[chunk([server.add(DATA)], part)])
        device = FakeDevice(server)
        device.sinks[part] = device.sinks.pop("os")
        device.boot()
        device.cycles(3)
        assert action.status == "finished", part


def test_e35_only_weak_hashes_are_refused_unless_allowed():
    server, action = offered(hashes={"sha1": "a" * 40, "md5": "b" * 32})
    FakeDevice(server).cycles(2)
    assert "no usable sha256" in closed(action)[0][2][0]


def test_e35_strongest_hash_decides():
    server, action = offered(hashes={"sha1": "0" * 40, "sha256": sha256(DATA)})
    client = Client(server.session, URL, "DEFAULT", "dev1", weak_hashes=True)
    FakeDevice(server, client=client).cycles(3)
    assert action.status == "finished"


def test_e35_chunk_without_artifacts_is_reported():
    server = FakeServer()
    action = server.assign(chunks=[chunk([])])
    FakeDevice(server).cycles(2)
    assert "no artifacts" in closed(action)[0][2][0]


def test_e36_complete_file_is_not_asked_for_again():
    server, action = offered()
    device = FakeDevice(server)
    device.updater.checkpoint_bytes = 4096
    steps = device.updater.cycle()
    while len(device.slot.data) < len(DATA):
        next(steps)
    asked = len(server.seen("artifacts"))
    device.reset()
    device.cycles(3)
    assert action.status == "finished"
    again = server.seen("artifacts")[asked:]
    assert all(request.range()[0] < len(DATA) for request in again)


def test_e36_range_refused_starts_again_and_ends_well():
    server, action = offered()
    server.fault("bytes=8192-", (416, {"Content-Range": "bytes */20000"}, b""), 1)
    FakeDevice(server).cycles(4)
    assert action.status == "finished"


def test_e37_range_answered_200_is_read_from_the_start():
    server, action = offered()
    server.fault("bytes=8192-", (200, {}, DATA), 1)
    device = FakeDevice(server)
    device.cycles(3)
    assert action.status == "finished" and device.slot.data == DATA


def test_e37_range_answered_from_elsewhere_is_not_stored():
    server, action = offered()
    server.fault("bytes=8192-", (206, {"Content-Range": "bytes 0-4095/20000"}, DATA[:4096]), 2)
    device = FakeDevice(server)
    device.cycles(5)
    assert action.status == "finished" and device.slot.data == DATA


def test_e38_if_match_is_never_sent():
    server, action = offered()
    FakeDevice(server).cycles(3)
    for request in server.session.requests:
        assert "if-match" not in request.headers


def test_e39_if_range_is_the_etag_as_received():
    for etag in ('"0123abcd"', "0123abcd"):
        server, action = offered()
        server.fault("artifacts", lambda request, etag=etag: artifact_answer(request, DATA, etag))
        FakeDevice(server).cycles(3)
        assert action.status == "finished"
        later = server.seen("artifacts")[1:]
        assert later and all(request.headers["if-range"] == etag for request in later)


def test_e40_range_is_one_without_spaces():
    server, action = offered()
    FakeDevice(server).cycles(3)
    for request in server.seen("artifacts"):
        text = request.headers["range"]
        assert text.startswith("bytes=") and " " not in text and "," not in text
        first, end = request.range()
        assert 0 <= first < end <= len(DATA)


def test_e41_every_download_is_a_range():
    server, action = offered()
    server.fault("bytes=4096-", OSError(104), 3)
    device = FakeDevice(server)
    device.cycles(6)
    assert action.status == "finished"
    assert all("range" in request.headers for request in server.seen("artifacts"))


def test_e42_md5sum_is_never_asked_for():
    server, action = offered()
    FakeDevice(server).cycles(3)
    assert server.seen("MD5SUM") == []


def test_e43_file_lost_on_the_server_is_reported_after_some_tries():
    server, action = offered()
    server.fault("artifacts", error(500, "artifact.loadFailed"))
    FakeDevice(server).cycles(8)
    assert "artifact.loadFailed" in closed(action)[0][2][0]
    assert 2 <= len(server.seen("artifacts")) <= 5


def test_e43_short_body_is_fetched_on():
    class Short:
        def readinto(self, buf):
            return 0

    server, action = offered()
    heads = {"Content-Range": "bytes 4096-8191/20000", "Content-Length": "4096"}
    server.fault("bytes=4096-", lambda request: (206, heads, Short()), 3)
    FakeDevice(server).cycles(6)
    assert action.status == "finished"
