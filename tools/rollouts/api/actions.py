"""Actions across all targets."""

from rollouts.api import paging
from rollouts.api.models import Action
from rollouts.api.transport import Transport, path

_ACTIONS = "actions"


class Actions:
    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[Action]:
        where = path(_ACTIONS)
        return paging.read(self._transport, where, Action, query, sort, representation="full")

    def get(self, action_id: int) -> Action:
        return Action.from_wire(self._transport.get(path(_ACTIONS, action_id)))
