"""Target filters: stored queries, and the set that is assigned to whatever they find."""

from rollouts.api import wire
from rollouts.api.models import DistributionSet, TargetFilter
from rollouts.api.resource import Resource, given

_AUTO = "autoAssignDS"


class TargetFilters(Resource[TargetFilter]):
    PATH = "targetfilters"
    ENTITY = TargetFilter

    def create(self, name: str, query: str) -> TargetFilter:
        # A single object: the one POST that takes no list.
        answer = self._transport.post(self._path(), {"name": name, "query": query})
        return wire.decode(TargetFilter, answer)

    def update(
        self, filter_id: int, name: str | None = None, query: str | None = None
    ) -> TargetFilter:
        return self._put(filter_id, given(name=name, query=query))

    def auto_assigned_set(self, filter_id: int) -> DistributionSet | None:
        answer = self._transport.get(self._path(filter_id, _AUTO))
        return None if answer is None else wire.decode(DistributionSet, answer)

    def auto_assign(
        self, filter_id: int, set_id: int, type: str | None = None, weight: int | None = None
    ) -> TargetFilter:
        """Assign a set to all that match, now and later; the server does it in its own time.

        `type`: forced, soft or downloadonly.
        """
        body = given(id=set_id, type=type, weight=weight)
        return self._answered(filter_id, self._transport.post(self._path(filter_id, _AUTO), body))

    def stop_auto_assign(self, filter_id: int) -> None:
        self._transport.delete(self._path(filter_id, _AUTO))
