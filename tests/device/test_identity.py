"""What an action is known by: its id, and every file of it. What is no longer offered ends."""

from fake_ddi import FakeDevice, FakeServer, chunk, pattern
from fakes import FakeSink, artifact_answer

MAX_RECORD = 4000  # one page of NVS


def stored(server, files, **kwargs):
    """Return a device that has stored `files`, {name: bytes}, for a download-only action."""
    artifacts = [server.add(files[name], name) for name in sorted(files)]
    action = server.assign(chunks=[chunk(artifacts, part="app")], update="skip")
    sinks = {part: FakeSink(is_slot=False, needs_reset=False) for part in ("app", "web")}
    device = FakeDevice(server, sinks=sinks)
    device.client.json_limit = 128 * 1024
    device.cycles(2)
    assert action.status == "downloaded"
    return device


def test_stored_files_are_used_only_by_an_action_with_all_of_them():
    first, second, other = pattern(5000, 1), pattern(5000, 2), pattern(5000, 3)
    table = (
        ({"a": first, "b": second}, 0),
        ({"a": first, "b": other}, 2),  # all of it is fetched
        ({"a": other, "b": second}, 2),
        ({"a": first, "c": second}, 2),  # a file of another name is another file
        ({"a": first}, 1),
        ({"a": first, "b": second, "c": other}, 3),
    )
    for files, fetched in table:
        server = FakeServer()
        device = stored(server, {"a": first, "b": second})
        before = len([r for r in server.seen("artifacts") if r.range()[0] == 0])
        newer = server.assign(
            chunks=[chunk([server.add(files[name], name) for name in sorted(files)], part="app")]
        )
        device.cycles(3)
        assert newer.status == "finished", files
        begun = len([r for r in server.seen("artifacts") if r.range()[0] == 0])
        assert begun - before == fetched, (sorted(files), begun - before)


def test_what_is_stored_of_one_part_is_none_of_another():
    server = FakeServer()
    device = stored(server, {"a": pattern(5000)})
    newer = server.assign(chunks=[chunk([server.add(pattern(5000), "a")], part="web")])
    device.cycles(3)
    assert newer.status == "finished"
    assert "activate" in device.sinks["web"].calls and "activate" not in device.sinks["app"].calls


def test_record_of_an_action_with_very_many_files_fits_into_nvs():
    names = ["%s%03d" % ("a-rather-long-name-of-a-file-" * 3, n) for n in range(100)]
    device = stored(FakeServer(), dict.fromkeys(names, b"x" * 10))
    assert 0 < len(device.store.data) < MAX_RECORD // 4


def slow_server(at, change):
    """Return (server, device, action) of two files, which a CDN gives to everybody. At request
    number `at` for a part of one, 11 s pass and the operator does change(server, action)."""
    server = FakeServer()
    files = [server.add(pattern(9000, n), "file%d" % n) for n in (1, 2)]
    action = server.assign(chunks=[chunk(files, part="app")])
    device = FakeDevice(server, sinks={"app": FakeSink(is_slot=False)})

    def answer(request):
        device.clock.now_ms += 11 * 1000
        if len(server.seen("artifacts")) == at:
            change(server, action)
        return artifact_answer(request, server.files[request.path])

    server.fault("artifacts/file", answer)
    return server, device, action


def superseded(server, action):
    action.end("canceled")
    newer = server.add(pattern(4000, 9), "newer")
    server.assign(chunks=[chunk([newer], part="app")])


def gone(server, action):
    action.end("canceled")


def test_action_that_is_no_longer_offered_stops_within_a_window_and_is_never_activated():
    for at in range(1, 7):  # each file takes three windows
        for change in (superseded, gone):
            server, device, action = slow_server(at, change)
            sink = device.sinks["app"]
            device.cycle()
            asked = len(server.seen("artifacts/file"))
            assert asked <= at + 1, (at, asked)
            # What was activated was not the old one.
            assert sink.calls.count("activate") == (change is superseded), at
            assert not any(entry[0] == "closed" for entry in action.entries), at
            if change is superseded:
                assert sink.data == pattern(4000, 9), at


def test_action_of_the_same_id_with_another_file_begins_anew():
    # A new database begins with id 1 again. steps 99: the first one has come to its end.
    for wrong in (0, 1):
        for steps in (2, 4, 6, 8, 10, 99):
            server, device, action = slow_server(0, gone)
            device.cut(steps)
            if steps == 99:
                device.sinks["app"].runs = True
                device.cycles(3)
                assert action.status == "finished"
            activated = device.sinks["app"].calls.count("activate")
            server.actions.clear()
            files = [server.add(pattern(9000, n), "file%d" % n) for n in (1, 2)]
            files[wrong] = server.add(pattern(9000, 7), files[wrong]["filename"])
            newer = server.assign(chunks=[chunk(files, part="app")])
            asked = len(server.seen("artifacts/file"))
            device.cycle()
            assert newer.id == action.id
            assert device.sinks["app"].calls.count("activate") == activated + 1, (wrong, steps)
            assert len(server.seen("artifacts/file")) - asked == 6, (wrong, steps)


def test_files_of_one_name_in_two_modules_are_told_apart_after_a_reset():
    server = FakeServer()
    chunks = [
        chunk([server.add(pattern(9000, n), "fw.bin", n)], part="app", name="module%d" % n)
        for n in (1, 2)
    ]
    action = server.assign(chunks=chunks)
    device = FakeDevice(server, sinks={"app": FakeSink(is_slot=False, needs_reset=False)})
    for _ in device.updater.cycle():
        if device.record().get("done") == 1:
            break
    chunks.reverse()  # the server's order means nothing
    device.reset(was_cut=True)
    device.cycles(3)
    assert action.status == "finished"
    begun = [r.path for r in server.seen("artifacts") if r.range()[0] == 0]
    assert ["modules/1/" in path for path in begun].count(True) == 1, begun
    assert "modules/2/" in begun[-1]
