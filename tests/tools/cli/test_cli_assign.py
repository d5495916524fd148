"""assign: whom it means, how, and that it does all or nothing."""

import re

import pytest

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def published(cli, image, devices):
    for name in ("dev-1", "dev-2", "other"):
        devices(name)
    cli.ok("publish", image)


def assigned(cli):
    return [row[0] for row in cli.ok("ds", "assigned", "fw:2.0.0").lines]


def test_action_ids_are_printed_with_their_targets(any_cli, image, devices):
    devices("dev-1")
    any_cli.ok("publish", image)
    result = any_cli.ok("assign", "fw:2.0.0", "dev-1")
    assert result.lines == [["1", "dev-1", "assigned"]]
    again = any_cli.ok("assign", "fw:2.0.0", "dev-1", "--json").json
    assert again == [{"action": 1, "controllerId": "dev-1", "isNew": False, "isBusy": False}]


def test_one_unknown_target_and_nothing_is_assigned(cli, published):
    result = cli("assign", "fw:2.0.0", "dev-1", "nobody", "DEV-2")
    assert result.code == 3 and result.out == ""
    assert "unknown target: nobody" in result.err and "unknown target: DEV-2" in result.err
    assert assigned(cli) == []


def test_names_come_from_a_file(cli, published, tmp_path):
    (tmp_path / "targets.txt").write_text("# the kitchen\ndev-1\n\n  other  # by the door\n")
    cli.ok("assign", "fw:2.0.0", "--file", "targets.txt", "dev-1")
    assert assigned(cli) == ["dev-1", "other"]


def test_names_come_from_stdin(cli, published):
    cli.ok("assign", "fw:2.0.0", "--file", "-", stdin="dev-2\n")
    assert assigned(cli) == ["dev-2"]


@pytest.mark.parametrize("which", [["dev-*"], ["dev-?"], ["d*[12]"], ["--filter", "name==dev*"]])
def test_a_glob_or_filter_needs_a_yes(cli, published, which):
    result = cli("assign", "fw:2.0.0", *which)
    assert result.code == 2 and "2 targets (dev-1, dev-2)" in result.err
    assert assigned(cli) == []
    cli.ok("assign", "fw:2.0.0", *which, "--yes")
    assert assigned(cli) == ["dev-1", "dev-2"]


@pytest.mark.parametrize("which", [["xyz-*"], ["--filter", "name==xyz"]])
def test_a_glob_or_filter_that_finds_nothing_is_refused(cli, published, which):
    result = cli("assign", "fw:2.0.0", *which, "--yes")
    assert result.code == 3 and "no target matches" in result.err


def test_a_filter_with_a_mistake_shows_what_the_server_says(cli, published):
    result = cli("assign", "fw:2.0.0", "--filter", "name=", "--yes")
    assert result.code == 3 and "name=" in result.err


def test_dry_run_counts_and_assigns_nothing(cli, published):
    result = cli.ok("assign", "fw:2.0.0", "dev-*", "--dry-run", "--json").json
    assert result == {"dryRun": True, "distributionSet": 1, "targets": ["dev-1", "dev-2"]}
    assert assigned(cli) == []


@pytest.mark.parametrize(
    "options",
    [
        ["--type", "soft"],
        ["--type", "downloadonly"],
        ["--type", "timeforced", "--forcetime", "2099-12-01T03:00:00+01:00"],
        ["--type", "timeforced", "--forcetime", "4099680000000"],
        ["--weight", "700"],
        ["--no-confirm"],
    ],
)
def test_how_reaches_the_action(cli, published, hawkbit, options):
    cli.ok("assign", "fw:2.0.0", "dev-1", *options)
    action = hawkbit.targets.action("dev-1", 1)
    assert action.force_type == (options[1] if options[0] == "--type" else "forced")
    if "--weight" in options:
        assert action.weight == 700
    if "--forcetime" in options:
        assert action.force_time > 4_000_000_000_000


