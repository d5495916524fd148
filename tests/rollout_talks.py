"""Conversations about rollouts that any hawkBit can be asked, and how two of them compare.

    python rollout_talks.py URL FILE

records those of a running hawkBit (user admin, password admin), whose scheduler looks every 200 ms
(--hawkbit.rollout.scheduler.fixedDelay=200) and lets dynamic groups grow after 500 ms
(--hawkbit.server.repository.dynamicRolloutsMinInvolvePeriodMS=500). A line a step: what was asked
and what came, without what differs by chance: ids, times and wording.
"""

import json
import random
import re
import sys
import time

import httpx

TALKS = {}
# Times, and words that every server has of its own.
_ANY = {
    "createdAt", "lastModifiedAt", "timestamp", "id", "entityId", "rollout",
    "distributionSetId",
}  # fmt: skip
_ID = re.compile(
    r"(/rollouts/|/deploygroups/|/distributionsets/|/actions/|failedrollout==|rollout.id==)\d+"
)
_STAMP = re.compile(r"-at\d+")
_SETTLE_S = 1.5
_MOVING = ("creating", "starting", "stopping", "deleting")


def talk(function):
    TALKS[function.__name__] = function
    return function


class Talk:
    """One conversation: what it asks is a step each. `settle`: let the scheduler do its work."""

    def __init__(self, url, name, settle):
        name = f"{name}-at{time.time_ns()}"  # names are taken once for all
        self._http = httpx.Client(base_url=f"{url}/rest/v1", auth=("admin", "admin"), timeout=30)
        self._ddi = httpx.Client(base_url=f"{url}/DEFAULT/controller/v1")
        self._settle = settle
        self.name = name
        self.steps = []
        self.set_id = self.make_set(name)

    def call(self, method, path, body=None):
        return self._http.request(method, path, json=body)

    def ask(self, method, path, body=None, title=None):
        """A step. Returns the JSON of the answer."""
        answer = self.call(method, path, body)
        found = answer.json() if answer.content else None
        self.note(title or f"{method} {path}", answer.status_code, found)
        return found or {}

    def note(self, title, status, body=None):
        self.steps.append(_clean({"title": title, "status": status, "body": body}))

    def settle(self):
        self._settle()

    def make_set(self, name):
        module = [{"name": name, "version": "1", "type": "os"}]
        module_id = self.call("POST", "/softwaremodules", module).json()[0]["id"]
        new = {"name": name, "version": "1", "type": "os", "modules": [{"id": module_id}]}
        return self.call("POST", "/distributionsets", [new]).json()[0]["id"]

    def targets(self, count, prefix=""):
        names = [f"{self.name}-{prefix}{n}" for n in range(1, count + 1)]
        for name in names:  # hawkBit gives the ids of one list in any order
            new = [{"controllerId": name, "securityToken": "token"}]
            assert self.call("POST", "/targets", new).status_code == 201
        return names

    def body(self, name="r", **more):
        return {
            "name": f"{self.name}-{name}",
            "distributionSetId": self.set_id,
            "targetFilterQuery": f"id=={self.name}-*",
            **more,
        }

    def create(self, name="r", **more):
        return self.ask("POST", "/rollouts", self.body(name, **more), "create").get("id")

    def started(self, name="r", **more):
        rollout_id = self.create(name, **more)
        self.settle()
        self.do(rollout_id, "start")
        self.settle()
        return rollout_id

    def do(self, rollout_id, command):
        self.ask("POST", f"/rollouts/{rollout_id}/{command}", title=command)

    def report(self, target, finished="success"):
        """The device closes the first action that it is offered; or says it canceled."""
        self._ddi.headers["Authorization"] = "TargetToken token"
        links = self._ddi.get(f"/{target}").json().get("_links", {})
        for channel in ("cancelAction", "deploymentBase"):
            if channel in links:
                path = re.search(rf"/({channel}/\d+)", links[channel]["href"])[1]
                status = {"execution": "closed", "result": {"finished": finished}}
                answer = self._ddi.post(f"/{target}/{path}/feedback", json={"status": status})
                assert answer.is_success, answer.text
                return

    def reports(self, names, finished="success"):
        """One after the other, each with its consequences."""
        for name in names:
            self.report(name, finished)
            self.settle()

    def view(self, rollout_id, *targets):
        """A step: what the server believes of a rollout, its groups, targets and actions."""
        path = f"/rollouts/{rollout_id}"
        rollout = self.call("GET", path)
        groups = self.call("GET", f"{path}/deploygroups?representation=full&limit=500").json()
        believed = {
            "of": rollout.status_code == 200 and _brief(rollout.json()),
            "groups": [_brief(group) for group in groups.get("content", ())],
            "targets": [self._target(name) for name in targets],
        }
        self.note("view", rollout.status_code, believed)

    def _target(self, name):
        found = self.call("GET", f"/targets/{name}")
        if found.status_code != 200:
            return [name, found.status_code]
        actions = self.call("GET", f"/targets/{name}/actions?sort=id:ASC").json()["content"]
        return [name, found.json()["updateStatus"], *[[a["status"], a["active"]] for a in actions]]


