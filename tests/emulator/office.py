"""The server side of a scenario: who rolls out to one board, and what the server believes."""

import os
import time
from pathlib import Path

import commands
import install
from emulator.qemu import HOST
from emulator.serial_log import SILENCE_S
from rollouts.api import Hawkbit

TARGET = "emulated-1"
# Short, so that the serial line is never silent for long: see serial_log.SILENCE_S.
POLLING_TIME = "00:00:05"


class Office:
    """Uses the command line of `rollouts` on a local server."""

    def __init__(self, server, folder: Path):
        self.server = server
        self._folder = folder
        self._environ = {
            **os.environ,
            "ROLLOUTS_URL": server.url,
            "ROLLOUTS_USER": server.user,
            "ROLLOUTS_PASSWORD": server.password,
            "XDG_CONFIG_HOME": str(folder),
        }

    def run(self, *words) -> str:
        result = commands.invoke(words, env=self._environ)
        assert result.exit_code == 0, result.output
        return result.output

    def setup(self, scheme: str = "http", port: int | None = None) -> bytes:
        """Register the board; return its config.py. `port`: that of a proxy before the server."""
        out = self._folder / "config.py"
        port = port or int(self.server.url.rpartition(":")[2])
        template = install.BOARD / "config.example.py"
        url = f"{scheme}://{HOST}:{port}"
        self.run(
            "setup", TARGET, "--out", out, "--force", "--template", template, "--device-url", url
        )
        return out.read_bytes()

    def publish(self, image: Path, version: str, *options) -> None:
        self.run("publish", image, "--name", "firmware", "--version", version, *options)

    def assign(self, version: str, *options) -> int:
        """Return the id of the action."""
        self.run("assign", f"firmware:{version}", TARGET, *options)
        return self.actions()[0].id

    def cancel(self, action_id: int) -> None:
        with self._hawkbit() as hawkbit:
            hawkbit.targets.cancel_action(TARGET, action_id)

    def actions(self):
        with self._hawkbit() as hawkbit:
            return hawkbit.targets.actions(TARGET)

    def is_over(self, action_id: int) -> bool:
        with self._hawkbit() as hawkbit:
            return not hawkbit.targets.action(TARGET, action_id).active

    def believes(self, action_id: int) -> tuple[str, str]:
        """Return (status of the action, update status of the board)."""
        with self._hawkbit() as hawkbit:
            action = hawkbit.targets.action(TARGET, action_id)
            return action.status, hawkbit.targets.get(TARGET).update_status

    def reports(self, action_id: int) -> list[tuple[str, list[str]]]:
        """Return (type, messages) of what the device reported, oldest first."""
        with self._hawkbit() as hawkbit:
            history = hawkbit.targets.action_history(TARGET, action_id)
            return [(entry.type, entry.messages) for entry in history]

    def final_reports(self, action_id: int) -> list[list[str]]:
        """Return the messages of each report that ended the action. There must be one."""
        reports = self.reports(action_id)
        return [
            messages for kind, messages in reports if kind in ("finished", "error", "canceled")
        ]

    def wait_for_polls(self, board, count: int) -> None:
        """Raises TimeoutError after as long a silence as on the serial line; EmulatorError."""
        at_ms = self._polled_at_ms()
        for _ in range(SILENCE_S):
            time.sleep(1)
            board.check()
            if self._polled_at_ms() != at_ms:
                at_ms = self._polled_at_ms()
                count -= 1
            if not count:
                return
        raise TimeoutError(f"no poll in {SILENCE_S} s")

    def _polled_at_ms(self):
        with self._hawkbit() as hawkbit:
            return hawkbit.targets.get(TARGET).last_controller_request_at_ms

    def _hawkbit(self):
        return Hawkbit(self.server.url, self.server.user, self.server.password)
