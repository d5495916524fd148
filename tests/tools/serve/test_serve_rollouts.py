"""Staged rollouts: each transition, each refusal, and what targets and actions become of it."""

import pytest
from rollouts.testing import local_server
from serve_asks import Device, Operator


@pytest.fixture(scope="module")
def _server():
    with local_server(scheduler_period_ms=0) as server:
        yield server


class Fleet(Operator):
    """An operator with targets, a set, and a scheduler that is turned by hand."""

    def step(self, times: int = 1) -> None:
        for _ in range(times):
            self.server.step()

    def targets(self, count: int, prefix: str = "dev") -> None:
        names = [f"{prefix}-{n:03}" for n in range(1, count + 1)]
        self.post_ok("/targets", [{"controllerId": n, "securityToken": "t"} for n in names])

    def create(self, **more) -> int:
        body = {
            "name": f"r{len(self.read('/rollouts')['content'])}",
            "distributionSetId": self.set_id,
            "targetFilterQuery": "id==dev*",
            **more,
        }
        return self.post_ok("/rollouts", body)["id"]

    def started(self, **more) -> int:
        rollout_id = self.create(**more)
        self.step()
        self.do(rollout_id, "start")
        self.step()
        return rollout_id

    def do(self, rollout_id: int, command: str) -> None:
        answer = self.post(f"/rollouts/{rollout_id}/{command}")
        assert answer.status_code in (201, 204), answer.text

    def rollout(self, rollout_id: int) -> dict:
        return self.read(f"/rollouts/{rollout_id}")

    def groups(self, rollout_id: int, member: str = "status") -> list:
        found = self.read(f"/rollouts/{rollout_id}/deploygroups?representation=full&limit=500")
        return [group[member] for group in found["content"]]

    def members(self, rollout_id: int, index: int) -> list[str]:
        group = self.groups(rollout_id, "id")[index]
        found = self.read(f"/rollouts/{rollout_id}/deploygroups/{group}/targets?limit=500")
        return [target["controllerId"] for target in found["content"]]

    def report(self, rollout_id: int, index: int, finished: str, most: int = 500) -> None:
        """The devices of a group close their actions."""
        for controller_id in self.members(rollout_id, index)[:most]:
            open_ = self.read(f"/targets/{controller_id}/actions?q=active==true")["content"]
            device = Device(self.server, controller_id, "TargetToken t")
            assert device.feedback(open_[0]["id"], "closed", finished).is_success


@pytest.fixture
def fleet(_server):
    _server.reset()
    with Fleet(_server) as fleet:
        fleet.set_id = fleet.set_of(fleet.module())
        fleet.targets(6)
        yield fleet


def test_groups_follow_each_other_until_the_rollout_is_finished(fleet):
    rollout_id = fleet.create(amountGroups=3)
    assert fleet.rollout(rollout_id)["status"] == "creating"
    assert fleet.groups(rollout_id) == ["creating"] * 3
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "ready"
    assert fleet.groups(rollout_id, "totalTargets") == [2, 2, 2]
    fleet.do(rollout_id, "start")
    assert fleet.rollout(rollout_id)["status"] == "starting"
    fleet.step()
    assert fleet.groups(rollout_id) == ["running", "scheduled", "scheduled"]
    assert fleet.target("dev-001")["updateStatus"] == "pending"
    assert fleet.target("dev-003")["updateStatus"] == "unknown"
    for index in range(3):
        fleet.report(rollout_id, index, "success")
        fleet.step()
    assert fleet.groups(rollout_id) == ["finished"] * 3
    assert fleet.rollout(rollout_id)["status"] == "finished"
    assert fleet.rollout(rollout_id)["totalTargetsPerStatus"] == {
        "finished": 6, "running": 0, "error": 0, "scheduled": 0, "cancelled": 0, "notstarted": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("success", "done", "statuses"),
    [
        ("50", 1, ["running", "scheduled"]),
        ("50", 2, ["running", "running"]),
        ("100", 2, ["running", "scheduled"]),
        ("0", 0, ["running", "running"]),
        ("half", 3, ["finished", "scheduled"]),
    ],
)
def test_success_threshold_starts_the_next_group(fleet, success, done, statuses):
    rollout_id = fleet.started(amountGroups=2, successCondition={"expression": success})
    fleet.report(rollout_id, 0, "success", done)
    fleet.step()
    assert fleet.groups(rollout_id) == statuses


