"""publish: from an image to a set that can be assigned, once and again."""

import hashlib
from pathlib import Path

import appimage
import httpx
import images
import pytest
from rollouts.api.errors import UnreachableError
from rollouts.api.models import NewDistributionSet, NewSoftwareModule, Reference, TargetAssignment
from rollouts.release.publish import Release, publish

APP = Path(__file__).parents[4] / "shared/firmware/ESP32_GENERIC-v1.23.0.app-bin"


def test_the_image_says_what_the_release_is_called(any_cli, image):
    result = any_cli.ok("publish", image, "--json").json
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    assert (result["name"], result["version"], result["chip"]) == ("fw", "2.0.0", "ESP32")
    assert (result["sha256"], result["size"]) == (sha256, image.stat().st_size)
    assert any_cli.ok("ds", "show", "fw:2.0.0", "--json").json["complete"]


def test_the_same_again_changes_nothing(any_cli, image, any_server):
    first = any_cli.ok("publish", image, "--json").json
    again = any_cli.ok("publish", image, "--json", "-v")
    assert again.json == {**first, "steps": []}
    assert {line.split()[0] for line in again.err.splitlines()} == {"GET"}


def test_the_same_again_after_the_assignment_that_locks(cli, image, devices):
    devices("dev-1")
    first = cli.ok("publish", image, "--json").json
    cli.ok("assign", "fw:2.0.0", "dev-1")
    assert cli.ok("publish", image, "--json").json == {**first, "steps": []}


def test_another_content_under_the_same_version_is_refused(any_cli, image, tmp_path):
    any_cli.ok("publish", image)
    before = any_cli.ok("ds", "list", "--json").json
    other = tmp_path / "other.bin"
    other.write_bytes(appimage.make("fw", "2.0.0", size=6000))
    result = any_cli("publish", other)
    assert result.code == 3
    assert "fw:2.0.0 is published already with another content" in result.err
    assert any_cli.ok("ds", "list", "--json").json == before


def test_a_deleted_name_is_refused_and_nothing_is_left_behind(cli, image, devices, hawkbit):
    devices("dev-1")
    # A set of that name with another module, assigned once and deleted: its name stays taken.
    [module] = hawkbit.modules.create([NewSoftwareModule(name="x", version="1", type="os")])
    new = NewDistributionSet(
        name="fw", version="2.0.0", type="os", modules=[Reference(id=module.id)]
    )
    [one] = hawkbit.sets.create([new])
    hawkbit.sets.assign(one.id, [TargetAssignment(id="dev-1")])
    hawkbit.sets.delete(one.id)
    result = cli("publish", image)
    assert result.code == 3 and "taken by a deleted distribution set" in result.err
    assert [each.name for each in hawkbit.modules.find()] == ["x"]


def test_a_deleted_module_is_refused_and_the_set_made_for_it_is_gone(cli, image, hawkbit):
    [module] = hawkbit.modules.create([NewSoftwareModule(name="fw", version="2.0.0", type="os")])
    holder = NewDistributionSet(name="y", version="1", modules=[Reference(id=module.id)])
    hawkbit.sets.create([holder])
    hawkbit.modules.delete(module.id)
    result = cli("publish", image)
    assert result.code == 3 and "taken by a deleted software module" in result.err
    assert [each.name for each in hawkbit.sets.find()] == ["y"]


def test_a_locked_set_without_the_module_is_refused(cli, image, hawkbit, devices):
    devices("dev-1")
    [app] = hawkbit.modules.create([NewSoftwareModule(name="a", version="1", type="application")])
    new = NewDistributionSet(
        name="fw", version="2.0.0", type="app", modules=[Reference(id=app.id)]
    )
    [one] = hawkbit.sets.create([new])
    hawkbit.sets.assign(one.id, [TargetAssignment(id="dev-1")])
    result = cli("publish", image, "--set-type", "app")
    assert result.code == 3 and "locked" in result.err
    assert len(hawkbit.modules.find()) == 1


def test_an_invalidated_set_is_refused(cli, image):
    cli.ok("publish", image)
    cli.ok("ds", "invalidate", "fw:2.0.0", "--actions", "none", "--yes")
    result = cli("publish", image)
    assert result.code == 3 and "invalidated" in result.err


def test_a_set_with_another_os_module_is_refused(cli, image, hawkbit):
    [module] = hawkbit.modules.create([NewSoftwareModule(name="x", version="1", type="os")])
    new = NewDistributionSet(
        name="fw", version="2.0.0", type="os", modules=[Reference(id=module.id)]
    )
    hawkbit.sets.create([new])
    result = cli("publish", image)
    assert result.code == 3 and "another os module already: x:1" in result.err


def release_of(image):
    return Release(
        name="fw",
        version="2.0.0",
        file=image,
        filename="fw.bin",
        sha256=hashlib.sha256(image.read_bytes()).hexdigest(),
    )


class CutOff(UnreachableError):
    pass


def cut_off_at(hawkbit, monkeypatch, group, method):
    def broken(*arguments, **options):
        raise CutOff("the network is gone")

    monkeypatch.setattr(getattr(hawkbit, group), method, broken)
    return monkeypatch


