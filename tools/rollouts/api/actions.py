"""Actions across all targets."""

from rollouts.api import paging
from rollouts.api.models import Action
from rollouts.api.transport import path

_ACTIONS = "actions"


class Actions:
    def __init__(self, transport):
        self._transport = transport

    def list(self, query=None, sort="id:ASC"):
        return paging.read(self._transport, path(_ACTIONS), Action, query, sort)

    def get(self, action_id):
        return Action.from_wire(self._transport.get(path(_ACTIONS, action_id)))
