"""A fleet for the page: 500 targets in all states and 200 sets, made by the API alone."""

import httpx

TARGETS, SETS = 500, 200
_ROOMS = [
    "attic",
    "cellar",
    "garage",
    "garden",
    "hall",
    "kitchen",
    "lab",
    "office",
    "porch",
    "roof",
    "shed",
    "studio",
]
_PRODUCTS = ["sensor", "gateway", "kitchen", "meter"]
_DAY_MS = 86_400_000
_PATIENCE_S = 60  # hundreds of targets at once, on a machine that is busy


class Fleet:
    """`ids` of the targets, `sets` by number, and a device's half of the conversation."""

    def __init__(self, server, operator):
        self.server, self.operator = server, operator
        operator.timeout = _PATIENCE_S
        self.sets = self._make_sets()
        self.ids = [f"{_ROOMS[i % 12]}-{i // 12 + 1:02}" for i in range(TARGETS)]
        body = [{"controllerId": i, "name": i.replace("-", " ").title()} for i in self.ids]
        operator.post_ok("/targets", body)
        self._devices = httpx.Client(
            base_url=server.url,
            headers={"Authorization": f"GatewayToken {server.gateway_token}"},
            timeout=_PATIENCE_S,
        )

    def _make_sets(self) -> list[int]:
        body = [
            {"name": f"{_PRODUCTS[i % 4]}-fw", "version": f"{1 + i // 40}.{i // 4 % 10}.{i % 4}",
             "type": "os"}
            for i in range(SETS)
        ]  # fmt: skip
        modules = [one["id"] for one in self.operator.post_ok("/softwaremodules", body)]
        for name, size in (
            ("meter.app-bin", 1_612_345),
            ("meter.from-0011223344556677.delta", 9_511),
        ):
            assert self.operator.upload(modules[-1], name, b"x" * size).status_code == 201
        signature = [{"key": "signature", "value": "1 AAAA", "targetVisible": True}]
        self.operator.post_ok(f"/softwaremodules/{modules[-1]}/metadata", signature)
        about = {"description": "application image for ESP32-S3"}  # as `publish` has it
        both = zip(body, modules, strict=True)
        sets = [one | about | {"modules": [{"id": m}]} for one, m in both]
        return [one["id"] for one in self.operator.post_ok("/distributionsets", sets)]

    def assign(self, set_id: int, ids: list[str], offline=False, **terms) -> list[int]:
        body = [{"id": one, **terms} for one in ids]
        path = f"/distributionsets/{set_id}/assignedTargets?offline={str(offline).lower()}"
        answer = self.operator.post_ok(path, body)
        return [action["id"] for action in answer["assignedActions"]]

    def poll(self, ids: list[str]) -> None:
        for one in ids:
            self._devices.get(f"/DEFAULT/controller/v1/{one}").raise_for_status()

    def report(self, one: str, action: int, execution: str, finished: str, *details) -> None:
        status = {"execution": execution, "result": {"finished": finished}, "details": details}
        path = f"/DEFAULT/controller/v1/{one}/deploymentBase/{action}/feedback"
        self._devices.post(path, json={"status": status}).raise_for_status()

    def attributes(self, one: str, **data) -> None:
        path = f"/DEFAULT/controller/v1/{one}/configData"
        self._devices.put(path, json={"data": data}).raise_for_status()

    def live(self) -> None:
        """Some days of operation: most are in sync, some update, fail, or are overdue."""
        clock, ids = self.server.clock, self.ids
        start = clock.now_ms()
        clock.set(start - 3 * _DAY_MS)
        self.poll(ids[380:420])
        clock.set(start - 20_000)
        self.poll(ids[:380])
        self.assign(self.sets[-5], ids[:440], offline=True)
        self._update(self.assign(self.sets[-1], ids[:24]))
        self.assign(self.sets[-2], ids[30:34], type="soft")
        self.attributes(ids[0], machine="Generic ESP32 module", hawkbit="1.0.0", version="5.8.3")
        clock.reset()

    def _update(self, actions: list[int]) -> None:
        for i, (one, action) in enumerate(zip(self.ids, actions, strict=False)):
            if i < 16:
                self.report(one, action, "proceeding", "none", f"downloaded {7 + 6 * i} %")
            elif i < 19:
                said = "rolled back before it was confirmed: self-test failed"
                self.report(one, action, "closed", "failure", said)
            else:
                said = "installed, tested and confirmed"
                self.report(one, action, "closed", "success", said)
