"""Random walks over both APIs, and what a server made of them.

A walk is a list of steps, made from a seed without asking any server; so two servers can take
the same one. A step names its things by their place (target 0, set 3, the target's last action),
and what is seen of them is freed of numbers, times and wording. Then two servers agree or not.

    steps = generate(7)
    ours, theirs = (outcome(Walker(server).walk(steps)) for server in servers)
    assert difference(ours, theirs) is None
"""

import random
import re
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
from conformance.servers import Server

TARGETS = 2
NOBODY = 999_999_999  # no server here has come so far

# What the sets consist of: (set type, required migration step, types of the modules).
SETS = [
    ("os", False, ["os"]),
    ("os", False, ["os"]),
    ("os", True, ["os"]),
    ("os_app", False, ["os", "application", "application"]),
    ("app", False, ["application"]),
    ("os", False, []),  # incomplete
]

EXECUTIONS = [
    "closed", "proceeding", "canceled", "scheduled", "rejected", "resumed", "downloaded",
    "download",
]  # fmt: skip
CONFIG = {
    "flow": "user.confirmation.flow.enabled",
    "autoclose": "repository.actions.autoclose.enabled",
    "lock": "implicit.lock.enabled",
}
GATEWAY_TOKEN = ("authentication.gatewaytoken.enabled", "authentication.gatewaytoken.key")

Step = tuple[str, dict]


# -- making one


def generate(seed: int, length: int = 40) -> list[Step]:
    """A walk of that many steps; the same seed gives the same one."""
    dice = random.Random(seed)
    names = list(_MAKERS)
    weights = [weight for _, weight in _MAKERS.values()]
    chosen = dice.choices(names, weights, k=length)
    return [(name, _MAKERS[name][0](dice)) for name in chosen]


def _t(dice):
    return {"t": dice.choices(range(TARGETS), [3, 1])[0]}


def _a(dice):
    """A target and one of its actions, counted from the newest; rarely another target's."""
    found = {**_t(dice), "a": dice.choices([-1, -2, -3, 0, 50], [60, 20, 8, 11, 1])[0]}
    if dice.random() < 0.02:
        found["of"] = 1 - found["t"]
    return found


def _set(dice):
    return dice.choices(range(len(SETS)), [6, 6, 4, 4, 4, 1])[0]


def _assign(dice):
    found = {**_t(dice), "s": _set(dice)}
    found["type"] = dice.choice(["forced", "soft", "downloadonly", "timeforced", None])
    if found["type"] == "timeforced":
        found["force_in_s"] = dice.choice([-3600, 3600, None])
    if dice.random() < 0.25:
        found["weight"] = dice.choice([0, 1, 500, 1000, 1000])
    if dice.random() < 0.2:
        found["confirm"] = dice.choice([True, False])
    if dice.random() < 0.15:
        found["window"] = dice.choices(["open", "closed", "lapsing", "over"], [5, 5, 1, 1])[0]
    if dice.random() < 0.08:
        found["offline"] = True
    found["by"] = dice.choice(["set", "target"])
    return found


def _details(dice):
    return dice.choice([None, None, [], ["one"], ["one", "two"], ["ä" * 600], ["a <b> c"]])


def _feedback(dice):
    found = {**_a(dice), "execution": dice.choices(EXECUTIONS, [9, 2, 1, 1, 1, 1, 3, 1])[0]}
    found["finished"] = dice.choices(["success", "failure", "none"], [5, 3, 3])[0]
    found["details"] = _details(dice)
    if dice.random() < 0.2:
        found["code"] = dice.choice([0, 200, -1])
    if dice.random() < 0.1:
        found["timestamp_in_s"] = dice.choice([-86400, 86400, 0])
    return found


def _confirmation(dice):
    found = {**_a(dice), "confirmation": dice.choices(["confirmed", "denied"], [2, 1])[0]}
    found["details"] = _details(dice)
    if dice.random() < 0.3:
        found["code"] = dice.choice([0, 7, -1])
    return found


def _attributes(dice):
    keys = dice.sample("abcd", dice.randint(1, 3))
    data = {key: dice.choice(["1", "2", "two words", None, ""]) for key in keys}
    if dice.random() < 0.05:
        data["bad~"] = "x"
    mode = dice.choice([None, "merge", "replace", "remove", "remove"])
    return {**_t(dice), "data": data, "mode": mode}


