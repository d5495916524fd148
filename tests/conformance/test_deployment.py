"""From an assignment to an installed image, in all the ways an operator can assign."""

import io
import tarfile

import appimage
from conformance.lab import FACTORY, IMAGE_SIZE, View
from rollouts.api.models import MetadataEntry


def test_forced_update_runs_and_is_reported(lab):
    device = lab.registered_device(ASKS=True)
    action = lab.assign(lab.release())
    device.settle()
    assert device.version == "2.0.0"
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")
    assert device.infos("accept") == []


def test_soft_update_waits_for_consent(lab):
    device = lab.registered_device(ASKS=True)
    action = lab.assign(lab.release(), "soft")
    device.accepts = "later"
    device.run()
    device.run()
    assert len(device.infos("accept")) == 2
    assert lab.view(action) == View("retrieved", "pending", None)
    device.accepts = "now"
    device.settle()
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def test_soft_update_refused_is_a_failure(lab):
    device = lab.registered_device(ASKS=True)
    action = lab.assign(lab.release(), "soft")
    device.accepts = "refuse"
    device.settle()
    assert lab.view(action) == View("error", "error", None)
    assert lab.statuses(action, "error") == [["refused on the device"]]
    assert device.version == FACTORY


def test_timeforced_update_waits_for_consent_until_its_time(lab):
    device = lab.registered_device(ASKS=True)
    forcetime = round(lab.soon().timestamp() * 1000)
    action = lab.assign(lab.release(), "timeforced", forcetime=forcetime)
    device.accepts = "later"
    device.run()
    assert lab.view(action).action == "retrieved"
    lab.wait_until_then()
    device.settle()
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def test_downloadonly_is_over_without_an_installation(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release(), "downloadonly")
    device.settle()
    assert lab.view(action) == View("downloaded", "in_sync", None)
    assert not lab.is_active(action)
    assert len(device.infos("boot")) == 1
    assert device.version == FACTORY


def test_closed_maintenance_window_downloads_and_the_open_one_installs(lab):
    device = lab.registered_device()
    action = lab.assign(lab.release(), maintenance_window=lab.window_soon())
    device.run()
    device.run()
    assert device.infos("state") == ["downloading", "staged"]
    assert lab.view(action).target == "pending"
    received = device.counts["received"]
    lab.wait_until_then()
    device.run(until="state")
    assert device.infos("state")[-1] == "activating"
    assert device.counts["received"] - received < 8 * 1024  # not downloaded again
    device.settle()
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def test_superseding_assignment_during_the_download_is_installed_instead(lab):
    device = lab.registered_device()
    old = lab.assign(lab.release("2.0.0"))
    device.run(until="progress")
    new = lab.assign(lab.release("3.0.0"))
    device.run(advance_s=11)  # between two windows it looks every 10 s
    device.settle()
    assert lab.view(old).action == "canceled"
    assert lab.view(new) == View("finished", "in_sync", "3.0.0")
    assert device.version == "3.0.0"


def test_two_modules_are_installed_together(lab):
    device = lab.registered_device()
    image = lab.module("2.0.0", {"firmware.bin": appimage.make("ok", "2.0.0", IMAGE_SIZE)})
    bundle = lab.module("7", {"app.tar": _tar("version.txt", b"app 7")}, kind="application")
    action = lab.assign(lab.set_of("2.0.0", image, bundle, kind="os_app"))
    device.settle()
    assert (device.version, device.application) == ("2.0.0", "app 7")
    assert len(device.infos("boot")) == 2
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")


def _tar(name, data):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def test_visible_metadata_of_a_module_reaches_the_device(lab):
    device = lab.registered_device(ASKS=True)
    module = lab.module("2.0.0", {"firmware.bin": appimage.make("ok", "2.0.0", IMAGE_SIZE)})
    lab.api.modules.metadata(module).create(
        [
            MetadataEntry(key="board", value="rev C", target_visible=True),
            MetadataEntry(key="ticket", value="internal", target_visible=False),
        ]
    )
    lab.assign(lab.set_of("2.0.0", module), "soft")
    device.run(until="accept")
    [[part, _, _, metadata, filename, *_]] = device.infos("accept")[0]
    assert (part, filename) == ("os", "firmware.bin")
    assert metadata == {"board": "rev C"}


def test_reset_during_the_download_resumes_it(lab):
    device = lab.registered_device(WINDOW_BYTES=IMAGE_SIZE - 4096)
    action = lab.assign(lab.release())
    device.run(until="progress")
    device.reset()
    device.run(until="state")
    assert device.infos("state") == ["downloading", "staged"]
    assert device.counts["received"] < IMAGE_SIZE // 2
    device.settle()
    assert lab.view(action) == View("finished", "in_sync", "2.0.0")