def test_a_maintenance_window_reaches_the_device(cli, published, devices):
    window = ["--window-schedule", "0 0 3 * * ?", "--window-duration", "00:10:00"]
    cli.ok("assign", "fw:2.0.0", "dev-1", *window, "--window-tz", "+00:00")
    link = devices("dev-1").poll()["_links"]["deploymentBase"]["href"]
    deployment = devices("dev-1")._http.get(link).json()["deployment"]
    assert deployment["maintenanceWindow"] in ("available", "unavailable")


def test_offline_only_records(cli, published):
    cli.ok("assign", "fw:2.0.0", "dev-1", "--offline")
    assert cli.ok("targets", "dev-1", "--sets").lines[0][-2:] == ["fw:2.0.0", "fw:2.0.0"]


def test_offline_says_when_hawkbit_records_nothing(cli, published, image):
    cli.ok("ds", "create", "other", "1:2", "--type", "os", "--module", 1)
    cli.ok("assign", "other:1:2", "dev-1")
    result = cli("assign", "fw:2.0.0", "dev-1", "dev-2", "--offline")
    assert result.code == 1
    assert result.lines == [
        ["-", "dev-1", "not recorded: an update is open"],
        ["2", "dev-2", "assigned"],
    ]
    assert "not recorded for 1 target (dev-1)" in result.err
    assert cli.ok("targets", "dev-1", "--sets").lines[0][-2:] == ["other:1:2", "-"]


@pytest.mark.parametrize(
    ("name", "version"), [("a", "1:2"), ("a:b", "1"), ("a:b", "1:2:3"), ("a", ":")]
)
def test_colons_may_stand_in_name_and_version(cli, published, name, version):
    cli.ok("ds", "create", name, version, "--type", "os", "--module", 1)
    cli.ok("assign", f"{name}:{version}", "dev-1")
    assert cli.ok("ds", "assigned", f"{name}:{version}").lines[0][0] == "dev-1"


def test_colons_that_mean_two_sets_are_refused_with_their_ids(cli, published):
    cli.ok("ds", "create", "a", "b:1", "--type", "os")
    cli.ok("ds", "create", "a:b", "1", "--type", "os")
    result = cli("assign", "a:b:1", "dev-1")
    assert result.code == 3 and "give the id, one of" in result.err


WINDOW = ["--window-schedule", "0 0 3 * * ?", "--window-duration", "00:10:00"]


@pytest.mark.parametrize(
    "options",
    [
        ["--type", "timeforced"],
        ["--forcetime", "4099680000000"],
        ["--type", "timeforced", "--forcetime", "tomorrow"],
        ["--type", "maybe"],
        ["--weight", "1001"],
        ["--weight", "-1"],
        WINDOW,
        [*WINDOW, "--window-tz", "Europe/Berlin"],
        [*WINDOW[:3], "24:00:00", "--window-tz", "+00:00"],
        ["--window-schedule", "every day", *WINDOW[2:], "--window-tz", "+00:00"],
        ["--offline", "--type", "soft"],
    ],
)
def test_options_that_make_no_sense_are_usage_errors(cli, published, options):
    assert cli("assign", "fw:2.0.0", "dev-1", *options).code == 2
    assert assigned(cli) == []


def test_no_target_at_all_is_a_usage_error(cli, published):
    assert cli("assign", "fw:2.0.0").code == 2


@pytest.mark.parametrize("which", ["fw", "fw:3", "99", "FW:2.0.0"])
def test_an_unknown_set_is_refused(cli, published, which):
    assert cli("assign", which, "dev-1").code == 3


def test_an_incomplete_set_is_refused(cli, published):
    cli.ok("ds", "create", "bare", "1", "--type", "os")
    result = cli("assign", "bare:1", "dev-1")
    assert result.code == 3 and "incomplete" in result.err


