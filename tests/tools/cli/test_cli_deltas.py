"""publish with deltas: which are made, where they go, and what is refused."""

import re

import appimage
import images
import pytest
from rollouts.release import delta

KB = 1024


@pytest.fixture
def files(tmp_path):
    """Versions 1 to 6 of one product, as files, by version."""
    made = {}
    for version in "123456":
        made[version] = tmp_path / f"fw-{version}.app-bin"
        made[version].write_bytes(appimage.make("fw", version, product="fw"))
    return made


def name(files, new, old):
    return delta.name_of(f"fw-{new}.app-bin", files[old].read_bytes())


def test_delta_lies_beside_the_image_and_makes_it(any_cli, files, any_server):
    result = any_cli.ok("publish", files["2"], "--delta-from", files["1"], "--json").json
    expected = name(files, "2", "1")
    assert list(result["deltas"]) == [expected] and result["deltas"][expected] < 2000
    assert result["steps"][2:] == ["upload artifact", f"upload {expected}", "add module to set"]
    with any_server_client(any_server) as hawkbit:
        [_, made] = hawkbit.modules.artifacts(result["softwareModule"])
        content = hawkbit.modules.download(result["softwareModule"], made)
    assert delta.decode(content, files["1"].read_bytes()) == files["2"].read_bytes()


def any_server_client(server):
    from rollouts.api import Hawkbit

    return Hawkbit(server.url, server.user, server.password)


def test_table_says_what_each_costs(cli, files):
    lines = cli.ok("publish", files["2"], "--delta-from", files["1"], "--compress").lines
    assert [line[0] for line in lines[1:]] == [
        "fw-2.app-bin",
        name(files, "2", "1"),
        "fw-2.from-0000000000000000.delta",
    ]
    assert lines[1][1:] == ["65536", "100.0%", "-"]
    assert lines[2][3] == str(files["1"]) and float(lines[2][2].rstrip("%")) < 3


def test_same_again_changes_nothing(any_cli, files):
    options = ("--delta-from", files["1"], "--compress", "--json")
    first = any_cli.ok("publish", files["2"], *options).json
    again = any_cli.ok("publish", files["2"], *options, "-v")
    assert again.json == {**first, "steps": []}
    assert {line.split()[0] for line in again.err.splitlines()} == {"GET"}
    assert any_cli.ok("publish", files["2"], "--json").json["deltas"] == first["deltas"]


def test_delta_is_added_to_a_release_that_is_there(cli, files):
    cli.ok("publish", files["2"])
    result = cli.ok("publish", files["2"], "--delta-from", files["1"], "--json").json
    assert result["steps"] == [f"upload {name(files, '2', '1')}"]


def test_base_is_fetched_from_the_server(any_cli, files):
    any_cli.ok("publish", files["1"], "--delta-from", files["6"])
    result = any_cli.ok("publish", files["2"], "--delta-from", "fw:1", "--json").json
    assert list(result["deltas"]) == [name(files, "2", "1")]


def test_last_releases_of_that_name_are_the_newest_that_can_be_used(cli, files, tmp_path):
    for version in "123":
        cli.ok("publish", files[version])
    other = tmp_path / "s3.app-bin"
    other.write_bytes(appimage.make("fw", "3s", chip="esp32s3"))
    cli.ok("publish", other)
    cli.ok("publish", files["5"], "--name", "fwx")
    result = cli.ok("publish", files["4"], "--deltas", "2", "--json")
    assert list(result.json["deltas"]) == [name(files, "4", "3"), name(files, "4", "2")]
    assert "no delta from fw:3s: fw:3s is for another chip: ESP32-S3" in result.err


def test_delta_larger_than_half_is_left_out_with_a_line(cli, files, tmp_path):
    other = tmp_path / "other.app-bin"
    other.write_bytes(appimage.make("fw", "0"))
    result = cli.ok("publish", files["2"], "--delta-from", other, "--json")
    assert result.json["deltas"] == {}
    assert re.search(rf"no delta from {other}: it would have \d+% of the image", result.err)


def test_first_release_has_nothing_to_make_a_delta_from(cli, files):
    result = cli.ok("publish", files["2"], "--deltas", "3")
    assert "no delta: the server has no earlier release of fw" in result.err


def test_dry_run_names_the_deltas(cli, files):
    result = cli.ok("publish", files["2"], "--delta-from", files["1"], "--dry-run", "--json")
    assert f"upload {name(files, '2', '1')}" in result.json["steps"]


def test_five_deltas_are_too_many_however_they_come(cli, files):
    four = [word for version in "1345" for word in ("--delta-from", files[version])]
    result = cli("publish", files["2"], *four, "--compress")
    assert result.code == 3 and "would have 5 deltas" in result.err
    cli.ok("publish", files["2"], *four)
    result = cli("publish", files["2"], "--compress")
    assert result.code == 3 and "would have 5 deltas" in result.err
    assert cli("publish", files["2"], "--deltas", "5").code == 2


def test_locked_release_takes_no_delta_but_those_it_has(cli, files, devices):
    devices("dev-1")
    cli.ok("publish", files["2"], "--delta-from", files["1"])
    cli.ok("assign", "fw:2", "dev-1")
    assert cli.ok("publish", files["2"], "--delta-from", files["1"], "--json").json["steps"] == []
    result = cli("publish", files["2"], "--delta-from", files["3"])
    assert result.code == 3 and f"locked and has no {name(files, '2', '3')}" in result.err


def unhashed(data):
    """Return an image whose header says that no sha256 is appended."""
    return data[:23] + b"\0" + data[24:-32]


WRONG_BASES = [
    ("absent", None, "no such file, and no release NAME:VERSION"),
    ("fw:9", None, "no distribution set fw:9"),
    ("s3.bin", lambda: appimage.make("fw", "1", chip="esp32s3"), "for another chip: ESP32-S3"),
    ("same.bin", lambda: appimage.make("fw", "2", product="fw"), "is to be published"),
    ("flash.bin", images.combined, "combined image"),
    ("cut.bin", lambda: appimage.make("fw", "1")[:-1000], "cut.bin"),
    ("plain.bin", lambda: unhashed(appimage.make("fw", "1")), "no sha256 appended"),
]


@pytest.mark.parametrize(("base", "content", "words"), WRONG_BASES, ids=lambda x: str(x)[:9])
def test_wrong_base_is_refused_before_anything_is_published(cli, files, base, content, words):
    if content:
        (files["2"].parent / base).write_bytes(content())
    result = cli("publish", files["2"], "--delta-from", base)
    assert result.code == 3 and words in result.err
    assert cli.ok("ds", "list", "--json").json == []


def test_application_has_no_deltas(cli, files):
    result = cli(
        *("publish", files["2"], "--type", "application", "--compress"),
        *("--name", "app", "--version", "1"),
    )
    assert result.code == 2 and "--type os" in result.err
