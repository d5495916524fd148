"""Target filters: stored queries, and the set that is assigned to whatever they find."""

from rollouts.api import paging, wire
from rollouts.api.models import DistributionSet, TargetFilter
from rollouts.api.transport import Transport, path

_FILTERS = "targetfilters"


class TargetFilters:
    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[TargetFilter]:
        return paging.read(self._transport, path(_FILTERS), TargetFilter, query, sort)

    def create(self, name: str, query: str) -> TargetFilter:
        # A single object: the one POST that takes no list.
        answer = self._transport.post(path(_FILTERS), {"name": name, "query": query})
        return wire.decode(TargetFilter, answer)

    def get(self, filter_id: int) -> TargetFilter:
        return wire.decode(TargetFilter, self._transport.get(path(_FILTERS, filter_id)))

    def update(
        self, filter_id: int, name: str | None = None, query: str | None = None
    ) -> TargetFilter:
        given = {"name": name, "query": query}
        body = {key: value for key, value in given.items() if value is not None}
        answer = self._transport.put(path(_FILTERS, filter_id), body)
        return self.get(filter_id) if answer is None else wire.decode(TargetFilter, answer)

    def delete(self, filter_id: int) -> None:
        self._transport.delete(path(_FILTERS, filter_id))

    def auto_assigned_set(self, filter_id: int) -> DistributionSet | None:
        answer = self._transport.get(path(_FILTERS, filter_id, "autoAssignDS"))
        return None if answer is None else wire.decode(DistributionSet, answer)

    def auto_assign(
        self, filter_id: int, set_id: int, type: str | None = None, weight: int | None = None
    ) -> TargetFilter:
        """Assign a set to all that match, now and later; the server does it in its own time.

        `type`: forced, soft or downloadonly.
        """
        given = {"id": set_id, "type": type, "weight": weight}
        body = {key: value for key, value in given.items() if value is not None}
        answer = self._transport.post(path(_FILTERS, filter_id, "autoAssignDS"), body)
        return self.get(filter_id) if answer is None else wire.decode(TargetFilter, answer)

    def stop_auto_assign(self, filter_id: int) -> None:
        self._transport.delete(path(_FILTERS, filter_id, "autoAssignDS"))
