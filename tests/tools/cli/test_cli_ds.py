"""ds: a verb for each of the 18 endpoints, on servers of both dialects."""

import pytest
from rollouts.api import Hawkbit
from rollouts.api.models import NewSoftwareModule


@pytest.fixture
def module(any_server):
    with Hawkbit(any_server.url, any_server.user, any_server.password) as client:
        new = [
            NewSoftwareModule(name=name, version="1", type=kind)
            for name, kind in (("core", "os"), ("app", "application"))
        ]
        return {one.name: one.id for one in client.modules.create(new)}


@pytest.fixture
def fw(any_cli, module):
    any_cli.ok("ds", "create", "fw", "1", "--type", "os_app", "--module", "core:1")


def test_created_listed_and_shown(any_cli, fw, module):
    any_cli.ok("ds", "create", "fw", "2", "--type", "os", "--description", "d", "--migration-step")
    listed = any_cli.ok("ds", "list", "--q", "name==fw", "--sort", "version:DESC").lines
    assert [line[1:5] for line in listed] == [
        ["fw", "2", "os", "incomplete"],
        ["fw", "1", "os_app", "ready"],
    ]
    one = any_cli.ok("ds", "show", "fw:2", "--json").json
    assert one["requiredMigrationStep"] is True and one["description"] == "d"
    assert any_cli.ok("ds", "show", str(one["id"]), "--json").json == one


def test_the_same_name_twice_is_refused(any_cli, fw):
    result = any_cli("ds", "create", "fw", "1", "--type", "os_app")
    assert result.code == 3 and "exist" in result.err


def test_updated(any_cli, fw):
    any_cli.ok("ds", "update", "fw:1", "--version", "1.1", "--description", "x")
    assert any_cli.ok("ds", "show", "fw:1.1", "--json").json["description"] == "x"
    assert any_cli("ds", "update", "fw:1.1").code == 2


def test_modules_are_added_listed_and_removed(any_cli, fw, module):
    any_cli.ok("ds", "add-module", "fw:1", module["app"])
    assert [line[1] for line in any_cli.ok("ds", "modules", "fw:1").lines] == ["core", "app"]
    by_name = any_cli.ok("ds", "modules", "fw:1", "--sort", "name:ASC").lines
    assert [line[1] for line in by_name] == ["app", "core"]
    any_cli.ok("ds", "remove-module", "fw:1", "app:1")
    assert [line[1] for line in any_cli.ok("ds", "modules", "fw:1").lines] == ["core"]
    assert any_cli("ds", "add-module", "fw:1", "999").code == 3


def test_assigned_and_installed_targets(any_cli, fw, devices):
    device = devices("dev-1")
    assert any_cli.ok("ds", "assigned", "fw:1").out == ""
    any_cli.ok("ds", "assign", "fw:1", "dev-1")
    assert any_cli.ok("ds", "assigned", "fw:1").lines[0][0] == "dev-1"
    assert any_cli.ok("ds", "installed", "fw:1").out == ""
    device.report(1, "closed", "success")
    assert any_cli.ok("ds", "installed", "fw:1").lines[0][2] == "in_sync"


def test_filters_that_assign_the_set(any_cli, fw, any_server):
    with Hawkbit(any_server.url, any_server.user, any_server.password) as client:
        one = client.filters.create("kitchen", "name==nobody*")
        client.filters.auto_assign(one.id, 1, type="soft")
    [line] = any_cli.ok("ds", "filters", "fw:1").lines
    assert line[1:5] == ["kitchen", "name==nobody*", "1", "soft"]


def test_metadata(any_cli, fw):
    any_cli.ok("ds", "meta", "set-new", "fw:1", "git=4f2a1c", "a.b/c=x=y")
    assert any_cli.ok("ds", "meta", "list", "fw:1").lines == [["a.b/c", "x=y"], ["git", "4f2a1c"]]
    any_cli.ok("ds", "meta", "set", "fw:1", "git", "new value")
    assert any_cli.ok("ds", "meta", "get", "fw:1", "git").out == "new value\n"
    any_cli.ok("ds", "meta", "delete", "fw:1", "git", "--yes")
    assert any_cli("ds", "meta", "get", "fw:1", "git").code == 3
    assert any_cli("ds", "meta", "set-new", "fw:1", "novalue").code == 2


def test_deleted(any_cli, fw):
    assert any_cli("ds", "delete", "fw:1").code == 2
    any_cli.ok("ds", "delete", "fw:1", "--yes")
    assert any_cli("ds", "show", "fw:1").code == 3


@pytest.mark.parametrize(
    ("actions", "status"), [("force", "canceled"), ("soft", "canceling"), ("none", "running")]
)
def test_invalidated(any_cli, fw, devices, actions, status):
    devices("dev-1")
    any_cli.ok("ds", "assign", "fw:1", "dev-1")
    assert any_cli("ds", "invalidate", "fw:1", "--actions", actions).code == 2
    any_cli.ok("ds", "invalidate", "fw:1", "--actions", actions, "--yes")
    assert any_cli.ok("ds", "show", "fw:1", "--json").json["valid"] is False
    [one] = any_cli.ok("history", "dev-1", "--json").json
    assert one["action"]["status"] == status


def test_invalidate_leaves_actions_as_they_are_unless_it_is_told(any_cli, fw, devices):
    devices("dev-1")
    any_cli.ok("assign", "fw:1", "dev-1")
    any_cli.ok("ds", "invalidate", "fw:1", "--yes")
    assert any_cli.ok("history", "dev-1").lines[-1][3] == "running"


def test_invalidate_refuses_other_words(any_cli, fw):
    assert any_cli("ds", "invalidate", "fw:1", "--yes", "--actions", "maybe").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["create", "new", "1"],
        ["update", "fw:1", "--description", "changed"],
        ["delete", "fw:1"],
        ["invalidate", "fw:1", "--actions", "force"],
        ["add-module", "fw:1", "2"],
        ["remove-module", "fw:1", "1"],
        ["meta", "set-new", "fw:1", "k=v"],
        ["meta", "set", "fw:1", "k", "v"],
        ["meta", "delete", "fw:1", "k"],
    ],
)
def test_dry_run_changes_nothing(any_cli, fw, arguments):
    def state():
        sets = any_cli.ok("ds", "list", "--json").json
        return sets, any_cli.ok("ds", "meta", "list", "fw:1", "--json").json

    before = state()
    result = any_cli.ok("ds", *arguments, "--dry-run", "-v")
    assert result.out.startswith("would ")
    assert {line.split()[0] for line in result.err.splitlines()} <= {"GET"}
    assert state() == before
