"""What the server is told at its start. tools/README.md has the same list as a table."""

import ipaddress
from dataclasses import dataclass

from .dialect import DIALECTS, HAWKBIT_1_0_4, Dialect


@dataclass(frozen=True)
class Settings:
    tenant: str = "DEFAULT"
    user: str = "admin"
    password: str = "admin"
    # None: the one that the database keeps.
    gateway_token: str | None = None
    # hawkBit starts with both kinds of device login off; a server for demos is of no use so.
    device_login: bool = True
    dialect: str = HAWKBIT_1_0_4
    polling_time: str = "00:05:00"
    # The server of the recordings ran with these two.
    min_polling_s: int = 1
    max_polling_s: int = 48 * 3600
    # Auto-assignment and rollouts go on so often; 0: only when a test says so.
    scheduler_period_ms: int = 2000
    # hawkBit's quotas (HawkbitSecurityProperties).
    max_status_entries: int = 1000
    max_messages: int = 50
    max_attributes: int = 100
    max_metadata: int = 100
    max_artifacts: int = 50
    max_modules: int = 100
    max_artifact_bytes: int = 1 << 30
    max_assignments: int = 5000
    max_actions: int = 2000
    max_rollout_groups: int = 500
    max_targets_per_group: int = 20_000

    @property
    def rules(self) -> Dialect:
        """What the server of that dialect does otherwise."""
        return DIALECTS[self.dialect]


def is_loopback(host: str) -> bool:
    """Does only this computer reach it? `host`: a name or an address, without []."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