def _clean(value, key=None):
    if isinstance(value, dict):
        return {k: _clean(v, k) for k, v in sorted(value.items()) if k != "message"}
    if isinstance(value, list):
        return [_clean(item, key) for item in value]
    if key in _ANY and value is not None:
        return "*"
    if isinstance(value, str):
        value = re.sub(r"https?://[^/]+", "", value)
        return _ID.sub(r"\1N", _STAMP.sub("", value))
    return value


def _brief(one):
    totals = {k: v for k, v in (one.get("totalTargetsPerStatus") or {}).items() if v}
    return [one["name"], one["status"], one["totalTargets"], totals]


def follow(url, name, settle):
    """The steps of one talk, asked of the server at `url`."""
    run = Talk(url, name, settle)
    TALKS[name](run)
    return run.steps


@talk
def whole(t):
    """From creation to retry: whole answers, lists, queries, sorting, members of a group."""
    names = t.targets(6)
    rollout_id = t.create(amountGroups=3, description="all", errorCondition={"expression": "40"})
    t.settle()
    targets = _lists(t, f"/rollouts/{rollout_id}")
    t.view(rollout_id, *names)
    for more in (
        "",
        "?limit=1",
        f"?q=id=={names[2]}",
        "?sort=name:DESC",
        "?sort=controllerId:ASC",
    ):
        found = t.call("GET", targets + more)
        ids = [one["controllerId"] for one in found.json().get("content", ())]
        t.note(f"targets{more}", found.status_code, ids)
    t.do(rollout_id, "start")
    t.settle()
    _running(t, rollout_id, names, targets)
    _ended(t, rollout_id, names)


def _lists(t, path):
    t.ask("GET", path)
    groups = t.ask("GET", f"{path}/deploygroups")["content"]
    ids = [group["id"] for group in groups]
    t.ask("GET", f"{path}/deploygroups?representation=full&limit=1&offset=1")
    t.ask("GET", f"{path}/deploygroups?q=name==group-2")
    t.ask("GET", f"{path}/deploygroups?sort=name:DESC")
    t.ask("GET", f"{path}/deploygroups?sort=status:ASC")
    t.ask("GET", f"{path}/deploygroups?q=status==ready")
    t.ask("GET", f"{path}/deploygroups/{ids[0]}")
    t.ask("GET", f"{path}/deploygroups/999999")
    return f"{path}/deploygroups/{ids[1]}/targets"


def _running(t, rollout_id, names, targets):
    t.ask("GET", f"/rollouts?q=name=={t.name}*")
    t.ask("GET", f"/rollouts?representation=full&q=name=={t.name}*;status==running")
    for query in ("distributionset.name==x", "status==nothing", "colour==red", "name=="):
        t.ask("GET", f"/rollouts?q={query}")
    t.ask("GET", "/rollouts?sort=colour:ASC")
    t.view(rollout_id, *names)
    found = t.call("GET", targets).json()["content"]
    t.note("targets", 200, [x["controllerId"] for x in found])
    action = t.call("GET", f"/targets/{names[0]}/actions").json()["content"][0]["id"]
    t.ask("GET", f"/targets/{names[0]}/actions/{action}")
    entries = t.call("GET", f"/targets/{names[0]}/actions/{action}/status").json()["content"]
    t.note("entries", 200, [e["type"] for e in entries])
    changes = {"name": f"{t.name}-renamed", "description": "b"}
    t.ask("PUT", f"/rollouts/{rollout_id}", changes)


def _ended(t, rollout_id, names):
    t.report(names[0], "failure")
    t.report(names[1])
    t.settle()
    t.view(rollout_id, *names)
    t.do(rollout_id, "retry")
    t.do(rollout_id, "resume")
    for name in names[2:]:
        t.report(name)
        t.settle()
        t.view(rollout_id, *names)
    again = t.ask("POST", f"/rollouts/{rollout_id}/retry", title="retry").get("id")
    t.settle()
    t.ask("GET", f"/rollouts/{again}")
    t.do(again, "start")
    t.settle()
    t.view(again, *names)
    t.ask("GET", f"/distributionsets/{t.set_id}/statistics")
    t.ask("POST", f"/rollouts/{rollout_id}/retry", title="retry: name is taken")