def _history(dice):
    return {**_a(dice), "history": dice.choice([None, None, 0, -1, 200])}


def _auto_confirm(dice):
    found = {**_t(dice), "on": dice.random() < 0.6}
    if dice.random() < 0.5:
        found.update(initiator=dice.choice(["me", "you"]), remark=dice.choice(["", "why"]))
    return found


def _config(dice):
    key = dice.choices(list(CONFIG), [4, 2, 1])[0]
    return {"key": key, "value": dice.random() < 0.6}


def _download(dice):
    return {**_t(dice), "s": _set(dice), "how": dice.choice(["get", "range", "head", "md5"])}


def _module(dice):
    return {"s": _set(dice), "from": _set(dice), "how": dice.choice(["add", "remove"])}


def _update_set(dice):
    change = dice.choice([
        {"description": "new"}, {"requiredMigrationStep": True},
        {"requiredMigrationStep": False}, {"locked": True}, {"locked": False},
    ])  # fmt: skip
    return {"s": _set(dice), "change": change}


def _update_target(dice):
    change = dice.choice([{"requestAttributes": True}, {"name": "renamed"}, {"description": "d"}])
    return {**_t(dice), "change": change}


def _with(**choices):
    """A maker of a target and one of the values for each name."""
    return lambda dice: {**_t(dice), **{k: dice.choice(v) for k, v in choices.items()}}


def _cancel(dice):
    return {**_a(dice), "force": dice.random() < 0.35}


# name -> (maker of its arguments, how often it is chosen)
_MAKERS = {
    "assign": (_assign, 16),
    "feedback": (_feedback, 16),
    "cancel": (_cancel, 7),
    "cancel_feedback": (_feedback, 9),
    "poll": (_t, 9),
    "deployment": (_history, 8),
    "cancel_action": (_a, 3),
    "installed": (_history, 3),
    "confirmation_base": (_t, 2),
    "to_confirm": (_history, 3),
    "confirm": (_confirmation, 4),
    "operator_confirms": (_confirmation, 2),
    "attributes": (_attributes, 7),
    "report_installed": (lambda dice: {**_t(dice), "s": _set(dice)}, 3),
    "auto_confirm": (_auto_confirm, 2),
    "operator_auto_confirms": (_auto_confirm, 2),
    "force": (lambda dice: {**_a(dice), "type": dice.choice(["forced"] * 5 + ["soft"])}, 3),
    "config": (_config, 3),
    "invalidate": (
        lambda dice: {"s": _set(dice), "how": dice.choice(["force", "soft", "none"])},
        2,
    ),
    "delete_set": (lambda dice: {"s": _set(dice)}, 1),
    "delete_target": (_t, 1),
    "create_target": (_t, 2),
    "update_target": (_update_target, 3),
    "update_set": (_update_set, 1),
    "module": (_module, 1),
    "download": (_download, 4),
    "artifacts": (lambda dice: {**_t(dice), "s": _set(dice)}, 2),
    "target_metadata": (_with(how=["put", "delete", "post"], key=["k", "l"]), 1),
}


# -- taking it


@dataclass
class Seen:
    """What a step was answered, and what the server believed after it."""

    answer: list
    state: dict = field(default_factory=dict)


