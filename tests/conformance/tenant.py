"""The configuration of a tenant: changed for a scenario, put back after it, whatever happens.

On a server that others use nothing is changed unless they allow it, and the old values are on
disk before. After a run that was killed: `make conformance-restore`.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from rollouts.api import Hawkbit, RolloutsError

SAVED = Path(__file__).resolve().parents[2] / ".conformance-saved.json"


class NotAllowed(Exception):
    """The scenario needs a change that the server's owner did not allow."""


class Tenant:
    """is_ours: the server is; nothing needs to be allowed or saved."""

    def __init__(self, hawkbit: Hawkbit, is_ours: bool, is_allowed: bool, saved: Path = SAVED):
        self._configuration = hawkbit.configuration
        self._url = hawkbit.url
        self._is_ours = is_ours
        self._is_allowed = is_allowed
        self._saved = saved
        self._old: dict[str, dict] = {}
        if saved.exists() and not is_ours:
            raise RolloutsError(f"{saved.name} is left of a killed run: make conformance-restore")

    def get(self, key: str) -> object:
        return self._configuration.get(key).value

    def require(self, key: str, value: bool | str) -> None:
        """See to it that `key` has that value. Raises NotAllowed."""
        old = self._configuration.get(key)
        if old.value == value:
            return
        if not (self._is_ours or self._is_allowed):
            raise NotAllowed(f"{key} is not {value}; ALLOW_CONFIG=1 changes it for the run")
        self._old.setdefault(key, {"value": old.value, "global": old.global_})
        if not self._is_ours:
            _save(self._saved, {"url": self._url, "values": self._old})
        self._configuration.set(key, value)

    def restore(self) -> None:
        put_back(self._configuration, self._old)
        self._old = {}
        if not self._is_ours:
            self._saved.unlink(missing_ok=True)


def put_back(configuration, values: dict[str, dict]) -> None:
    """Set what was set, and reset what was the server's default."""
    for key, old in values.items():
        if old["global"]:
            configuration.reset(key)
        else:
            configuration.set(key, old["value"])


def _save(file: Path, content: dict) -> None:
    """Write it whole or not at all, on the disk before this returns; may hold a token."""
    draft = file.with_name(file.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(draft, file)
    with contextlib.suppress(OSError):  # a folder cannot be opened on Windows
        handle = os.open(file.parent, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def main(saved: Path = SAVED, environ=os.environ) -> int:
    """make conformance-restore."""
    if not saved.exists():
        print("nothing to put back")
        return 0
    content = json.loads(saved.read_text())
    user = environ.get("ROLLOUTS_USER", "admin")
    password = environ.get("ROLLOUTS_PASSWORD", "admin")
    try:
        with Hawkbit(content["url"], user, password, ca=environ.get("HAWKBIT_CA")) as hawkbit:
            put_back(hawkbit.configuration, content["values"])
    except RolloutsError as e:
        print(f"{content['url']}: {e}\n{saved.name} is kept: try again", file=sys.stderr)
        return 1
    saved.unlink()
    print(f"put back on {content['url']}: {', '.join(content['values'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