@talk
def refused(t):
    """Wrong creations, ids, bodies and media types."""
    t.targets(3)
    group = {"name": "g", "targetPercentage": 100}

    def one(**more):
        return {"groups": [{**group, **more}]}

    wrong = [
        {"targetFilterQuery": None}, {"targetFilterQuery": ""}, {"targetFilterQuery": "id=="},
        {"targetFilterQuery": "colour==red"}, {"targetFilterQuery": "id==nobody-*"},
        {"targetFilterQuery": "failedrollout==1"}, {"targetFilterQuery": "name==<b>"},
        {"distributionSetId": 999999}, {"distributionSetId": None}, {"distributionSetId": "x"},
        {"name": None}, {"name": ""}, {"name": "n" * 129}, {"name": "<b>x</b>"},
        {"description": "d" * 513}, {"description": "<b>x</b>"},
        {"amountGroups": -1}, {"amountGroups": 0}, {"amountGroups": 501}, {"amountGroups": "two"},
        {"amountGroups": 0, "dynamic": True}, {"type": "quick"}, {"type": None, "name": "okay"},
        {"weight": 1001}, {"weight": -1}, {"startAt": "soon"}, {"dynamic": "maybe"},
        {"groups": []}, {"groups": [group], "amountGroups": 1},
        {"groups": [group], "dynamic": True},
        one(targetPercentage=50), one(targetPercentage=0),
        one(targetPercentage=101), one(targetPercentage=-5),
        {"groups": [{"targetPercentage": 100}]}, one(name=""),
        one(name="n" * 129), one(targetFilterQuery=""),
        one(targetFilterQuery="colour==red"),
        one(targetFilterQuery="id==nobody"),
        one(targetFilterQuery="(("), {"groups": {}},
        one(successCondition={"condition": "X"}),
        {"dynamicGroupTemplate": {"targetCount": 2}},
        {"successCondition": {"condition": "NEVER"}}, {"successCondition": {"condition": None}},
        {"successCondition": {"condition": "THRESHOLD", "expression": None}},
        {"successCondition": "50"}, {"successCondition": {"expression": "e" * 513}},
        {"errorCondition": {"condition": "threshold", "expression": "1"}},
        {"errorAction": {"action": "STOP"}}, {"successAction": {"action": "STOP"}},
        {"errorAction": {"expression": "x" * 513}},
    ]  # fmt: skip
    for more in wrong:
        t.ask("POST", "/rollouts", t.body(**more), f"create with {json.dumps(more)[:90]}")
    t.ask("POST", "/rollouts", [t.body()], "create a list")
    t.ask("POST", "/rollouts", {}, "create nothing")
    good = t.create("good")
    t.settle()
    t.create("good")
    for method, path in (
        ("GET", "/rollouts/999999"), ("GET", "/rollouts/x"), ("DELETE", "/rollouts/999999"),
        ("GET", "/rollouts/999999/deploygroups"), ("GET", "/rollouts/999999/deploygroups/1"),
        ("GET", "/rollouts/999999/deploygroups/1/targets"), ("PATCH", "/rollouts/1"),
        ("GET", f"/rollouts/{good}/nothing"), ("GET", f"/rollouts/{good}/start"),
        ("GET", f"/rollouts/{good}/deploygroups/999999/targets"), ("PUT", "/rollouts"),
        ("GET", f"/rollouts/{good}/deploygroups/x"), ("DELETE", "/rollouts"),
    ):  # fmt: skip
        t.ask(method, path)
    commands = ("start", "pause", "resume", "stop", "triggerNextGroup", "approve", "deny", "retry")
    for command in commands:
        t.ask("POST", f"/rollouts/999999/{command}")
    for change in (
        {"name": ""},
        {"name": "<b>"},
        {"description": "d" * 513},
        {"name": None},
        {},
        [],
    ):
        t.ask("PUT", f"/rollouts/{good}", change, f"change {json.dumps(change)[:40]}")
    t.ask("PUT", f"/rollouts/{t.create('other')}", {"name": f"{t.name}-good"}, "take a name")


_COMMANDS = ("retry", "approve", "deny", "resume", "triggerNextGroup", "pause", "start", "stop")