class Walker:
    """Takes walks on one server of ours, each with targets and sets of its own."""

    def __init__(self, server: Server):
        self._server = server
        self._http = httpx.Client(base_url=server.url, timeout=60)
        self._login = (server.user, server.password)
        self._set_config(GATEWAY_TOKEN[0], True)
        self._gateway = self._config(GATEWAY_TOKEN[1]) or secrets.token_hex(16)
        self._set_config(GATEWAY_TOKEN[1], self._gateway)
        self._config_before = {key: self._config(key) for key in CONFIG.values()}

    def close(self) -> None:
        self._http.close()

    def walk(self, steps: list[Step]) -> list[Seen]:
        """Take the steps; the last thing seen is everything there is."""
        self._begin()
        seen = []
        try:
            for name, args in steps:
                answer = getattr(self, f"_do_{name}")(**args)
                state = self._state(args)  # first: it finds the actions that the step made
                seen.append(Seen(self._plain_answer(answer), state))
            seen.append(Seen([], self._everything()))
        finally:
            for key, value in self._config_before.items():
                self._set_config(key, value)
            if self._server.reset_clock:
                self._server.reset_clock()
        return seen

    # -- what it walks on

    def _begin(self):
        self.name = "walk" + secrets.token_hex(5)
        self._actions: list[list[int]] = [[] for _ in range(TARGETS)]
        self._symbols: dict[tuple[str, int], str] = {}
        self._sets, self._modules = [], []
        for place, (kind, step, types) in enumerate(SETS):
            modules = [self._make_module(place, n, module) for n, module in enumerate(types)]
            self._modules.append(modules)
            body = {
                "name": f"{self.name}-s{place}",
                "version": "1",
                "type": kind,
                "requiredMigrationStep": step,
                "modules": [{"id": m} for m in modules],
            }
            self._sets.append(self._make("distributionsets", body))
            self._symbols["set", self._sets[-1]] = f"s{place}"
        self._do_create_target(t=0)

    def _make_module(self, place, number, kind):
        body = {"name": f"{self.name}-m{place}{number}", "version": "1", "type": kind}
        module = self._make("softwaremodules", body)
        self._symbols["module", module] = f"m{place}{number}"
        file = {"file": ("fw.bin", bytes([place, number]) * 50)}
        self._op("POST", f"/softwaremodules/{module}/artifacts", files=file).raise_for_status()
        return module

    def _make(self, what, body):
        return self._op("POST", f"/{what}", json=[body]).raise_for_status().json()[0]["id"]

    def _op(self, method, path, **how):
        heads = {"Accept": "application/json"}
        return self._http.request(
            method, "/rest/v1" + path, auth=self._login, headers=heads, **how
        )

    def _ddi(self, method, t, path="", headers=(), **how):
        heads = {"Authorization": f"GatewayToken {self._gateway}", **dict(headers)}
        address = f"/DEFAULT/controller/v1/{self._target(t)}{path}"
        return self._http.request(method, address, headers=heads, **how)

    def _config(self, key):
        return self._op("GET", f"/system/configs/{key}").raise_for_status().json().get("value")

    def _set_config(self, key, value):
        return self._op("PUT", f"/system/configs/{key}", json={"value": value})

    def _target(self, t):
        return f"{self.name}-t{t}"

    def _action(self, t, a, of=None):
        known = self._actions[t if of is None else of]
        return known[a] if -len(known) <= a < len(known) else NOBODY

    def _learn(self, t, ids):
        """Give the actions of a target that are new their symbols."""
        known = self._actions[t]
        for new in sorted(set(ids) - set(known)):
            self._symbols["action", new] = f"t{t}a{len(known)}"
            known.append(new)

    # -- the steps of the operator

    def _do_assign(self, t, s, type, by, force_in_s=None, weight=None, confirm=None,
                   window=None, offline=False):  # fmt: skip
        terms = {
            "type": type,
            "forcetime": force_in_s and int((time.time() + force_in_s) * 1000),
            "weight": weight,
            "confirmationRequired": confirm,
            "maintenanceWindow": self._window(window),
        }
        terms = {k: v for k, v in terms.items() if v is not None}
        query = "?offline=true" if offline else ""
        if by == "set":
            path = f"/distributionsets/{self._sets[s]}/assignedTargets{query}"
            answer = self._op("POST", path, json=[{"id": self._target(t), **terms}])
        else:
            path = f"/targets/{self._target(t)}/assignedDS{query}"
            answer = self._op("POST", path, json={"id": self._sets[s], **terms})
        if window == "lapsing":
            self._server.pass_time(4)
        return answer

    @staticmethod
    def _window(kind):
        if kind is None:
            return None
        opens = datetime.now(UTC) + timedelta(seconds=2)
        schedule = {
            "open": "0 * * * * ?",
            "closed": "0 0 0 1 1 ? 2090",
            "over": "0 0 0 1 1 ? 2020",
            "lapsing": f"{opens:%-S %-M %-H %-d %-m} ? {opens:%Y}",
        }
        duration = "00:00:01" if kind == "lapsing" else "00:10:00"
        return {"schedule": schedule[kind], "duration": duration, "timezone": "+00:00"}

    def _on_action(self, method, which, path="", **how):
        t, action = which["t"], self._action(**which)
        return self._op(method, f"/targets/{self._target(t)}/actions/{action}{path}", **how)

    def _do_cancel(self, force, **which):
        return self._on_action("DELETE", which, "?force=true" if force else "")

    def _do_force(self, type, **which):
        return self._on_action("PUT", which, json={"forceType": type})

    def _do_operator_confirms(self, confirmation, details, code=None, **which):
        body = self._confirmation(confirmation, details, code)
        return self._on_action("PUT", which, "/confirmation", json=body)

    def _do_operator_auto_confirms(self, t, on, **why):
        path = f"/targets/{self._target(t)}/autoConfirm/"
        if on:
            return self._op("POST", path + "activate", json=why)
        return self._op("POST", path + "deactivate")

    def _do_config(self, key, value):
        return self._set_config(CONFIG[key], value)

    def _do_invalidate(self, s, how):
        body = {"actionCancelationType": how, "cancelRollouts": False}
        return self._op("POST", f"/distributionsets/{self._sets[s]}/invalidate", json=body)

    def _do_delete_set(self, s):
        return self._op("DELETE", f"/distributionsets/{self._sets[s]}")

    def _do_update_set(self, s, change):
        return self._op("PUT", f"/distributionsets/{self._sets[s]}", json=change)

    def _do_module(self, s, how, **other):
        modules = self._modules[other["from"]] or [NOBODY]
        path = f"/distributionsets/{self._sets[s]}/assignedSM"
        if how == "add":
            return self._op("POST", path, json=[{"id": m} for m in modules])
        return self._op("DELETE", f"{path}/{modules[0]}")

    def _do_delete_target(self, t):
        answer = self._op("DELETE", f"/targets/{self._target(t)}")
        self._actions[t] = []
        return answer

    def _do_create_target(self, t):
        body = {"controllerId": self._target(t), "name": f"target {t}"}
        return self._op("POST", "/targets", json=[body])

    def _do_update_target(self, t, change):
        return self._op("PUT", f"/targets/{self._target(t)}", json=change)

    def _do_target_metadata(self, t, how, key):
        path = f"/targets/{self._target(t)}/metadata"
        if how == "post":
            return self._op("POST", path, json=[{"key": key, "value": "posted"}])
        if how == "put":
            return self._op("PUT", f"{path}/{key}", json={"key": key, "value": "put"})
        return self._op("DELETE", f"{path}/{key}")

    # -- the steps of the device

    def _do_poll(self, t):
        return self._ddi("GET", t)

    def _read(self, what, history=None, **which):
        query = "" if history is None else f"?actionHistory={history}"
        return self._ddi("GET", which["t"], f"/{what}/{self._action(**which)}{query}")

    def _do_deployment(self, **which):
        return self._read("deploymentBase", **which)

    def _do_cancel_action(self, **which):
        return self._read("cancelAction", **which)

    def _do_installed(self, **which):
        return self._read("installedBase", **which)

    def _do_to_confirm(self, **which):
        return self._read("confirmationBase", **which)

    def _do_confirmation_base(self, t):
        return self._ddi("GET", t, "/confirmationBase")

    def _report(self, what, execution, finished, details, code=None, timestamp_in_s=None, **which):
        status = {"execution": execution, "result": {"finished": finished}}
        if details is not None:
            status["details"] = details
        if code is not None:
            status["code"] = code
        body = {"status": status}
        if timestamp_in_s is not None:
            body["timestamp"] = int((time.time() + timestamp_in_s) * 1000)
        path = f"/{what}/{self._action(**which)}/feedback"
        return self._ddi("POST", which["t"], path, json=body)

    def _do_feedback(self, **said):
        return self._report("deploymentBase", **said)

    def _do_cancel_feedback(self, **said):
        return self._report("cancelAction", **said)

    @staticmethod
    def _confirmation(confirmation, details, code):
        body = {"confirmation": confirmation, "details": details, "code": code}
        return {k: v for k, v in body.items() if v is not None}

    def _do_confirm(self, confirmation, details, code=None, **which):
        path = f"/confirmationBase/{self._action(**which)}/feedback"
        body = self._confirmation(confirmation, details, code)
        return self._ddi("POST", which["t"], path, json=body)

    def _do_auto_confirm(self, t, on, **why):
        path = "/confirmationBase/"
        if on:
            return self._ddi("POST", t, path + "activateAutoConfirm", json=why)
        return self._ddi("POST", t, path + "deactivateAutoConfirm")

    def _do_attributes(self, t, data, mode):
        body = {"data": data} if mode is None else {"data": data, "mode": mode}
        return self._ddi("PUT", t, "/configData", json=body)

    def _do_report_installed(self, t, s):
        body = {"name": f"{self.name}-s{s}", "version": "1"}
        return self._ddi("PUT", t, "/installedBase", json=body)

    def _do_artifacts(self, t, s):
        [module, *_] = self._modules[s] or [NOBODY]
        return self._ddi("GET", t, f"/softwaremodules/{module}/artifacts")

    def _do_download(self, t, s, how):
        [module, *_] = self._modules[s] or [NOBODY]
        path = f"/softwaremodules/{module}/artifacts/fw.bin" + (".MD5SUM" if how == "md5" else "")
        heads = {"Range": "bytes=3-7"} if how == "range" else {}
        return self._ddi("HEAD" if how == "head" else "GET", t, path, headers=heads)

    # -- what is seen

    def _state(self, args):
        """What the server believes of the target, the action and the set of the step."""
        touched = [args["t"]] if "t" in args else range(TARGETS)
        state = {f"t{t}": self._target_state(t) for t in touched}
        if "a" in args:
            action = self._action(args["t"], args["a"], args.get("of"))
            if action != NOBODY:
                state["history"] = self._look(self._history_path(action))
        if "s" in args:
            state["set"] = self._look(f"/distributionsets/{self._sets[args['s']]}")
        return state

    def _history_path(self, action):
        t = next(t for t, known in enumerate(self._actions) if action in known)
        return f"/targets/{self._target(t)}/actions/{action}/status?limit=100"

    def _target_state(self, t):
        path = f"/targets/{self._target(t)}"
        target = self._op("GET", path)
        if target.status_code == 404:
            return "absent"
        actions = self._op("GET", f"{path}/actions?limit=200")
        self._learn(t, (action["id"] for action in actions.json()["content"]))
        return {"target": self._plain_answer(target), "actions": self._plain_answer(actions)}

    def _everything(self):
        state = {
            f"set {s}": self._look(f"/distributionsets/{i}") for s, i in enumerate(self._sets)
        }
        for t in range(TARGETS):
            path = f"/targets/{self._target(t)}"
            state[f"t{t}"] = self._target_state(t)
            for look in ("attributes", "assignedDS", "installedDS", "autoConfirm", "metadata"):
                state[f"t{t} {look}"] = self._look(f"{path}/{look}")
            for action in self._actions[t]:
                symbol = self._symbols["action", action]
                state[symbol] = self._look(f"{path}/actions/{action}")
                state[f"{symbol} history"] = self._look(self._history_path(action))
            state[f"t{t} poll"] = self._plain_answer(self._do_poll(t))
            state[f"t{t} confirmationBase"] = self._plain_answer(self._do_confirmation_base(t))
        return state

    def _look(self, path):
        return self._plain_answer(self._op("GET", path))

    # -- freed of numbers, times and wording

    def _plain_answer(self, answer) -> list:
        """[status, errorCode or body]."""
        kind = answer.headers.get("content-type", "")
        if "json" not in kind or not answer.content:
            return [answer.status_code, answer.text and answer.text[:100]]
        body = answer.json()
        if answer.status_code >= 400:
            return [answer.status_code, body.get("errorCode") if isinstance(body, dict) else None]
        is_ddi = "/controller/v1/" in answer.url.path
        return [answer.status_code, self._plain(body, is_ddi)]

    def _plain(self, value, is_ddi):
        if isinstance(value, dict):
            plain = {
                key: "#" if key in _VARY else self._plain(item, is_ddi)
                for key, item in sorted(value.items())
                if is_ddi or key not in ("_links", "links")
                if key not in _WORDING
            }
            return plain | self._plain_ids(value)
        if isinstance(value, list):
            plain = [self._plain(item, is_ddi) for item in value]
            # The modules of a set have no order.
            return sorted(plain, key=_name) if plain and _name(plain[0]) else plain
        return self._plain_text(value) if isinstance(value, str) else value

    def _plain_ids(self, shape):
        kind = next((kind for member, kind in _KINDS.items() if member in shape), "action")
        found = {key: shape[key] for key in ("id", "stopId") if key in shape}
        return {key: self._symbol(kind, number) for key, number in found.items()}

    def _symbol(self, kind, number):
        return self._symbols.get((kind, int(number)), "#")

    def _plain_text(self, text):
        text = text.replace(self.name, "W").replace(self._server.url, "")
        for pattern, kind in _PATHS.items():
            text = re.sub(pattern, lambda m, kind=kind: m[1] + self._symbol(kind, m[2]), text)
        for pattern, instead in _WORDS.items():
            text = re.sub(pattern, instead, text)
        return text


