"""A whole update by a delta, and by the full image after anything that is wrong with one."""

from delta_board import BASE, DELTA, FULL, HEX, IMAGE, NAME, board, ends_well
from deltas import STORED, additions, deflated, frame, header, literal, make
from fake_ddi import CLOSED, error


def test_update_by_delta_asks_for_no_byte_of_the_full_image():
    server, device = board()
    ends_well(server, device)
    assert not server.seen(FULL) and server.seen(DELTA)
    assert device.resets == 1


def test_delta_without_a_base_is_for_every_image():
    server, device = board({"fw.from-0000000000000000.delta": make(IMAGE, b"")})
    ends_well(server, device)
    assert not server.seen(FULL)


def test_delta_from_what_runs_comes_before_one_without_a_base():
    server, device = board({"fw.from-0000000000000000.delta": b"x", NAME: make(IMAGE, BASE)})
    ends_well(server, device)
    assert not server.seen(FULL) and not server.seen("from-0000")


OTHERS = (
    "fw.from-%s.delta" % ("f" * 16),
    "other.from-%s.delta" % HEX,
    "fw.app.from-%s.delta" % HEX,
)


def test_delta_for_another_image_is_not_fetched():
    for name in OTHERS:
        server, device = board({name: make(IMAGE, BASE)})
        ends_well(server, device)
        assert not server.seen("delta"), name


def test_deltas_are_no_artifacts_of_the_action():
    seen = []
    server, device = board(accept=lambda deployment: seen.append(deployment.artifacts) or "now")
    server.actions[0].deployment["download"] = server.actions[0].deployment["update"] = "attempt"
    ends_well(server, device)
    assert [[one.filename for one in artifacts] for artifacts in seen] == [["fw.app-bin"]]


def test_identity_of_the_action_is_that_of_the_full_image():
    keys = []
    for deltas in ({}, None):
        server, device = board(deltas)
        for _ in device.updater.cycle():
            if "key" in device.record():
                break
        keys.append(device.record()["key"])
    assert keys[0] == keys[1]


def test_module_of_deltas_alone_has_no_artifacts():
    server, device = board()
    del server.actions[0].deployment["chunks"][0]["artifacts"][0]
    device.cycles(3)
    [(execution, finished, details)] = server.actions[0].entries[-1:]
    assert (execution, finished) == ("closed", "failure") and "no artifacts" in details[0]


def test_delta_with_an_entry_that_is_none_is_passed_over():
    for changes in ({"size": 0}, {"size": "x"}, {"hashes": None}, {"_links": {}}):
        server, device = board()
        server.actions[0].deployment["chunks"][0]["artifacts"][1].update(changes)
        ends_well(server, device)
        assert server.seen(FULL), changes


def wrong(image=IMAGE, **fields):
    return header(image, BASE, **fields) + make(IMAGE, BASE)[76:]


def stored(*whole):
    return b"".join(frame(first, data, flag=STORED) for first, data in whole)


