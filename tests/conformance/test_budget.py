"""What the device costs the server and the network, counted on the wire."""

from conformance.lab import View


def counted(device):
    """Run one cycle; return what it added to each count."""
    before = device.counts
    device.run()
    return {name: count - before[name] for name, count in device.counts.items()}


def test_idle_poll_is_one_small_request_on_the_kept_connection(lab):
    device = lab.registered_device()
    idle = counted(device)
    assert (idle["requests"], idle["connections"]) == (1, 0)
    assert idle["sent"] <= 400


def test_idle_poll_is_answered_304_in_few_bytes(lab):
    device = lab.registered_device()
    idle = counted(device)
    assert (idle["requests"], idle["unchanged"]) == (1, 1)
    assert idle["received"] <= 700


def test_update_in_many_windows_posts_few_status_entries(lab):
    device = lab.registered_device(WINDOW_BYTES=4096)
    action = lab.assign(lab.release())
    before = device.counts["reports"]
    device.run(until="state")
    device.run(until="state")
    device.run(until="state")
    assert device.infos("state")[-1] == "activating"
    posted = device.counts["reports"] - before
    device.settle()
    posted += device.counts["reports"]
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")
    assert len(device.infos("progress")) == 12
    assert 2 <= posted <= 20


def test_device_that_is_reset_again_and_again_posts_few_status_entries(lab):
    device = lab.registered_device(WINDOW_BYTES=4096)
    action = lab.assign(lab.release())
    posted = 0
    for _ in range(22):
        before = device.counts["reports"]
        device.run(until="progress")
        posted += device.counts["reports"] - before
        device.reset()
    device.settle()
    posted += device.counts["reports"]
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")
    assert 2 <= posted <= 20