def _name(plain):
    return plain.get("name") if isinstance(plain, dict) else None


# What a shape is, by a member that only it has; else an action.
_KINDS = {"reportedAt": "entry", "requiredMigrationStep": "set", "vendor": "module",
          "encrypted": "module"}  # fmt: skip
_PATHS = {
    r"((?:Base|cancelAction|actions)/)(\d+)": "action",
    r"(softwaremodules/)(\d+)": "module",
    r"(distributionsets/)(\d+)": "set",
}
_VARY = {
    "createdAt", "lastModifiedAt", "lastControllerRequestAt", "installedAt", "activatedAt",
    "reportedAt", "timestamp", "nextExpectedRequestAt", "lastRequestAt", "overdueAt",
    "nextStartAt", "securityToken", "ipAddress", "address", "forceTime", "forcetime", "schedule",
}  # fmt: skip
_WORDING = {"typeName", "description", "size"}
_WORDS = {
    r"(?s)^Update Server: .*": "Update Server: *",
    r"(?s)^Assignment .*": "*",
    r"^Waiting for the confirmation .*": "*",
    r"^manual cancelation requested$": "*",
    r"(?:Device reported|Confirmation) status code: ": "code ",
    r"([?&])c=-?\d+": r"\1c=N",
    r"^CONTROLLER_PLUG_AND_PLAY$": "*",
}


