"""What the operator of a fleet needs beside releases: targets, tags, filters, modules, actions."""

import pytest
from rollouts.api.models import NewTarget


@pytest.fixture
def fleet(hawkbit):
    names = ("desk-1", "lab-1", "lab-2")
    hawkbit.targets.create([NewTarget(controller_id=name) for name in names])


@pytest.fixture
def release(cli, image):
    cli.ok("publish", image, "--name", "fw", "--version", "2")


def test_import_makes_targets_with_tags_and_keeps_tokens_secret(cli, hawkbit, tmp_path):
    (tmp_path / "fleet.csv").write_text(
        "controllerId;name;securityToken;tags\nlab-1;The first;s3cret;lab\nlab-2;;;lab\n"
        'desk-1;"A; B";;\n',
        encoding="utf-8-sig",
    )
    planned = cli.ok("targets", "import", "fleet.csv", "--dry-run")
    assert "would make 3" in planned.out
    assert cli.ok("targets").out == ""
    made = cli.ok("targets", "import", "fleet.csv")
    assert "s3cret" not in made.out + made.err
    assert hawkbit.targets.get("lab-1").security_token == "s3cret"
    assert hawkbit.targets.get("desk-1").name == "A; B"
    assert [line[0] for line in cli.ok("targets", "--tag", "lab").lines] == ["lab-1", "lab-2"]


WRONG = {
    "": ["1: the first line has to name the columns"],
    "name\nx\n": ["1: the first line has to name the columns"],
    "controllerId,colour\nx,red\n": ["1: there is no column 'colour'"],
    "controllerId,name,name\nx,a,b\n": ["1: column name is there twice"],
    "controllerId\n": ["1: there is no target in it"],
    "controllerId,name\na,b,c\nd\n": ["2: it has 3 values for 2 columns", "3: it has 1 values"],
    "controllerId,name\n,b\n\na b,c\n": [
        "2: there is no controllerId",
        "4: a controllerId has no",
    ],
    "controllerId\na\nb\na\n": ["4: a is in line 2 already"],
    f"controllerId,name\na,{'n' * 129}\n": ["2: name has 129 characters, at most 128"],
    'controllerId,name\na,"open\n': ["unexpected end of data"],
    "controllerId\nlab-1\nnew\n": ["2: lab-1 exists already"],
    "controllerId,description\nnew,<b>x</b>\n": ["2: the server refused it: body.0.description"],
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: repr(text)[:40])
def test_wrong_csv_says_the_line_and_makes_nothing(cli, fleet, tmp_path, text):
    (tmp_path / "fleet.csv").write_text(text)
    refused = cli("targets", "import", "fleet.csv")
    assert refused.code == 3
    for problem in WRONG[text]:
        assert f"fleet.csv:{problem}" in refused.err or problem in refused.err
    assert len(cli.ok("targets").lines) == 3


def test_import_changes_those_that_exist_when_told_to(cli, fleet, hawkbit, tmp_path):
    (tmp_path / "fleet.csv").write_text("controllerId,name\nlab-1,Renamed\nnew-1,New\n")
    assert "made 1 target, changed 1" in cli.ok("targets", "import", "fleet.csv", "--update").out
    assert hawkbit.targets.get("lab-1").name == "Renamed"


def test_import_of_no_text_is_refused(cli, tmp_path):
    (tmp_path / "fleet.csv").write_bytes(b"controllerId\n\xff\n")
    refused = cli("targets", "import", "fleet.csv")
    assert refused.code == 2 and "fleet.csv, line 2: this is no text" in refused.err
    assert cli("targets", "import", "nothing.csv").code == 3


def test_import_reads_what_excel_calls_unicode_text(cli, hawkbit, tmp_path):
    (tmp_path / "fleet.txt").write_text("controllerId\tname\nlab-1\tThe, first\n", "utf-16")
    cli.ok("targets", "import", "fleet.txt")
    assert hawkbit.targets.get("lab-1").name == "The, first"


def test_delete_asks_and_deletes(cli, fleet):
    assert cli("targets", "delete", "lab-*").code == 2
    assert "would delete lab-1, lab-2" in cli.ok("targets", "delete", "lab-*", "--dry-run").out
    cli.ok("targets", "delete", "lab-*", "--yes")
    assert [line[0] for line in cli.ok("targets").lines] == ["desk-1"]
    assert cli("targets", "delete", "nobody", "--yes").code == 3