@pytest.mark.parametrize(
    ("error", "failed", "rollout", "group"),
    [
        ("50", 1, "running", "running"),
        ("50", 2, "paused", "error"),
        ("33", 1, "paused", "error"),
        ("0", 1, "paused", "error"),
        ("none", 3, "running", "finished"),
    ],
)
def test_error_threshold_pauses_the_rollout(fleet, error, failed, rollout, group):
    rollout_id = fleet.started(amountGroups=2, errorCondition={"expression": error})
    fleet.report(rollout_id, 0, "failure", failed)
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == rollout
    assert fleet.groups(rollout_id) == [group, "scheduled"]


def test_resume_after_errors_starts_the_next_group_and_retry_has_the_failed(fleet):
    rollout_id = fleet.started(amountGroups=3)
    fleet.report(rollout_id, 0, "success")
    fleet.step()
    fleet.report(rollout_id, 1, "failure")
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "paused"
    fleet.do(rollout_id, "resume")
    assert fleet.groups(rollout_id) == ["finished", "error", "running"]
    fleet.report(rollout_id, 2, "success")
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "finished"
    again = fleet.post_ok(f"/rollouts/{rollout_id}/retry", None)
    assert (again["name"], again["totalTargets"]) == ("r0_retry", 2)
    fleet.step()
    fleet.do(again["id"], "start")
    fleet.step()
    assert fleet.members(again["id"], 0) == ["dev-003", "dev-004"]


def test_pause_keeps_running_groups_and_resume_goes_on(fleet):
    rollout_id = fleet.started(amountGroups=2)
    fleet.do(rollout_id, "pause")
    fleet.report(rollout_id, 0, "success")
    fleet.step()
    assert fleet.groups(rollout_id) == ["running", "scheduled"]
    fleet.do(rollout_id, "resume")
    fleet.step()
    assert fleet.groups(rollout_id) == ["finished", "running"]


def test_success_action_pause_waits_for_the_operator(fleet):
    rollout_id = fleet.started(amountGroups=2, successAction={"action": "PAUSE"})
    fleet.report(rollout_id, 0, "success")
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "paused"
    fleet.do(rollout_id, "resume")
    assert fleet.groups(rollout_id)[1] == "running"


def test_trigger_next_group_does_not_wait(fleet):
    rollout_id = fleet.started(amountGroups=2)
    fleet.do(rollout_id, "triggerNextGroup")
    assert fleet.groups(rollout_id) == ["running", "running"]
    assert fleet.post(f"/rollouts/{rollout_id}/triggerNextGroup").status_code == 400


def test_starts_at_its_time_on_the_clock_of_the_server(fleet):
    at = fleet.server.clock.now_ms() + 60_000
    rollout_id = fleet.create(startAt=at)
    fleet.step(2)
    assert fleet.rollout(rollout_id)["status"] == "ready"
    fleet.server.clock.advance(61)
    fleet.step(2)
    assert fleet.rollout(rollout_id)["status"] == "running"


@pytest.mark.parametrize(("word", "status"), [("approve", "ready"), ("deny", "approval_denied")])
def test_approval(fleet, word, status):
    fleet.config("rollout.approval.enabled", True)
    rollout_id = fleet.create()
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "waiting_for_approval"
    assert fleet.post(f"/rollouts/{rollout_id}/start").status_code == 400
    fleet.do(rollout_id, f"{word}?remark=because")
    found = fleet.rollout(rollout_id)
    assert (found["status"], found["approvalRemark"]) == (status, "because")
    assert found["approveDecidedBy"] == "admin"


def test_stop_cancels_what_runs_and_drops_what_waits(fleet):
    rollout_id = fleet.started(amountGroups=2)
    fleet.do(rollout_id, "stop")
    assert fleet.rollout(rollout_id)["status"] == "stopping"
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == "stopped"
    assert fleet.groups(rollout_id) == ["finished", "finished"]
    actions = fleet.read(f"/actions?q=rollout.id=={rollout_id}")["content"]
    assert [action["status"] for action in actions] == ["canceling"] * 3
    device = Device(fleet.server, "dev-001", "TargetToken t")
    assert device.links() == {"cancelAction"}