@pytest.mark.parametrize("name", ["Küche", "a+b", "it's", "a(b)", "q?", "at@home", "[1]"])
def test_hostile_controller_ids_are_found_by_their_name(cli, published, hawkbit, name, tmp_path):
    from rollouts.api.models import NewTarget

    hawkbit.targets.create([NewTarget(controller_id=name, name=name)])
    (tmp_path / "names").write_text(name, encoding="utf-8")
    cli.ok("assign", "fw:2.0.0", "--file", "names")
    assert assigned(cli) == [name]


def test_many_targets_are_found_and_assigned(cli, published, hawkbit, tmp_path):
    from rollouts.api.models import NewTarget

    names = [f"many-{number:04}" for number in range(1200)]
    hawkbit.targets.create([NewTarget(controller_id=name, name=name) for name in names[:600]])
    hawkbit.targets.create([NewTarget(controller_id=name, name=name) for name in names[600:]])
    (tmp_path / "names").write_text("\n".join(names))
    result = cli.ok("assign", "fw:2.0.0", "--file", "names", "--json").json
    assert [one["controllerId"] for one in result] == names
    assert len({one["action"] for one in result}) == 1200


# What people's files hold: spreadsheets, PowerShell, editors.
LISTS = {
    "mark in front": "\ufeffdev-1\r\nother\r\n".encode(),
    "utf-16 of PowerShell": "dev-1\r\nother\r\n".encode("utf-16"),
    "utf-16 big endian": b"\xfe\xff" + "dev-1\nother".encode("utf-16-be"),
    "no line end at the end": b"dev-1\nother",
    "old Mac": b"dev-1\rother\r",
    "blank lines, comments": b"# all\n\n  dev-1 # door\n \t\n\nother\n",
}


@pytest.mark.parametrize("data", LISTS.values(), ids=LISTS)
def test_list_is_read_as_it_was_written(cli, published, tmp_path, data):
    (tmp_path / "names").write_bytes(data)
    cli.ok("assign", "fw:2.0.0", "--file", "names")
    assert assigned(cli) == ["dev-1", "other"]


def test_number_sign_within_an_id_begins_no_comment(cli, published):
    result = cli("assign", "fw:2.0.0", "--file", "-", stdin="dev#1\n")
    assert "unknown target: dev#1" in result.err


NO_LISTS = {
    "csv": (b"dev-1\nid,name\n", r"names, line 2: 'id,name' has ','"),
    "csv of Excel": (
        b"\xef\xbb\xbfid;name\r\ndev-1;door\r\n",
        r"names, line 1: 'id;name' has ';'",
    ),
    "columns": (b"dev-1\tdoor\n", r"names, line 1: .* has '\\t'"),
    "words": (b"dev-1 other\n", r"names, line 1: 'dev-1 other' has ' '"),
    "quotes": (b'"dev-1"\n', r"names, line 1: .* has '\"'"),
    "latin-1": (b"dev-1\ndev-\xe4\n", r"names, line 2: this is no text in utf-8"),
    "utf-16 cut off": (b"\xff\xfed\0e", r"names, line 1: this is no text in utf-16"),
    "utf-16 without its mark": ("dev-1\n".encode("utf-16-le"), r"names, line 1: .* no plain text"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0", r"names, line 1: this is no text"),
    "empty": (b"", r"names names no target"),
    "only a mark": (b"\xef\xbb\xbf", r"names names no target"),
    "only comments": (b"# nobody\n\n", r"names names no target"),
}


@pytest.mark.parametrize(("data", "said"), NO_LISTS.values(), ids=NO_LISTS)
def test_what_is_no_list_is_refused_with_its_line(cli, published, tmp_path, data, said):
    (tmp_path / "names").write_bytes(data)
    result = cli("assign", "fw:2.0.0", "--file", "names", "dev-2")
    assert result.code == 2 and re.search(said, result.err), result.err
    assert assigned(cli) == []
