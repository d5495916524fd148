"""`rollouts rollout`: a fleet of the local server, updated group by group."""

import pytest
from rollouts.api.models import NewDistributionSet, NewSoftwareModule, NewTarget, Reference


@pytest.fixture
def fleet(hawkbit):
    [module] = hawkbit.modules.create([NewSoftwareModule(name="fw", version="1", type="os")])
    new = NewDistributionSet(name="fw", version="1", type="os", modules=[Reference(id=module.id)])
    hawkbit.sets.create([new])
    hawkbit.targets.create([NewTarget(controller_id=f"dev-{n}") for n in range(4)])


@pytest.fixture
def create(cli, fleet):
    def make(*options, name="may"):
        words = ("rollout", "create", name, "fw:1", "--filter", "id==dev*", "--yes")
        return cli.ok(*words, *options)

    return make


def close(server, hawkbit, devices, finished, names):
    for name in names:
        [action] = [one for one in hawkbit.targets.actions(name) if one.active]
        devices(name).report(action.id, "closed", finished)


def test_create_says_how_many_targets_each_group_gets_and_asks(cli, fleet):
    words = ("rollout", "create", "may", "fw:1", "--filter", "id==dev*", "--groups", "3")
    asked = cli(*words)
    assert asked.code == 2
    assert "group-1: 1 target\ngroup-2: 2 targets\ngroup-3: 1 target" in asked.err
    assert cli.ok("rollout", "list").out == ""
    planned = cli.ok(*words, "--dry-run")
    assert planned.lines == [["group-1", "1"], ["group-2", "2"], ["group-3", "1"]]


def test_plan_is_what_the_server_makes_of_it(cli, hawkbit, server, create):
    shares = ("--group", "lab=100:id==dev-0", "--group", "few=30", "--group", "rest=70")
    planned = cli.ok(
        "rollout", "create", "x", "fw:1", "--filter", "id==dev*", *shares, "--dry-run"
    )
    made = create(*shares, "--json").json
    server.step()
    groups = hawkbit.rollouts.groups(made["id"])
    assert [[g.name, str(g.total_targets)] for g in groups] == planned.lines
    assert sum(g.total_targets for g in groups) == 4


def test_whole_rollout_with_a_failure_resume_and_retry(cli, server, hawkbit, devices, create):
    create("--groups", "2", "--start", "--error", "10")
    server.step()
    assert cli.ok("rollout", "list").lines[0][1:3] == ["may", "running"]
    close(server, hawkbit, devices, "failure", ["dev-0"])
    close(server, hawkbit, devices, "success", ["dev-1"])
    server.step()
    watched = cli("rollout", "watch", "may")
    assert watched.code == 1
    assert "rollouts rollout resume may" in watched.err
    assert [line[1] for line in watched.lines] == ["error", "scheduled"]
    cli.ok("rollout", "resume", "may")
    close(server, hawkbit, devices, "success", ["dev-2", "dev-3"])
    server.step()
    assert cli("rollout", "watch", "may").code == 1  # one target failed
    retried = cli.ok("rollout", "retry", "may", "--start", "--json").json
    assert (retried["name"], retried["totalTargets"]) == ("may_retry", 1)
    server.step()
    close(server, hawkbit, devices, "success", ["dev-0"])
    server.step()
    assert cli.ok("rollout", "watch", "may_retry").lines == [
        ["group-1", "finished", "1: 1 finished"]
    ]


def test_commands_of_a_running_rollout(cli, server, create):
    create("--groups", "4", "--start")
    server.step()
    assert "is paused" in cli.ok("rollout", "pause", "may").out
    assert "is running" in cli.ok("rollout", "resume", "may").out
    cli.ok("rollout", "next", "may")
    assert [g["status"] for g in cli.ok("rollout", "show", "may", "--json").json["groups"]] == [
        "running", "running", "scheduled", "scheduled",
    ]  # fmt: skip
    assert [line[0] for line in cli.ok("rollout", "targets", "may", "group-2").lines] == ["dev-1"]
    assert "is stopping" in cli.ok("rollout", "stop", "may", "--yes").out
    cli.ok("rollout", "delete", "may", "--yes")
    server.step()
    assert cli.ok("rollout", "list").out == ""


@pytest.mark.parametrize(("word", "status"), [("approve", "ready"), ("deny", "approval_denied")])
def test_approval(cli, hawkbit, create, word, status):
    hawkbit.configuration.set("rollout.approval.enabled", True)
    started = create("--start")
    assert "rollouts rollout approve may" in started.err
    assert f"is {status}" in cli.ok("rollout", word, "may", "--remark", "why").out
    assert hawkbit.rollouts.find()[0].approval_remark == "why"


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--groups", "2", "--group", "a=100"], 2, "not both"),
        (["--group", "a"], 2, "no group such as"),
        (["--group", "a=0.5"], 2, "1 to 100"),
        (["--group", "a=50"], 3, "leave 2 of 4 targets out"),
        (["--group", "a=100", "--dynamic"], 2, "--groups only"),
        (["--filter", "id==nobody"], 3, "no target matches"),
        (["--filter", "colour==red"], 3, "colour"),
        (["--start", "--start-at", "1"], 2, "not both"),
        (["--start-at", "tomorrow"], 2, "is no time"),
        (["--type", "timeforced"], 2, "belong together"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_make_nothing(cli, fleet, options, code, text):
    words = ("rollout", "create", "may", "fw:1", "--filter", "id==dev*", "--yes")
    refused = cli(*words, *options)
    assert (refused.code, text in refused.err) == (code, True), refused.err
    assert cli.ok("rollout", "list").out == ""


@pytest.mark.parametrize(
    "words", [["start", "none"], ["show", "99"], ["watch", "none"], ["retry", "none"]]
)
def test_unknown_rollout_is_refused(cli, words):
    refused = cli("rollout", *words)
    assert refused.code == 3
    assert "no rollout" in refused.err


def test_wrong_state_is_refused_with_the_state(cli, server, create):
    create()
    server.step()
    refused = cli("rollout", "pause", "may")
    assert refused.code == 3
    assert "this is ready" in refused.err


def test_watch_gives_up_at_the_timeout(cli, server, create):
    create("--start")
    server.step()
    assert cli("rollout", "watch", "may", "--timeout", "0").code == 5


def test_a_group_that_is_not_there_is_refused(cli, create):
    create()
    result = cli("rollout", "targets", "may", "lab")
    assert result.code == 3 and "no group lab" in result.err
