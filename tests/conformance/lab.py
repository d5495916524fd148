"""What a scenario works with: an operator on one server, and boards. All that it made on the
server is removed at its end, as far as the server removes things."""

import contextlib
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import appimage
import httpx
from conformance.device import Device
from conformance.servers import Server, allows_config
from conformance.tenant import Tenant
from rollouts.api import ServerError
from rollouts.api.configuration import GATEWAY_TOKEN_ENABLED, TARGET_TOKEN_ENABLED
from rollouts.api.models import (
    MaintenanceWindow,
    NewDistributionSet,
    NewSoftwareModule,
    NewTarget,
    Reference,
    TargetAssignment,
)

GATEWAY_TOKEN_KEY = "authentication.gatewaytoken.key"
IMAGE_SIZE = 48 * 1024
WINDOW_BYTES = 16 * 1024  # three of them
FACTORY = "1.0.0"  # the version that a board comes with


class View(NamedTuple):
    """What the server believes: status of the action, of the target, the installed version."""

    action: str
    target: str
    installed: str | None


class Lab:
    def __init__(self, server: Server, folder: Path, interpreter: str | None = None):
        self.server = server
        self.api = server.api()
        self.tenant = Tenant(self.api, server.is_ours, allows_config())
        # No other run has these, and a controller id may be in every link: so it is short.
        self.name = "conf-" + secrets.token_hex(4)
        self.token = secrets.token_hex(16)
        self.devices: list[Device] = []
        self._folder = folder
        self._interpreter = interpreter
        self._made = {"sets": [], "modules": []}

    # -- boards

    def target(self) -> None:
        """Register the target, to log in by its own token."""
        self.tenant.require(TARGET_TOKEN_ENABLED, True)
        new = NewTarget(controller_id=self.name, name=self.name, security_token=self.token)
        [target] = self.api.targets.create([new])
        self._server_ahead_s = target.created_at_ms / 1000 - time.time()

    def device(self, **settings) -> Device:
        """Return a board that is switched on; by default it has the target's token."""
        given = {
            "URL": self.server.url,
            "TENANT": self.api.user_info().tenant,
            "CONTROLLER_ID": self.name,
            "TARGET_TOKEN": self.token,
            "GATEWAY_TOKEN": None,
            "CA": Path(self.server.ca).read_text() if self.server.ca else None,
            "ASKS": False,
            "HARDWARE": "simulated",
            "INSTALLED": None,
            "GUARD_S": 3600,
            "WINDOW_BYTES": WINDOW_BYTES,
            **settings,
        }
        image = appimage.make("ok", FACTORY, IMAGE_SIZE)
        device = Device(self._folder, image, given, self._interpreter)
        self.devices.append(device)
        device.power_on()
        return device

    def registered_device(self, **settings) -> Device:
        """Return a board whose target is known, and which has nothing to do."""
        self.target()
        device = self.device(**settings)
        device.settle()
        return device

    def gateway_token(self) -> str:
        self.tenant.require(GATEWAY_TOKEN_ENABLED, True)
        if not self.tenant.get(GATEWAY_TOKEN_KEY):
            self.tenant.require(GATEWAY_TOKEN_KEY, secrets.token_hex(16))
        return self.tenant.get(GATEWAY_TOKEN_KEY)

    # -- the operator

    def module(self, version: str, files: dict[str, bytes], kind: str = "os") -> int:
        new = NewSoftwareModule(name=self.name, version=version, type=kind)
        [module] = self.api.modules.create([new])
        self._made["modules"].append(module.id)
        for filename, data in files.items():
            file = self._folder / "upload"
            file.write_bytes(data)
            self.api.modules.upload(module.id, file, filename)
        return module.id

    def set_of(self, version: str, *module_ids: int, kind: str = "os") -> int:
        modules = [Reference(id=module_id) for module_id in module_ids]
        new = NewDistributionSet(name=self.name, version=version, type=kind, modules=modules)
        [one] = self.api.sets.create([new])
        self._made["sets"].append(one.id)
        return one.id

    def release(self, version: str = "2.0.0", does: str = "ok", image: bytes | None = None) -> int:
        """Return a set with one image. does: what it does when it runs, see simboard.behavior."""
        image = image or appimage.make(does, version, IMAGE_SIZE)
        return self.set_of(version, self.module(version, {"firmware.bin": image}))

    def assign(self, set_id: int, kind: str = "forced", **terms) -> int:
        """Return the id of the new action."""
        assignment = TargetAssignment(id=str(set_id), type=kind, **terms)
        result = self.api.targets.assign(self.name, assignment)
        return result.assigned_actions[0].id

    def cancel(self, action_id: int, force: bool = False) -> None:
        self.api.targets.cancel_action(self.name, action_id, force)

    def view(self, action_id: int) -> View:
        installed = self.api.targets.installed_set(self.name)
        return View(
            self.api.targets.action(self.name, action_id).status,
            self.api.targets.get(self.name).update_status,
            installed.version if installed else None,
        )

    def is_active(self, action_id: int) -> bool:
        return self.api.targets.action(self.name, action_id).active

    def statuses(self, action_id: int, kind: str) -> list[list[str]]:
        """Return the messages of each status entry of that kind, oldest first."""
        history = self.api.targets.action_history(self.name, action_id)
        return [entry.messages for entry in history if entry.type == kind]

    # -- time

    def soon(self) -> datetime:
        """A moment ahead, by the server's clock."""
        now_s = time.time() + self._server_ahead_s
        return datetime.fromtimestamp(now_s, UTC) + timedelta(seconds=self.server.lead_s)

    def window_soon(self) -> MaintenanceWindow:
        """A maintenance window of ten minutes that opens soon, and once."""
        opens = self.soon()
        schedule = f"{opens:%-S %-M %-H %-d %-m} ? {opens:%Y}"
        return MaintenanceWindow(schedule=schedule, duration="00:10:00", timezone="+00:00")

    def wait_until_then(self) -> None:
        """Return when soon() is over."""
        self.server.pass_time(self.server.lead_s + 2)

    # -- the device's side, by hand

    @property
    def base(self) -> str:
        """The device's address on the server."""
        return f"{self.server.url}/{self.api.user_info().tenant}/controller/v1/{self.name}"

    def ddi(self) -> httpx.Client:
        """Return a client that asks as the device."""
        return httpx.Client(
            headers={"Authorization": f"TargetToken {self.token}"},
            verify=self.server.ca or True,
        )

    def close(self) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self.api.close)
            if self.server.reset_clock:
                stack.callback(self.server.reset_clock)
            stack.callback(self.tenant.restore)
            stack.callback(self._remove)
            for device in self.devices:
                stack.callback(print, "\n".join(device.log))
                stack.callback(device.end)

    def _remove(self):
        todo = [(self.api.targets.delete, self.name)]
        todo += [(self.api.sets.delete, set_id) for set_id in self._made["sets"]]
        todo += [(self.api.modules.delete, module_id) for module_id in self._made["modules"]]
        for delete, what in todo:
            with contextlib.suppress(ServerError):  # the scenario may have deleted it
                delete(what)