def _all_but(t, rollout_id, *without):
    for command in _COMMANDS:
        if command not in without:
            t.do(rollout_id, command)
    t.view(rollout_id)


def _end(t, rollout_id, command):
    path = f"/rollouts/{rollout_id}"
    how = ("DELETE", path) if command == "delete" else ("POST", f"{path}/{command}")
    t.ask(*how, title=command)
    t.settle()
    t.view(rollout_id)


@talk
def states(t):
    """Every command in every state."""
    names = t.targets(4)
    ready = t.create("ready", amountGroups=2)
    t.settle()
    _all_but(t, ready, "start", "stop")
    t.do(ready, "start")
    t.settle()
    _all_but(t, ready, "triggerNextGroup", "pause", "stop")
    t.do(ready, "pause")
    _all_but(t, ready, "resume", "stop")
    _end(t, ready, "stop")
    _all_but(t, ready)
    t.ask("PUT", f"/rollouts/{ready}", {"description": "later"}, "change a stopped one")
    _end(t, ready, "delete")
    _all_but(t, ready)
    t.ask("GET", f"/rollouts/{ready}")
    t.ask("PUT", f"/rollouts/{ready}", {"description": "later"}, "change a deleted one")
    _end(t, ready, "delete")
    t.ask("DELETE", f"/distributionsets/{t.set_id}", title="delete the set")
    _other_states(t, names)


def _other_states(t, names):
    t.set_id = t.make_set(f"{t.name}-other")
    for name, command in (("waiting", "stop"), ("gone", "delete")):
        unstarted = t.create(name)
        t.settle()
        _end(t, unstarted, command)
    _all_but(t, unstarted)
    done = t.started("done", amountGroups=1)
    for name in names:
        t.report(name)
    t.settle()
    t.view(done, *names)
    _all_but(t, done, "retry")
    t.do(done, "retry")
    _end(t, done, "delete")


@talk
def conditions(t):
    """Thresholds that are met, not met, odd or no numbers; pausing after each group."""
    names = t.targets(4)
    for number, (more, reports) in enumerate([
        ({"successCondition": {"expression": "100"}}, ["success"]),
        ({"successCondition": {"expression": "0"}}, []),
        ({"successCondition": {"expression": "half"}}, ["success", "success"]),
        ({"successCondition": {"expression": "+50"}}, ["success"]),
        ({"errorCondition": {"expression": "0"}}, ["failure"]),
        ({"errorCondition": {"expression": "none"}}, ["failure", "failure"]),
        ({"errorCondition": {"expression": "50"}}, ["failure", "success"]),
        ({"errorCondition": {"expression": "49"}}, ["failure"]),
        ({"successAction": {"action": "PAUSE"}}, ["success"]),
    ]):  # fmt: skip
        t.set_id = t.make_set(f"{t.name}-{number}")
        rollout_id = t.started(f"r{number}", amountGroups=2, **more)
        for name, finished in zip(names, reports, strict=False):
            t.report(name, finished)
            t.report(name, finished)
        t.settle()
        t.view(rollout_id, *names)
        t.do(rollout_id, "resume")
        t.settle()
        t.view(rollout_id, *names)
        t.do(rollout_id, "stop")
        t.settle()
        t.view(rollout_id, *names)
        for name in names:
            t.report(name)
        t.ask("DELETE", f"/rollouts/{rollout_id}", title="delete")
        t.settle()
        t.view(rollout_id, *names)


@talk
def last_group(t):
    """The last group fails: what becomes of the rollout; a group whose targets are deleted."""
    names = t.targets(4)
    rollout_id = t.started(amountGroups=2, errorCondition={"expression": "10"})
    t.report(names[0])
    t.report(names[1])
    t.settle()
    t.report(names[2], "failure")
    t.settle()
    t.view(rollout_id, *names)
    t.do(rollout_id, "resume")
    t.settle()
    t.report(names[3])
    t.settle()
    t.view(rollout_id, *names)
    t.set_id = t.make_set(f"{t.name}-2")
    second = t.started("second", amountGroups=2)
    for name in names[:2]:
        t.ask("DELETE", f"/targets/{name}", title="delete target")
    t.settle()
    t.view(second, *names)
    t.ask("GET", f"/rollouts/{second}")
    both = t.create("both", amountGroups=2)
    t.settle()
    t.do(both, "start")
    t.settle()
    t.do(both, "triggerNextGroup")
    t.view(both, *names)