def test_deleted_before_its_start_it_is_gone_later_it_stays_as_deleted(fleet):
    young, old = fleet.create(), fleet.started()
    for rollout_id in (young, old):
        assert fleet.delete(f"/rollouts/{rollout_id}").status_code == 204
        assert fleet.rollout(rollout_id)["status"] == "deleting"
    fleet.step()
    assert fleet.get(f"/rollouts/{young}").status_code == 404
    assert fleet.rollout(old)["deleted"]
    assert fleet.read("/rollouts")["total"] == 0
    assert fleet.target("dev-001")["updateStatus"] == "in_sync"
    assert fleet.put(f"/rollouts/{old}", json={"name": "x"}).status_code == 403


def test_who_has_the_set_already_is_finished_at_once(fleet):
    fleet.assign("dev-001", fleet.set_id)
    rollout_id = fleet.started(targetFilterQuery="id==dev-001")
    assert fleet.rollout(rollout_id)["totalTargetsPerStatus"]["finished"] == 1


def test_a_started_group_cancels_older_updates_and_an_assignment_what_is_scheduled(fleet):
    older = fleet.assign("dev-001", fleet.set_of(fleet.module("other"), name="other"))
    rollout_id = fleet.started(amountGroups=2)
    assert fleet.action(older)["status"] == "canceling"
    fleet.assign("dev-006", fleet.set_of(fleet.module("third"), name="third"))
    actions = fleet.read("/targets/dev-006/actions?sort=id:ASC")["content"]
    assert [action["status"] for action in actions] == ["canceled", "running"]
    assert fleet.rollout(rollout_id)["totalTargetsPerStatus"]["cancelled"] == 1


def test_a_group_that_asks_waits_for_confirmation(fleet):
    fleet.config("user.confirmation.flow.enabled", True)
    rollout_id = fleet.started(confirmationRequired=True)
    assert Device(fleet.server, "dev-001", "TargetToken t").links() == {"confirmationBase"}
    assert fleet.groups(rollout_id, "confirmationRequired") == [True]


def test_deleted_targets_are_no_longer_counted(fleet):
    rollout_id = fleet.started()
    assert fleet.delete("/targets/dev-006").is_success
    fleet.step()
    assert fleet.rollout(rollout_id)["totalTargets"] == 5


def test_groups_by_filter_and_share(fleet):
    halves = [
        {"name": "first", "targetFilterQuery": "id=lt=dev-004", "targetPercentage": 50},
        {"name": "rest", "targetPercentage": 100, "successCondition": {"expression": "90"}},
    ]
    rollout_id = fleet.create(groups=halves, errorCondition={"expression": "7"})
    fleet.step()
    assert [fleet.members(rollout_id, i) for i in (0, 1)] == [
        ["dev-001", "dev-002"],
        ["dev-003", "dev-004", "dev-005", "dev-006"],
    ]
    thresholds = [c["expression"] for c in fleet.groups(rollout_id, "successCondition")]
    assert thresholds == ["50", "90"]
    assert [c["expression"] for c in fleet.groups(rollout_id, "errorCondition")] == ["7", "7"]


def test_dynamic_rollout_takes_in_who_comes_later(fleet):
    rollout_id = fleet.started(amountGroups=1, dynamic=True)
    assert fleet.groups(rollout_id, "dynamic") == [False, True]
    fleet.report(rollout_id, 0, "success")
    fleet.step()
    assert fleet.groups(rollout_id) == ["finished", "running"]
    fleet.targets(1, "dev-new")
    fleet.step()
    assert fleet.members(rollout_id, 1) == []  # it looked a moment ago
    fleet.server.clock.advance(60)
    fleet.step()
    assert fleet.members(rollout_id, 1) == ["dev-new-001"]
    assert fleet.target("dev-new-001")["updateStatus"] == "pending"
    assert fleet.rollout(rollout_id)["status"] == "running"