@pytest.mark.parametrize(
    ("group", "method"), [("modules", "create"), ("modules", "upload"), ("sets", "add_modules")]
)
def test_a_publication_cut_off_is_unassignable_and_is_completed(
    cli, image, hawkbit, monkeypatch, group, method, devices
):
    devices("dev-1")
    with monkeypatch.context() as patched:
        cut_off_at(hawkbit, patched, group, method)
        with pytest.raises(CutOff):
            publish(hawkbit, release_of(image))
    assert cli("assign", "fw:2.0.0", "dev-1").code == 3
    result = cli.ok("publish", image, "--json").json
    assert result["steps"][-1] == "add module to set"
    assert "create distribution set" not in result["steps"]
    cli.ok("assign", "fw:2.0.0", "dev-1")


def test_dry_run_says_the_steps_and_does_none(cli, image):
    result = cli.ok("publish", image, "--dry-run", "--json").json
    assert result["steps"] == [
        "create distribution set",
        "create software module",
        "upload artifact",
        "add module to set",
    ]
    assert cli.ok("ds", "list", "--json").json == []


def test_an_image_without_a_name_needs_name_and_version(cli, tmp_path):
    file = tmp_path / "stock.bin"
    file.write_bytes(appimage.make("", ""))
    result = cli("publish", file)
    assert result.code == 2
    assert "--name and --version needed: the image has none" in result.err
    assert cli("publish", file, "--name", "mp").err.count("--version needed") == 1
    cli.ok("publish", file, "--name", "mp", "--version", "1.23.0")


def test_a_combined_image_is_refused_by_name(cli, tmp_path):
    file = tmp_path / "firmware.bin"
    file.write_bytes(images.combined())
    result = cli("publish", file, "--name", "a", "--version", "1")
    assert result.code == 3 and "combined image" in result.err


def test_a_file_for_the_application_needs_no_image(cli, tmp_path):
    file = tmp_path / "app.tar"
    file.write_bytes(b"any bytes")
    result = cli.ok(
        *("publish", file, "--type", "application", "--name", "app", "--version", "1", "--json")
    )
    assert result.json["chip"] is None
    [module] = cli.ok("ds", "modules", "app:1", "--json").json
    assert module["type"] == "application"


@pytest.mark.parametrize(
    ("name", "version"),
    [("x" * 129, "1"), ("x", "1" * 65), (" x", "1"), ("a\x1b[2J", "1"), ("<b>x</b>", "1")],
)
def test_a_name_hawkbit_cannot_have_is_a_usage_error(cli, image, name, version):
    result = cli("publish", image, "--name", name, "--version", version)
    assert result.code == 2 and "\x1b" not in result.err


@pytest.mark.parametrize(
    "name", ['a"b', "a;b,c", "100%", "(x)", "wild*card", "back\\slash", "Küche", "$" + "{now_ts}"]
)
def test_hostile_names_are_published_and_found_again(cli, image, name):
    first = cli.ok("publish", image, "--name", name, "--json").json
    again = cli.ok("publish", image, "--name", name, "--json").json
    assert again == {**first, "steps": []}
    assert cli.ok("ds", "show", f"{name}:2.0.0", "--json").json["name"] == name


@pytest.mark.parametrize(
    ("filename", "kept"),
    [("a b;c%.bin", "a_b_c_.bin"), ("-rf.bin", "rf.bin"), ("...", "firmware.bin"), ("ü.b", "_.b")],
)
def test_a_file_name_a_device_cannot_fetch_is_changed(cli, image, filename, kept):
    file = image.rename(image.parent / filename)
    result = cli.ok("publish", "--json", "--", f"./{file.name}")
    assert result.json["providedFilename"] == kept
    assert f"called {kept}" in result.err


def test_a_missing_file_is_refused(cli):
    result = cli("publish", "absent.bin")
    assert result.code == 3 and "absent.bin: No such file" in result.err


@pytest.mark.skipif(not APP.exists(), reason="no ../shared/firmware here")
def test_real_micropython_is_published_under_a_given_name(cli):
    assert cli("publish", APP).code == 2
    result = cli.ok("publish", APP, "--name", "micropython", "--version", "1.23.0", "--json").json
    assert (result["size"], result["chip"]) == (1_672_800, "ESP32")


NOTHING_LEFT = {
    "set takes no os module": (["--set-type", "app"], b""),
    "set needs another module": (["--set-type", "needs_two"], b""),
    "no such set type": (["--set-type", "absent"], b""),
    "no such module type": (["--type", "absent", "--set-type", "os"], b""),
    "empty file": (["--type", "application"], b"empty"),
    "empty image": ([], b"empty"),
}


@pytest.mark.parametrize(("options", "content"), NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_what_is_refused_leaves_nothing_behind(cli, image, hawkbit, server, options, content):
    needs_two = {"key": "needs_two", "name": "Two", "mandatorymodules": [{"id": 1}, {"id": 2}]}
    login = (server.user, server.password)
    httpx.post(f"{server.url}/rest/v1/distributionsettypes", json=[needs_two], auth=login)
    if content:
        image.write_bytes(b"")
    result = cli("publish", image, "--name", "fw", "--version", "2.0.0", *options)
    assert result.code == 3, result.err
    assert len(result.err.splitlines()) == 1
    assert (hawkbit.sets.find(), hawkbit.modules.find()) == ([], [])
    image.write_bytes(appimage.make("fw", "2.0.0"))
    cli.ok("publish", image)