@talk
def groups(t):
    """Groups by filter and share, with conditions of their own and of the rollout."""
    names = t.targets(7)
    both = f"id=={t.name}-1,id=={t.name}-2"

    def g(name, percent=None, query=None, **more):
        given = {"targetPercentage": percent, "targetFilterQuery": query, **more}
        return {"name": name, **{k: v for k, v in given.items() if v is not None}}

    own = {"expression": "90"}
    pause = {"action": "PAUSE", "expression": "x"}
    shares = [
        [g("a", 30), g("b", 70)],
        [g("a", 30), g("b", 100)],
        [g("a", 33.3), g("b", 33.3), g("c", 33.4)],
        [g("a"), g("b")],
        [g("a", 50, both), g("b", 100)],
        [g("a", query=both), g("b", query=f"id=={t.name}-*", description="d")],
        [g("a", 50, both), g("b", 50, both), g("c")],
        [g("a", 20), g("b", query=both), g("c", 80)],
        [g("a", successCondition=own, errorAction=pause, confirmationRequired=True)],
        [g("a", 10), g("b", 10), g("c", 80)],
    ]  # fmt: skip
    for number, listed in enumerate(shares):
        rollout_id = t.create(f"r{number}", groups=listed, successCondition={"expression": "70"})
        if rollout_id:
            t.settle()
            t.ask("GET", f"/rollouts/{rollout_id}/deploygroups")
            t.view(rollout_id)
    for amount in (1, 2, 3, 4, 6, 7, 8):
        rollout_id = t.create(f"n{amount}", amountGroups=amount)
        t.settle()
        t.view(rollout_id)
        t.ask("GET", f"/rollouts/{rollout_id}/deploygroups?limit=1&offset=1")
    t.view(t.started("all", amountGroups=3), *names)


@talk
def dynamic(t):
    """Dynamic groups: after static ones, with a template, none but a dynamic one."""
    names = t.targets(3)
    for number, more in enumerate([
        {"amountGroups": 1},
        {"amountGroups": 1, "dynamicGroupTemplate": {"nameSuffix": "-dyn", "targetCount": 2}},
        {"amountGroups": 0, "dynamicGroupTemplate": {"targetCount": 2}},
        {"amountGroups": 2, "dynamicGroupTemplate": {"targetCount": 0}},
    ]):  # fmt: skip
        t.set_id = t.make_set(f"{t.name}-{number}")
        rollout_id = t.create(f"r{number}", dynamic=True, **more)
        t.settle()
        t.ask("GET", f"/rollouts/{rollout_id}/deploygroups")
        t.do(rollout_id, "start")
        t.settle()
        t.view(rollout_id, *names)
        t.reports(names)
        t.view(rollout_id, *names)
        names += t.targets(3, f"new{number}-")
        t.settle()
        t.view(rollout_id, *names)
        t.reports(names[-3:], "failure" if number % 2 else "success")
        t.view(rollout_id, *names)
        t.ask("GET", f"/rollouts/{rollout_id}")
        t.do(rollout_id, "stop")
        t.settle()
        t.view(rollout_id, *names)
        for name in names * 2:
            t.report(name)


@talk
def kinds(t):
    """Soft, timeforced, download-only, weights, start times; the set is there, or invalid."""
    names = t.targets(2)
    for number, more in enumerate([
        {"type": "soft", "weight": 5},
        {"type": "timeforced", "forcetime": 4000000000000},
        {"type": "downloadonly"},
        {"startAt": 1},
        {"startAt": 4000000000000},
    ]):  # fmt: skip
        t.set_id = t.make_set(f"{t.name}-{number}")
        rollout_id = t.create(f"r{number}", **more)
        t.settle()
        t.view(rollout_id, *names)
        t.do(rollout_id, "start")
        t.settle()
        action = t.call("GET", f"/targets/{names[0]}/actions").json()["content"]
        if action:
            t.ask("GET", f"/targets/{names[0]}/actions/{action[0]['id']}")
        for name in names:
            t.report(name)
            t.report(name)
        t.settle()
        t.view(rollout_id, *names)
    again = t.started("again")
    t.view(again, *names)
    for how in ("none", "soft", "force"):
        t.set_id = t.make_set(f"{t.name}-{how}")
        rollout_id = t.started(how, amountGroups=2)
        body = {"actionCancelationType": how}
        t.ask("POST", f"/distributionsets/{t.set_id}/invalidate", body, f"invalidate {how}")
        t.settle()
        t.view(rollout_id, *names)
        t.create(f"{how}-again")
        t.reports(names * 2)
    new = t.make_set(f"{t.name}-unused")
    t.set_id = new
    t.create("unstarted")
    t.ask("DELETE", f"/distributionsets/{new}", title="delete the set of a rollout")
    t.ask("GET", f"/distributionsets/{new}/statistics/rollouts")


