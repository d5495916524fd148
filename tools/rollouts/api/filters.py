"""Target filters: stored queries, and the set that is assigned to whatever they find."""

from rollouts.api import paging, wire
from rollouts.api.models import DistributionSet, TargetFilter
from rollouts.api.transport import path

_FILTERS = "targetfilters"


class TargetFilters:
    def __init__(self, transport):
        self._transport = transport

    def list(self, query=None, sort="id:ASC"):
        return paging.read(self._transport, path(_FILTERS), TargetFilter, query, sort)

    def create(self, name, query):
        # A single object: the one POST that takes no list.
        answer = self._transport.post(path(_FILTERS), {"name": name, "query": query})
        return wire.decode(TargetFilter, answer)

    def get(self, filter_id):
        return wire.decode(TargetFilter, self._transport.get(path(_FILTERS, filter_id)))

    def update(self, filter_id, name=None, query=None):
        given = {"name": name, "query": query}
        body = {key: value for key, value in given.items() if value is not None}
        return wire.decode(TargetFilter, self._transport.put(path(_FILTERS, filter_id), body))

    def delete(self, filter_id):
        self._transport.delete(path(_FILTERS, filter_id))

    def auto_assigned_set(self, filter_id):
        answer = self._transport.get(path(_FILTERS, filter_id, "autoAssignDS"))
        return None if answer is None else wire.decode(DistributionSet, answer)

    def auto_assign(self, filter_id, set_id, type=None, weight=None):
        """Assign a set to all that match, now and later; the server does it in its own time.

        `type`: forced, soft or downloadonly.
        """
        given = {"id": set_id, "type": type, "weight": weight}
        body = {key: value for key, value in given.items() if value is not None}
        answer = self._transport.post(path(_FILTERS, filter_id, "autoAssignDS"), body)
        return wire.decode(TargetFilter, answer)

    def stop_auto_assign(self, filter_id):
        self._transport.delete(path(_FILTERS, filter_id, "autoAssignDS"))