def test_tags_and_assignment_by_tag(cli, fleet, release):
    cli.ok("tags", "create", "lab", "--colour", "#c00")
    cli.ok("tags", "assign", "lab", "lab-*")
    assert [line[0] for line in cli.ok("tags", "targets", "lab").lines] == ["lab-1", "lab-2"]
    assigned = cli.ok("assign", "fw:2", "--tag", "lab", "--yes")
    assert [line[1] for line in assigned.lines] == ["lab-1", "lab-2"]
    cli.ok("tags", "unassign", "lab", "lab-1")
    assert [line[0] for line in cli.ok("targets", "--tag", "lab").lines] == ["lab-2"]
    cli.ok("tags", "delete", "lab", "--yes")
    assert cli.ok("tags").out == ""
    assert cli("tags", "assign", "lab", "lab-1").code == 3


def test_filter_assigns_by_itself_until_stopped(cli, fleet, release, server):
    assert "2 targets match" in cli.ok("filters", "create", "lab", "id==lab*").out
    cli.ok("filters", "auto-assign", "lab", "fw:2", "--type", "soft", "--yes")
    server.step()
    actions = cli.ok("actions", "--active").lines
    assert [line[1:5] for line in actions] == [
        ["lab-1", "fw:2", "soft", "running"],
        ["lab-2", "fw:2", "soft", "running"],
    ]
    assert [line[3] for line in cli.ok("actions", "force", "1").lines] == ["forced"]
    cli.ok("filters", "stop", "lab")
    assert "3 targets match" in cli.ok("filters", "update", "lab", "--query", "id==*").out
    cli.ok("filters", "delete", "lab", "--yes")
    assert cli("filters", "stop", "lab").code == 3


@pytest.mark.parametrize("module", ["1", "assets:1:b"])
def test_modules_and_their_files(cli, image, tmp_path, module):
    cli.ok("modules", "create", "assets", "1:b", "--type", "application")
    cli.ok("modules", "upload", module, image)
    [row] = cli.ok("modules", "show", module).lines
    assert row[1:3] == ["fw.app-bin", str(image.stat().st_size)]
    cli.ok("modules", "download", module, "fw.app-bin", "--to", "copy.bin")
    assert (tmp_path / "copy.bin").read_bytes() == image.read_bytes()
    again = cli("modules", "download", module, "fw.app-bin", "--to", "copy.bin")
    assert again.code == 3  # never over a file that is there
    cli.ok("modules", "remove", module, "fw.app-bin", "--yes")
    assert cli("modules", "download", module, "fw.app-bin").code == 3
    cli.ok("modules", "delete", module, "--yes")
    assert cli.ok("modules").out == ""
    refused = cli("modules", "show", module)
    assert refused.code == 3 and f"no software module {module}" in refused.err


def test_attributes_of_a_device(cli, devices):
    device = devices("lab-1")
    link = device.poll()["_links"]["configData"]["href"]
    device._http.put(link, json={"data": {"hw": "esp32"}}).raise_for_status()
    assert cli.ok("attributes", "lab-1").lines == [["hw", "esp32"]]


# Each has something to change in the server of the test below.
CHANGES = """
modules create new 1 | modules delete 1 | modules upload 1 fleet.csv | modules remove 1 fw.app-bin
filters create new id==* | filters update lab --name other | filters auto-assign lab fw:2
filters stop lab | filters delete lab
tags create new | tags assign lab lab-1 | tags unassign lab lab-1 | tags delete lab
targets delete lab-1 | targets import fleet.csv | actions force 1 | cancel 1
rollout start may | rollout approve may | rollout deny may | rollout pause may
rollout resume may | rollout next may | rollout stop may | rollout delete may | rollout retry may
"""


def test_dry_run_changes_nothing(cli, fleet, release, tmp_path):
    (tmp_path / "fleet.csv").write_text("controllerId\nnew-1\n")
    cli.ok("tags", "create", "lab")
    cli.ok("filters", "create", "lab", "id==lab*")
    cli.ok("rollout", "create", "may", "fw:2", "--filter", "id==*", "--yes")
    cli.ok("assign", "fw:2", "lab-1", "--type", "soft")
    for words in CHANGES.strip().replace("\n", " | ").split(" | "):
        result = cli.ok(*words.split(), "--dry-run", "-v")
        assert "would " in result.out, words
        assert {line.split()[0] for line in result.err.splitlines()} <= {"GET"}, words


def test_a_filter_that_is_not_to_change_is_a_usage_error(cli, hawkbit):
    hawkbit.filters.create("lab", "id==lab*")
    result = cli("filters", "update", "lab")
    assert result.code == 2 and "--name or --query" in result.err
