"""Distribution sets: the 18 endpoints below /rest/v1/distributionsets."""

from collections.abc import Sequence

from rollouts.api import wire
from rollouts.api.models import (
    AssignmentResult,
    DistributionSet,
    DistributionSetUpdate,
    NewDistributionSet,
    SoftwareModule,
    Target,
    TargetAssignment,
    TargetFilter,
)
from rollouts.api.resource import Resource, given


class DistributionSets(Resource[DistributionSet]):
    """A set that was ever assigned is only hidden by `delete`: name and version stay taken."""

    PATH = "distributionsets"
    ENTITY = DistributionSet

    def create(self, new_sets: Sequence[NewDistributionSet]) -> list[DistributionSet]:
        """Create NewDistributionSets, all or none; returned in the order asked for."""
        return self._create(new_sets, lambda one: (one.name, one.version))

    def update(self, set_id: int, update: DistributionSetUpdate) -> DistributionSet:
        return self._put(set_id, wire.encode(update))

    def modules(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[SoftwareModule]:
        return self._list(SoftwareModule, set_id, "assignedSM", query=query, sort=sort)

    def add_modules(self, set_id: int, module_ids: Sequence[int]) -> None:
        """A module of a type that takes only one (`os`) replaces the one that was there."""
        body = [{"id": module_id} for module_id in module_ids]
        self._transport.post(self._path(set_id, "assignedSM"), body)

    def remove_module(self, set_id: int, module_id: int) -> None:
        self._transport.delete(self._path(set_id, "assignedSM", module_id))

    def assigned_targets(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        return self._list(Target, set_id, "assignedTargets", query=query, sort=sort)

    def assign(
        self, set_id: int, assignments: Sequence[TargetAssignment], offline: bool = False
    ) -> AssignmentResult:
        """Assign TargetAssignments. Unknown targets are left out silently: compare `total`."""
        where = self._path(set_id, "assignedTargets")
        params = {"offline": "true"} if offline else {}
        answer = self._transport.post(where, wire.encode(list(assignments)), **params)
        if answer is None:
            return self._assigned(set_id, {assignment.id for assignment in assignments})
        return wire.decode(AssignmentResult, answer)

    def installed_targets(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        return self._list(Target, set_id, "installedTargets", query=query, sort=sort)

    def auto_assign_target_filters(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[TargetFilter]:
        return self._list(TargetFilter, set_id, "autoAssignTargetFilters", query=query, sort=sort)

    def invalidate(self, set_id: int, actions: str, cancel_rollouts: bool | None = None) -> None:
        """Make a set unassignable for ever. `actions`: force, soft or none.

        `cancel_rollouts` is a word of servers before 0.10, sent only when given.
        """
        # One l: hawkBit's spelling.
        body = given(actionCancelationType=actions, cancelRollouts=cancel_rollouts)
        self._transport.post(self._path(set_id, "invalidate"), body)

    # What to do with a 2xx without a body: look.

    def _assigned(self, set_id, controller_ids):
        known = {target.controller_id for target in self.assigned_targets(set_id)}
        total = len(known & controller_ids)
        return AssignmentResult(assigned=total, already_assigned=0, total=total)