@talk
def consent(t):
    """Approval, and confirmation by the devices."""
    names = t.targets(2)
    t.call("PUT", "/system/configs/rollout.approval.enabled", {"value": True})
    t.call("PUT", "/system/configs/user.confirmation.flow.enabled", {"value": True})
    for number, (command, confirms) in enumerate(
        [
            ("approve", True),
            ("approve?remark=fine", False),
            ("deny?remark=no", None),
            ("start", None),
        ]
    ):
        t.set_id = t.make_set(f"{t.name}-{number}")
        rollout_id = t.create(f"r{number}", confirmationRequired=confirms)
        t.settle()
        t.view(rollout_id, *names)
        t.do(rollout_id, command)
        t.ask("GET", f"/rollouts/{rollout_id}")
        t.ask("GET", f"/rollouts/{rollout_id}/deploygroups")
        t.do(rollout_id, "start")
        t.settle()
        t.view(rollout_id, *names)
        t.do(rollout_id, "stop")
        t.settle()
        t.view(rollout_id, *names)
        for name in names:
            t.report(name)
    t.call("PUT", "/system/configs/rollout.approval.enabled", {"value": False})
    t.call("PUT", "/system/configs/user.confirmation.flow.enabled", {"value": False})


def _others(t, chance, names, made):
    doing = chance.choice(["assign", "delete target", "new target", "delete"])
    if doing == "assign":
        other = t.make_set(f"{t.name}-other-{len(t.steps)}")
        path = f"/targets/{chance.choice(names)}/assignedDS"
        t.note(doing, t.call("POST", path, {"id": other}).status_code)
    elif doing == "delete target":
        t.ask("DELETE", f"/targets/{names.pop(0)}", title=doing)
    elif doing == "new target":
        names.extend(t.targets(1, f"late-{len(t.steps)}-"))
    else:
        t.ask("DELETE", f"/rollouts/{chance.choice(made)}", title=doing)


def _walk(t, seed, steps=14):
    """Whatever an operator and devices may do, in any order."""
    chance = random.Random(seed)
    names, made = t.targets(5), []
    commands = ("start", "start", "pause", "resume", "triggerNextGroup", "stop", "retry")

    def create():
        t.set_id = t.make_set(f"{t.name}-{len(made)}")
        made.append(
            t.create(
                f"r{len(made)}",
                amountGroups=chance.randint(1, 4),
                dynamic=chance.random() < 0.3,
                successCondition={"expression": str(chance.choice([0, 30, 50, 100]))},
                errorCondition={"expression": str(chance.choice([0, 20, 50, 100]))},
                successAction={"action": chance.choice(["NEXTGROUP", "NEXTGROUP", "PAUSE"])},
                type=chance.choice(["forced", "soft"]),
            )
        )

    def command():
        t.do(chance.choice(made), chance.choice(commands))

    def reports():
        for name in chance.sample(names, 2):
            t.report(name, chance.choice(["success", "success", "failure"]))

    def others():
        _others(t, chance, names, made)

    create()
    for _ in range(steps):
        doing = chance.choices([create, command, reports, others], [1, 4, 4, 1])[0]
        doing()
        t.settle()
        for rollout_id in made:
            t.view(rollout_id, *names)


for _seed in range(8):
    TALKS[f"walk{_seed}"] = lambda t, seed=_seed: _walk(t, seed)


def _wait(url):
    """Until the scheduler of a running hawkBit has done all there is to do."""
    last = None
    while True:
        time.sleep(_SETTLE_S)
        found = httpx.get(f"{url}/rest/v1/rollouts?limit=500", auth=("admin", "admin")).json()
        now = [(one["id"], one["status"], one["totalTargets"]) for one in found["content"]]
        if now == last and not any(status in _MOVING for _, status, _ in now):
            return
        last = now


def main():
    url, file, *only = sys.argv[1:]
    with open(file, "a", encoding="utf-8") as out:
        for name in TALKS:
            if not only or name in only:
                steps = follow(url, name, lambda: _wait(url))
                out.write(json.dumps({"talk": name, "steps": steps}) + "\n")
                print(name, len(steps), flush=True)


if __name__ == "__main__":
    main()
