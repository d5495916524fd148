"""How the tests of the server ask it: as an operator and as a device."""

import ssl
from urllib.parse import quote

import httpx

TOKEN = "0123456789abcdef0123456789abcdef"
FIRMWARE = b"firmware " * 100
# Nothing here is https, but each client would load all certificates: 70 ms.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Operator(httpx.Client):
    """Asks the Management API; what is not asked about must succeed."""

    def __init__(self, server):
        super().__init__(
            base_url=server.url + "/rest/v1",
            auth=(server.user, server.password),
            headers={"Accept": "application/json"},
            verify=NO_TLS,
        )
        self.server = server

    def post_ok(self, path: str, body):
        answer = self.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def read(self, path: str):
        answer = self.get(path)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def config(self, key: str, value) -> None:
        assert self.put(f"/system/configs/{key}", json={"value": value}).is_success

    def device(self, controller_id: str = "dev-1") -> "Device":
        body = {"controllerId": controller_id, "name": controller_id, "securityToken": TOKEN}
        self.post_ok("/targets", [body])
        return Device(self.server, controller_id)

    def module(self, name: str = "fw", kind: str = "os", **files: bytes) -> int:
        body = {"name": name, "version": "1.0.0", "type": kind}
        module_id = self.post_ok("/softwaremodules", [body])[0]["id"]
        for filename, data in files.items():
            answer = self.upload(module_id, filename.replace("_", "."), data)
            assert answer.status_code == 201, answer.text
        return module_id

    def upload(self, module_id: int, filename: str, data, **fields) -> httpx.Response:
        return self.post(
            f"/softwaremodules/{module_id}/artifacts",
            files={"file": (filename, data)},
            params=fields,
        )

    def set_of(self, *module_ids: int, name: str = "set", kind: str = "os") -> int:
        modules = [{"id": i} for i in module_ids]
        body = {"name": name, "version": "1.0.0", "type": kind, "modules": modules}
        return self.post_ok("/distributionsets", [body])[0]["id"]

    def assign(self, controller_id: str, set_id: int, **terms) -> int:
        body = {"id": set_id, "type": "forced", **terms}
        answer = self.post_ok(f"/targets/{controller_id}/assignedDS", body)
        return answer["assignedActions"][0]["id"]

    def release(self, controller_id: str = "dev-1", name: str = "fw", **terms) -> int:
        """A module with fw.bin in a set, assigned. Returns the action's id."""
        set_id = self.set_of(self.module(name, fw_bin=FIRMWARE), name=name)
        return self.assign(controller_id, set_id, **terms)

    def target(self, controller_id: str = "dev-1") -> dict:
        return self.read(f"/targets/{controller_id}")

    def action(self, action_id: int) -> dict:
        return self.read(f"/actions/{action_id}")

    def history(self, action_id: int, controller_id: str = "dev-1") -> list:
        """The kinds of the entries, oldest first."""
        path = f"/targets/{controller_id}/actions/{action_id}/status?sort=id:ASC&limit=500"
        return [entry["type"] for entry in self.read(path)["content"]]


class Device(httpx.Client):
    """Asks DDI with its target token, or with the gateway token."""

    def __init__(self, server, controller_id: str, authorization: str = f"TargetToken {TOKEN}"):
        super().__init__(headers={"Authorization": authorization}, verify=NO_TLS)
        quoted = quote(controller_id, safe="")
        self.id = controller_id
        self.base = f"{server.url}/{server.tenant}/controller/v1/{quoted}"

    def poll(self) -> dict:
        answer = self.get(self.base)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def links(self) -> set[str]:
        """What the poll offers, the request for attributes apart."""
        return set(self.poll().get("_links", {})) - {"configData"}

    def deployment(self, action_id: int) -> httpx.Response:
        return self.get(f"{self.base}/deploymentBase/{action_id}")

    def feedback(
        self, action_id: int, execution: str, finished: str = "none", channel="deploymentBase",
        timestamp=None, **status,
    ) -> httpx.Response:  # fmt: skip
        body = {"status": {"execution": execution, "result": {"finished": finished}, **status}}
        if timestamp is not None:
            body["timestamp"] = timestamp
        return self.post(f"{self.base}/{channel}/{action_id}/feedback", json=body)

    def artifact_url(self, action_id: int) -> str:
        chunks = self.deployment(action_id).json()["deployment"]["chunks"]
        return chunks[0]["artifacts"][0]["_links"]["download-http"]["href"]
