"""What each step of an action leaves for the next, over a reset: order, place, counts, words."""

from fake_ddi import FakeDevice, FakeServer, chunk, pattern
from fakes import FakeSink
from hawkbit.errors import UpdateError

PARTS = ("a-os", "b-files", "c-files")  # the slot's name comes first, and it is done last


class NamedSink(FakeSink):
    """A sink that is given back only what it kept itself. order: of all activations."""

    def __init__(self, part, order, needs_reset=True):
        super().__init__(is_slot=part == PARTS[0], needs_reset=needs_reset)
        self.part = part
        self.order = order

    def keep(self):
        return "kept of " + self.part

    def restore(self, kept):
        self._call("restore")
        assert kept == "kept of " + self.part, kept

    def activate(self):
        self.order.append(self.part)
        return super().activate()

    def activated(self, kept):
        self.restore(kept)
        return self.runs


def three_parts(needs_reset=(True, True, True), sizes=(9000, 9000, 9000), **kwargs):
    """Return (server, device, action, order)."""
    server = FakeServer()
    order = []
    chunks = [
        chunk([server.add(pattern(size, n), "file%d" % n, n)], part=part)
        for n, (part, size) in enumerate(zip(PARTS, sizes))  # noqa: B905 - not on the board
    ]
    sinks = {p: NamedSink(p, order, r) for p, r in zip(PARTS, needs_reset)}  # noqa: B905
    action = server.assign(chunks=chunks, **kwargs)
    return server, FakeDevice(server, sinks=sinks), action, order


def begun(server):
    """Return the files whose first byte was asked for, in order."""
    return [r.path[-5:] for r in server.seen("artifacts/file") if r.range()[0] == 0]


def test_all_parts_are_activated_the_slot_last_and_one_that_needs_a_reset_is_enough():
    for needs_reset in ((True, False, False), (False, True, False), (False, False, True)):
        server, device, action, order = three_parts(needs_reset)
        device.cycle()
        assert order == ["b-files", "c-files", "a-os"] and device.resets == 1, needs_reset
        assert begun(server) == ["file1", "file2", "file0"]


def test_after_a_cut_each_sink_has_its_own_words_and_no_byte_is_asked_for_twice():
    for steps in range(1, 40):
        server, device, action, order = three_parts()
        if not device.cut(steps):
            break
        kept = device.record().get("kept", {})
        device.cycle()
        for part, sink in device.sinks.items():
            assert ("restore" in sink.calls) == (part in kept), (steps, part)
        # A sink in memory loses nothing: only the window that was cut is asked for again.
        assert len(server.seen("artifacts/file")) <= 9 + 1, steps
        assert len(begun(server)) <= 3 + 1, steps
        assert order == ["b-files", "c-files", "a-os"], steps
    assert steps > 12


def test_part_without_a_sink_is_refused_wherever_it_stands():
    for wrong in range(3):
        server, device, action, order = three_parts()
        action.deployment["chunks"][wrong]["part"] = "other" * 600
        device.cycles(2)
        assert action.status == "error" and not begun(server), wrong
        words = action.entries[-1][2][0]
        assert "no sink for part other" in words and len(words) == 256  # it lay in the journal


def test_consent_is_asked_for_once_and_only_where_it_is_due():
    # download, update -> how often the user is asked, when he says yes
    table = (("attempt", "attempt", 1), ("forced", "attempt", 1), ("forced", "forced", 0))
    for download, update, count in table:
        server, device, action, order = three_parts(download=download, update=update)
        asked = []
        device.hooks["accept"] = lambda deployment, asked=asked: asked.append(1) or "now"
        device.boot()
        device.cycle()
        assert len(asked) == count and len(order) == 3, (download, update)


def test_posts_and_tries_are_counted_over_every_cut():
    server, device, action, order = three_parts(sizes=(30000, 30000, 30000))
    posts = 0
    while device.cut(4) and len(server.session.requests) < 400:
        assert device.record().get("posts", 0) >= posts
        posts = device.record().get("posts", 0)
    assert len(action.entries) <= 18, len(action.entries)
    assert posts == 18


def test_image_that_never_boots_ends_after_two_tries():
    server, device, action, order = three_parts()
    for _ in range(8):
        device.cycle()
        device.reset(was_cut=True)
    assert order.count("a-os") == 2 and action.status == "error"
    assert "not booted after 2 tries" in action.entries[-1][2][0]