REFUSED = [
    ({"targetFilterQuery": None}, 400, "rest.param.rsqlParamSyntax"),
    ({"targetFilterQuery": "id=="}, 400, "rest.param.rsqlParamSyntax"),
    ({"targetFilterQuery": "colour==red"}, 400, "rest.param.rsqlInvalidField"),
    ({"targetFilterQuery": "id==nobody"}, 400, "repo.constraintViolation"),
    ({"distributionSetId": 99}, 404, "repo.entityNotFound"),
    ({"distributionSetId": "x"}, 400, "rest.body.notReadable"),
    ({"name": ""}, 400, "repo.constraintViolation"),
    ({"name": "<b>"}, 400, "repo.constraintViolation"),
    ({"amountGroups": -1}, 400, "repo.constraintViolation"),
    ({"amountGroups": 0}, 400, "repo.constraintViolation"),
    ({"amountGroups": 501}, 429, "quota.tooManyEntries"),
    ({"type": "quick"}, 400, "rest.body.notReadable"),
    ({"weight": 1001}, 400, "repo.constraintViolation"),
    ({"groups": []}, 400, "repo.constraintViolation"),
    ({"groups": [{"name": "a"}], "amountGroups": 1}, 400, "repo.constraintViolation"),
    ({"groups": [{"name": "a"}], "dynamic": True}, 400, "repo.constraintViolation"),
    ({"groups": [{"name": "a", "targetPercentage": 50}]}, 400, "repo.constraintViolation"),
    ({"groups": [{"name": "a", "targetPercentage": 0}]}, 400, "repo.constraintViolation"),
    ({"dynamicGroupTemplate": {"targetCount": 2}}, 400, "repo.constraintViolation"),
    ({"successCondition": {"condition": "NEVER"}}, 400, "rest.body.notReadable"),
    ({"errorAction": {"action": "STOP"}}, 400, "rest.body.notReadable"),
]


@pytest.mark.parametrize(("wrong", "status", "code"), REFUSED, ids=lambda v: str(v)[:40])
def test_wrong_rollout_is_refused_and_nothing_is_made(fleet, wrong, status, code):
    body = {"name": "r", "distributionSetId": fleet.set_id, "targetFilterQuery": "id==dev*"}
    answer = fleet.post("/rollouts", json={**body, **wrong})
    assert answer.status_code == status, answer.text
    assert answer.json()["errorCode"] == "hawkbit.server.error." + code
    assert fleet.read("/rollouts")["total"] == 0


# What each command is refused in: everything but these states.
ALLOWED = {
    "start": {"ready"},
    "pause": {"running"},
    "resume": {"paused"},
    "triggerNextGroup": {"running"},
    "approve": set(),
    "deny": set(),
    "retry": {"finished"},
    "stop": {"creating", "ready", "starting", "running", "paused"},
}


def test_command_in_another_state_is_refused(fleet):
    states = {
        "creating": fleet.create,
        "ready": lambda: _after(fleet, fleet.create()),
        "running": lambda: fleet.started(amountGroups=2),
        "paused": lambda: _after(fleet, fleet.started(amountGroups=2), "pause"),
        "stopped": lambda: _after(fleet, fleet.started(), "stop"),
    }
    for state, reach in states.items():
        rollout_id = reach()
        assert fleet.rollout(rollout_id)["status"] == state
        for command, allowed in ALLOWED.items():
            if state not in allowed:
                answer = fleet.post(f"/rollouts/{rollout_id}/{command}")
                assert answer.status_code == 400, (state, command)
        assert fleet.rollout(rollout_id)["status"] == state


def _after(fleet, rollout_id: int, command: str | None = None) -> int:
    if command:
        fleet.do(rollout_id, command)
    fleet.step()
    return rollout_id


@pytest.mark.parametrize("path", ["", "/deploygroups", "/deploygroups/1", "/start"])
def test_unknown_rollout_is_not_found(fleet, path):
    ask = fleet.post if path == "/start" else fleet.get
    answer = ask(f"/rollouts/99{path}")
    assert answer.status_code == 404
    assert answer.json()["info"] == {"type": "Rollout", "entityId": 99}


def test_name_is_taken_once(fleet):
    fleet.create(name="same")
    body = {"name": "same", "distributionSetId": fleet.set_id, "targetFilterQuery": "id==dev*"}
    assert fleet.post("/rollouts", json=body).status_code == 409


@pytest.mark.parametrize(("how", "status"), [("soft", "stopped"), ("force", "deleted")])
def test_invalidated_set_ends_its_rollouts(fleet, how, status):
    rollout_id = fleet.started(amountGroups=2)
    body = {"actionCancelationType": how}
    assert fleet.post(f"/distributionsets/{fleet.set_id}/invalidate", json=body).is_success
    fleet.step()
    assert fleet.rollout(rollout_id)["status"] == status
