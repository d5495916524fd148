"""The operator changes his mind, at every moment."""

from conformance.lab import FACTORY, View


def test_cancel_before_the_device_has_seen_it(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    lab.cancel(action)
    device.settle()
    assert lab.view(action) == View("canceled", "in_sync", None)
    assert device.infos("state") == []


def test_cancel_during_the_download_is_seen_between_two_windows(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    device.run(until="progress")
    lab.cancel(action)
    device.run(advance_s=11)
    assert device.infos("error") == []
    assert device.infos("state") == ["downloading", "idle"]
    assert lab.view(action) == View("canceled", "in_sync", None)
    assert len(device.infos("progress")) == 1


def test_cancel_during_the_download_takes_the_file_away(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    device.run(until="progress")
    lab.cancel(action)
    device.run()  # too early for a look: the next window is answered 404
    assert "404" in device.infos("error")[0]
    device.settle()
    assert lab.view(action) == View("canceled", "in_sync", None)


def test_cancel_of_a_staged_update_is_accepted(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release(), maintenance_window=lab.window_soon())
    device.run()
    assert device.infos("state") == ["downloading", "staged"]
    lab.cancel(action)
    device.settle()
    assert lab.view(action) == View("canceled", "in_sync", None)
    assert device.version == FACTORY


def test_cancel_after_set_boot_comes_too_late(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    device.run(until="boot")  # of the new image
    lab.cancel(action)
    device.settle()
    assert device.version == "2.0.0"
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def test_force_quit_during_the_download_ends_it(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    device.run(until="progress")
    lab.cancel(action)
    lab.cancel(action, force=True)
    device.run(advance_s=11)
    device.settle()
    assert device.infos("state") == ["downloading", "idle"]
    assert lab.view(action).action == "canceled"
    assert not lab.is_active(action)


def test_force_quit_of_an_installed_update_leaves_it_running(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release())
    device.run(until="boot")
    lab.cancel(action)
    lab.cancel(action, force=True)
    device.settle()  # its report is answered 410
    assert device.version == "2.0.0"
    assert lab.view(action).action == "canceled"
    assert device.infos("error") == []
