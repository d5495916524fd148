"""Rollouts: a set to the targets of a filter, group by group."""

from rollouts.api import wire
from rollouts.api.models import Target
from rollouts.api.resource import Resource
from rollouts.api.rollout_models import NewRollout, Rollout, RolloutGroup

_FULL = {"representation": "full"}


class Rollouts(Resource[Rollout]):
    """What a rollout is not in the state for is a ServerError 400.

    One that is deleted ends its open actions by force.
    """

    PATH = "rollouts"
    ENTITY = Rollout
    PARAMS = _FULL

    def create(self, new: NewRollout) -> Rollout:
        """The server fills it with targets in its own time; then it is `ready`."""
        return wire.decode(Rollout, self._transport.post(self._path(), wire.encode(new)))

    def update(self, rollout_id: int, **changes: str) -> Rollout:
        """`changes`: name, description."""
        return self._put(rollout_id, changes)

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
        return wire.decode(Rollout, self._transport.post(self._path(rollout_id, "retry")))

    def groups(
        self, rollout_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[RolloutGroup]:
        parts = rollout_id, "deploygroups"
        return self._list(RolloutGroup, *parts, query=query, sort=sort, **_FULL)

    def group(self, rollout_id: int, group_id: int) -> RolloutGroup:
        return self._read(RolloutGroup, rollout_id, "deploygroups", group_id)

    def group_targets(
        self, rollout_id: int, group_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        parts = rollout_id, "deploygroups", group_id, "targets"
        return self._list(Target, *parts, query=query, sort=sort)

    def _do(self, rollout_id: int, command: str, **params: str | None) -> None:
        self._transport.post(self._path(rollout_id, command), **params)
