"""Rollouts: a set to the targets of a filter, group by group."""

from rollouts.api import paging, wire
from rollouts.api.models import Target
from rollouts.api.rollout_models import NewRollout, Rollout, RolloutGroup
from rollouts.api.transport import Transport, path

_ROLLOUTS = "rollouts"
_FULL = {"representation": "full"}


class Rollouts:
    """What a rollout is not in the state for is a ServerError 400."""

    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[Rollout]:
        """Deleted ones are not listed."""
        return paging.read(self._transport, path(_ROLLOUTS), Rollout, query, sort, **_FULL)

    def create(self, new: NewRollout) -> Rollout:
        """The server fills it with targets in its own time; then it is `ready`."""
        answer = self._transport.post(path(_ROLLOUTS), wire.encode(new))
        return wire.decode(Rollout, answer)

    def get(self, rollout_id: int) -> Rollout:
        return wire.decode(Rollout, self._transport.get(path(_ROLLOUTS, rollout_id)))

    def update(self, rollout_id: int, **changes: str) -> Rollout:
        """`changes`: name, description."""
        return wire.decode(Rollout, self._transport.put(path(_ROLLOUTS, rollout_id), changes))

    def delete(self, rollout_id: int) -> None:
        """Ends its open actions by force."""
        self._transport.delete(path(_ROLLOUTS, rollout_id))

    def start(self, rollout_id: int) -> None:
        self._do(rollout_id, "start")

    def pause(self, rollout_id: int) -> None:
        """Start no further group; those that run go on."""
        self._do(rollout_id, "pause")

    def resume(self, rollout_id: int) -> None:
        """Go on; after an error with the next group."""
        self._do(rollout_id, "resume")

    def stop(self, rollout_id: int) -> None:
        """Cancel what runs, and start nothing more: it cannot be resumed."""
        self._do(rollout_id, "stop")

    def next_group(self, rollout_id: int) -> None:
        """Start the next group without waiting for the thresholds."""
        self._do(rollout_id, "triggerNextGroup")

    def approve(self, rollout_id: int, remark: str | None = None) -> None:
        self._do(rollout_id, "approve", remark=remark)

    def deny(self, rollout_id: int, remark: str | None = None) -> None:
        self._do(rollout_id, "deny", remark=remark)

    def retry(self, rollout_id: int) -> Rollout:
        """Create a rollout for the targets that failed in a finished one."""
        return wire.decode(Rollout, self._transport.post(path(_ROLLOUTS, rollout_id, "retry")))

    def groups(
        self, rollout_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[RolloutGroup]:
        where = path(_ROLLOUTS, rollout_id, "deploygroups")
        return paging.read(self._transport, where, RolloutGroup, query, sort, **_FULL)

    def group(self, rollout_id: int, group_id: int) -> RolloutGroup:
        where = path(_ROLLOUTS, rollout_id, "deploygroups", group_id)
        return wire.decode(RolloutGroup, self._transport.get(where))

    def group_targets(
        self, rollout_id: int, group_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        where = path(_ROLLOUTS, rollout_id, "deploygroups", group_id, "targets")
        return paging.read(self._transport, where, Target, query, sort)

    def _do(self, rollout_id: int, command: str, **params: str | None) -> None:
        self._transport.post(path(_ROLLOUTS, rollout_id, command), **params)