ONE = (0, IMAGE[:4096])
LAST = IMAGE[len(IMAGE) // 4096 * 4096 :]
# what is wrong, the file, and whether that shows before anything is written
DAMAGED = (
    ("nothing", b"", True),
    ("a part of the header", header(IMAGE, BASE)[:75], True),
    ("another magic", wrong(magic=b"HKD2"), True),
    ("another size", wrong(size=len(IMAGE) + 1), True),
    ("another sha256", wrong(sha256=bytes(32)), True),
    ("the sha256 of the delta", wrong(sha256=b"d" * 32), True),
    ("another base", wrong(proof=bytes(32)), True),
    ("another end of the base", wrong(end=len(BASE) - 1), True),
    ("an end behind the slot", wrong(end=1 << 24), True),
    ("an end that is huge", wrong(end=0xFFFFFFFF), True),
    ("an end before its sha256", wrong(end=31), True),
    ("the header alone", header(IMAGE, BASE), True),
    ("half a frame", header(IMAGE, BASE) + frame(0, b"x" * 60)[:30], True),
    ("a frame of nothing", header(IMAGE, BASE) + frame(0, b"") * 9, True),
    ("a frame without blocks", header(IMAGE, BASE) + frame(0, deflated(b"x"), 0), True),
    ("a gap before the first block", header(IMAGE, BASE) + stored((1, IMAGE[4096:8192])), True),
    ("a payload of over 4096", header(IMAGE, BASE) + frame(0, bytes(5000)), True),
    ("a block that is short", header(IMAGE, BASE) + stored((0, IMAGE[:4095])), True),
    ("a gap", header(IMAGE, BASE) + stored(ONE, (2, IMAGE[8192:12288])), False),
    ("the first block for ever", header(IMAGE, BASE) + stored(ONE, ONE, ONE), False),
    ("a block behind the image", make(IMAGE, BASE)[:-5000] + stored((9, IMAGE[:4096])), False),
    ("the last frame missing", make(IMAGE, BASE)[: -5 - len(IMAGE) % 4096], False),
    ("the last byte missing", make(IMAGE, BASE)[:-1], False),
    ("the last byte another", make(IMAGE, BASE)[:-1] + b"!", False),
    (
        "more blocks than the image has",
        make(IMAGE, BASE)[: -5 - len(IMAGE) % 4096]
        + frame(len(IMAGE) // 4096, deflated(2 * (literal(LAST) + additions())), 2),
        False,
    ),
)


def test_every_damaged_delta_ends_in_the_full_image():
    for what, data, before in DAMAGED:
        server, device = board({NAME: data or b"x"})
        slot = device.sinks["os"]
        ends_well(server, device, 3)
        assert server.seen(FULL)[0].range()[0] == 0, what
        begun = [i for i in range(len(slot.calls)) if slot.calls[i] == "begin"]
        written = "write" in slot.calls[: begun[-1]]
        assert written != before, what


def test_delta_that_failed_is_not_tried_again_after_a_reset():
    server, device = board({NAME: make(IMAGE, BASE)[:-1] + b"!"})
    server.fault(FULL, CLOSED, 3)
    device.cycles(2)
    assert device.record()["full"] is True
    asked = len(server.seen(DELTA))
    device.reset(was_cut=True)
    ends_well(server, device)
    assert len(server.seen(DELTA)) == asked


def test_delta_that_is_gone_is_not_waited_for():
    for answer in (error(404, "repo.artifactBinaryNotFound"), (410, {}, b"")):
        server, device = board()
        server.fault(DELTA, answer)
        assert device.cycle() == 0
        assert len(server.seen(DELTA)) == 1 and server.seen(FULL), answer


def test_delta_of_another_length_than_announced_ends_in_the_full_image():
    server, device = board()
    for path in server.files:
        if "delta" in path:
            server.files[path] += b"more"
    ends_well(server, device)
    assert server.seen(FULL)


def test_network_that_fails_costs_at_most_one_frame():
    server, device = board()
    fetched = []
    for size in range(80, 9000, 400):
        server.fault(DELTA, _broken_off(server, size, fetched), 1)
    ends_well(server, device, 40)
    assert not server.seen(FULL) and len(fetched) > 5
    starts = [start for start, _ in fetched]
    assert starts == sorted(starts)
    for i in range(1, len(fetched)):
        assert fetched[i - 1][1] - starts[i] <= 4096 + 5, fetched


def _broken_off(server, size, fetched):
    def answer(request):
        status, headers, body = server.right_answer(request)
        start = request.range()[0]
        fetched.append((start, start + min(size, len(body))))
        headers["content-length"] = str(len(body))
        return status, headers, body[:size]

    return answer


def test_window_that_ends_in_the_head_of_a_frame_leaves_nothing_unread():
    whole = make(IMAGE, BASE, 1)
    size = whole[78] + whole[79] * 256
    same = whole[81 : 81 + size] + bytes(4052 - size)  # what follows a program is not read
    data = whole[:76] + frame(0, same) + frame(1, same) + whole[76 + 2 * (5 + size) :]
    server, device = board({NAME: data})
    ends_well(server, device)
    assert [r.range()[0] for r in server.seen(DELTA)][:2] == [0, 8190]
    assert server.session.connections == 2 and not server.seen(FULL)  # one a boot


def test_server_without_range_is_read_from_the_start():
    server, device = board()

    def whole(request):
        del request.headers["range"]
        return server.right_answer(request)

    server.fault(DELTA, _broken_off(server, 7000, []), 1)
    server.fault(DELTA, whole)
    ends_well(server, device)
    assert not server.seen(FULL)


def test_cut_at_every_step_goes_on_and_ends_well():
    steps = 1
    server, device = board()
    while device.cut(steps):
        ends_well(server, device)
        assert not server.seen(FULL), steps
        server, device = board()
        steps += 1
    assert steps > 12


def test_cut_on_the_way_does_not_fetch_what_is_stored():
    server, device = board()
    for _ in device.updater.cycle():
        if device.record().get("at", 0) >= 16384:
            break
    frame_at = device.record()["frame"]
    device.reset(was_cut=True)
    ends_well(server, device)
    assert server.seen(DELTA)[-1].range()[0] == frame_at > 76 or len(server.seen(DELTA)) > 2
    assert not server.seen(FULL)


def test_delta_that_comes_on_the_way_goes_on_from_what_is_stored():
    server, device = board()
    files = server.actions[0].deployment["chunks"][0]["artifacts"]
    delta = files.pop()
    for _ in device.updater.cycle():
        if device.record().get("at", 0) >= 8192:
            break
    files.append(delta)
    device.reset(was_cut=True)
    ends_well(server, device)
    assert server.seen(DELTA) and device.sinks["os"].calls.count("write") == 8


def test_second_chance_of_what_was_spoiled_on_flash_is_the_full_image():
    server, device = board()
    for _ in device.updater.cycle():
        if device.record().get("at", 0) >= 16384:
            break
    device.sinks["os"].data[0] ^= 1
    device.reset(was_cut=True)
    asked = len(server.seen(DELTA))
    ends_well(server, device)
    assert all(r.range()[0] > 0 for r in server.seen(DELTA)[asked:]) and server.seen(FULL)


def test_delta_that_goes_on_the_way_leaves_what_is_stored():
    server, device = board()
    for _ in device.updater.cycle():
        if device.record().get("at", 0) >= 16384:
            break
    del server.actions[0].deployment["chunks"][0]["artifacts"][1]
    device.reset(was_cut=True)
    ends_well(server, device)
    first = server.seen(FULL)[0]
    assert first.range()[0] >= 8192 and "if-range" not in first.headers


def test_sink_that_is_no_slot_takes_no_delta():
    server, device = board()
    del device.sinks["os"].read_base
    ends_well(server, device)
    assert not server.seen("delta")


def test_slot_that_cannot_be_read_takes_the_full_image():
    server, device = board()

    def broken(offset, buf):
        raise OSError(5)

    device.sinks["os"].read_base = broken
    ends_well(server, device)
    assert not server.seen("delta") and server.seen(FULL)


def test_board_without_the_module_takes_the_full_image():
    import sys

    class Absent:
        pass

    server, device = board()
    kept = {name: sys.modules.pop(name) for name in ("hawkbit.delta",) if name in sys.modules}
    sys.modules["hawkbit.delta"] = Absent()
    try:
        ends_well(server, device)
    finally:
        del sys.modules["hawkbit.delta"]
        sys.modules.update(kept)
    assert not server.seen("delta") and server.seen(FULL)


def test_no_room_for_the_buffers_takes_the_full_image():
    from hawkbit import delta

    class NoRoom:
        def __init__(self, *args):
            raise MemoryError

    server, device = board()
    kept, delta.Patch = delta.Patch, NoRoom
    try:
        ends_well(server, device)
    finally:
        delta.Patch = kept
    assert not server.seen("delta") and server.seen(FULL)