def first_difference(
    ours: list[Seen], theirs: list[Seen]
) -> tuple[int, str, object, object] | None:
    """The number of the step, the path in what is seen, and the two values there."""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        found = _different("", vars(one), vars(other))
        if found:
            return (number, *found)
    return None


def _different(path, one, other):
    if path.endswith("/actionHistory/messages") and isinstance(other, list) and one != "absent":
        one, other = sorted(one), sorted(other)  # those of one moment come in any order
    if path.endswith("history/1/content"):
        one, other = _in_order(one), _in_order(other)
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        pairs = ((f"{path}/{k}", one.get(k, "absent"), other.get(k, "absent")) for k in keys)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = ((f"{path}/{i}", *pair) for i, pair in enumerate(zip(one, other, strict=True)))
    else:
        return None if one == other else (path, one, other)
    return next(filter(None, (_different(*pair) for pair in pairs)), None)


def _in_order(entries: list[dict]) -> list[dict]:
    """A history, newest first. Of a forced cancel's two entries hawkBit has either first."""
    found = list(entries)
    for i in range(len(found) - 1):
        if [entry.get("type") for entry in found[i : i + 2]] == ["canceling", "canceled"]:
            found[i : i + 2] = found[i + 1], found[i]
    return found


def outcome(seen: list[Seen]) -> dict:
    """What is kept of a walk: the answers, and everything at its end."""
    return {"answers": [one.answer for one in seen[:-1]], "end": seen[-1].state}


def difference(ours, theirs, path: str = "") -> str | None:
    """Where two outcomes part, and what each has there."""
    found = _different(path, ours, theirs)
    return found and "{}: {!r}, hawkBit {!r}".format(*found)