def test_cancel_of_another_action_leaves_ours_alone():
    for update in ("forced", "skip"):
        server, device, action, order = three_parts(sizes=(20000, 20000, 20000), update=update)
        assert device.cut(6)
        kept = device.record()
        other = server.assign(pattern(100))
        server.actions.remove(other)
        server.actions.insert(0, other)
        other.status, action.status = "canceling", "running"
        other.id = "77"
        device.cycles(1)
        assert other.status == "canceled", update
        assert len(begun(server)) <= 3, (update, begun(server))
        assert kept["posts"] and (len(order) == 3 or update == "skip")


def test_what_is_not_to_be_downloaded_is_not():
    server, device, action, order = three_parts(download="skip")
    device.cycles(3)
    assert action.is_active and not server.seen("artifacts/file")


def test_download_that_fails_and_is_offered_for_ever_is_tried_twice():
    server, device, action, order = three_parts()
    server.files = dict.fromkeys(server.files, pattern(9000, 99))  # of the right size
    action.end = lambda status: None
    device.cycles(12)
    assert len(begun(server)) == 2
    assert [entry[:2] for entry in action.entries].count(("closed", "failure")) == 3
    assert len(action.entries) - 3 <= 18
    counted = device.record()["posts"]
    assert counted == len(action.entries) - 3, (counted, action.entries)


def test_download_that_fails_reverts_nothing():
    server, device, action, order = three_parts()
    server.files = dict.fromkeys(server.files, pattern(9000, 99))
    device.cycles(2)
    assert action.status == "error"
    assert not any("revert" in sink.calls for sink in device.sinks.values())


def test_cancel_of_what_has_ended_waits_for_its_report():
    server, device, action, order = three_parts()
    server.files = dict.fromkeys(server.files, pattern(9000, 99))
    server.fault("deploymentBase/1/feedback", OSError(104), 1000)
    device.cycle()
    action.status = "canceling"
    asked = len(server.session.requests)
    device.cycles(3)
    assert device.record()["reports"] and not action.cancel_entries
    assert len(server.session.requests) - asked == 3 * 3  # the report, a poll, the cancelAction
    server.faults = []
    device.cycles(2)
    assert [entry[:2] for entry in action.entries].count(("closed", "failure")) == 1


def test_cancel_in_a_trial_is_too_late_for_its_own_action_only():
    for stops_own in (True, False):
        server, device, action, order = three_parts()
        device.cycle()
        for sink in device.sinks.values():
            sink.runs = True
        device.sinks["a-os"].is_pending = True
        device.boot()
        cancel = action
        if not stops_own:
            cancel = server.assign(pattern(100))
            server.actions.reverse()
            action.status = "running"
        cancel.status = "canceling"
        device.cycle()
        word = "rejected" if stops_own else "closed"
        assert [entry[0] for entry in cancel.cancel_entries] == [word], stops_own


def test_block_that_finds_no_memory_is_an_error_of_its_cycle():
    server, device, action, order = three_parts()
    sink = device.sinks["b-files"]
    sink.errors["write"] = MemoryError()
    device.cycle()
    assert len([info for name, info in device.events if name == "error"]) == 1
    sink.errors = {}
    device.cycle()
    assert len(order) == 3


def test_journal_that_cannot_be_read_is_read_before_anything_else():
    for error in (OSError(5), MemoryError()):
        server, device, action, order = three_parts()
        server.files = dict.fromkeys(server.files, pattern(9000, 99))
        server.fault("feedback", OSError(104), 1000)
        device.cycle()
        assert device.record()["reports"]
        load, errors = device.store.load, [error, error]

        def flaky(load=load, errors=errors):
            if errors:
                raise errors.pop()
            return load()

        device.store.load = flaky
        server.faults = []
        device.boot()
        requests = len(server.session.requests)
        device.cycle()
        assert not errors and len(server.session.requests) == requests
        device.cycle()
        assert action.status == "error"


def test_company_of_a_slot_that_went_back_is_reset_if_any_of_it_still_runs():
    for still_runs in ((), ("b-files",), ("c-files",), ("b-files", "c-files")):
        server, device, action, order = three_parts()
        device.cycle()
        for part, sink in device.sinks.items():
            sink.revert = lambda runs=part in still_runs: runs
        slot = device.sinks["a-os"]
        slot.activated = lambda kept: raise_it(UpdateError("rolled back"))
        device.cycle()
        assert device.resets == 1 + bool(still_runs), still_runs
        slot.activated = lambda kept: False
        device.cycles(2)
        assert action.status == "error" and len(order) == 3, still_runs


def raise_it(error):
    raise error
