"""Distribution sets: the 18 endpoints below /rest/v1/distributionsets."""

from collections.abc import Sequence

from rollouts.api import paging, rsql, wire
from rollouts.api.errors import BadAnswerError
from rollouts.api.metadata import Metadata
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
from rollouts.api.transport import Transport, path

_SETS = "distributionsets"


class DistributionSets:
    def __init__(self, transport: Transport):
        self._transport = transport

    def find(self, query: str | None = None, sort: str = "id:ASC") -> list[DistributionSet]:
        return paging.read(self._transport, path(_SETS), DistributionSet, query, sort)

    def create(self, new_sets: Sequence[NewDistributionSet]) -> list[DistributionSet]:
        """Create NewDistributionSets, all or none; returned in the order asked for.

        The server may answer in any order, so they are matched by name and version.
        """
        answer = self._transport.post(path(_SETS), wire.encode(list(new_sets)))
        made = {(one.name, one.version): one for one in self._created(answer, new_sets)}
        try:
            return [made[new.name, new.version] for new in new_sets]
        except KeyError as error:
            raise BadAnswerError(f"the created sets do not include {error}") from error

    def get(self, set_id: int) -> DistributionSet:
        """Also of a soft-deleted one, which is not in lists (`deleted`)."""
        return wire.decode(DistributionSet, self._transport.get(path(_SETS, set_id)))

    def update(self, set_id: int, update: DistributionSetUpdate) -> DistributionSet:
        answer = self._transport.put(path(_SETS, set_id), wire.encode(update))
        return self.get(set_id) if answer is None else wire.decode(DistributionSet, answer)

    def delete(self, set_id: int) -> None:
        """A set that was ever assigned is only hidden: name and version stay taken."""
        self._transport.delete(path(_SETS, set_id))

    def modules(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[SoftwareModule]:
        where = path(_SETS, set_id, "assignedSM")
        return paging.read(self._transport, where, SoftwareModule, query, sort)

    def add_modules(self, set_id: int, module_ids: Sequence[int]) -> None:
        """A module of a type that takes only one (`os`) replaces the one that was there."""
        body = [{"id": module_id} for module_id in module_ids]
        self._transport.post(path(_SETS, set_id, "assignedSM"), body)

    def remove_module(self, set_id: int, module_id: int) -> None:
        self._transport.delete(path(_SETS, set_id, "assignedSM", module_id))

    def assigned_targets(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        where = path(_SETS, set_id, "assignedTargets")
        return paging.read(self._transport, where, Target, query, sort)

    def assign(
        self, set_id: int, assignments: Sequence[TargetAssignment], offline: bool = False
    ) -> AssignmentResult:
        """Assign TargetAssignments. Unknown targets are left out silently: compare `total`."""
        where = path(_SETS, set_id, "assignedTargets")
        params = {"offline": "true"} if offline else {}
        answer = self._transport.post(where, wire.encode(list(assignments)), **params)
        if answer is None:
            return self._assigned(set_id, {assignment.id for assignment in assignments})
        return AssignmentResult.from_wire(answer)

    def installed_targets(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[Target]:
        where = path(_SETS, set_id, "installedTargets")
        return paging.read(self._transport, where, Target, query, sort)

    def auto_assign_target_filters(
        self, set_id: int, query: str | None = None, sort: str = "id:ASC"
    ) -> list[TargetFilter]:
        where = path(_SETS, set_id, "autoAssignTargetFilters")
        return paging.read(self._transport, where, TargetFilter, query, sort)

    def metadata(self, set_id: int) -> Metadata:
        return Metadata(self._transport, _SETS, set_id)

    def invalidate(self, set_id: int, actions: str, cancel_rollouts: bool | None = None) -> None:
        """Make a set unassignable for ever. `actions`: force, soft or none.

        `cancel_rollouts` is a word of servers before 0.10, sent only when given.
        """
        # One l: hawkBit's spelling.
        body = {"actionCancelationType": actions, "cancelRollouts": cancel_rollouts}
        known = {key: value for key, value in body.items() if value is not None}
        self._transport.post(path(_SETS, set_id, "invalidate"), known)

    # What to do with a 2xx without a body: look.

    def _created(self, answer, new_sets):
        if answer is not None:
            return wire.decode_list(DistributionSet, answer)
        return [one for new in new_sets for one in self.find(rsql.matching("name", new.name))]

    def _assigned(self, set_id, controller_ids):
        known = {target.controller_id for target in self.assigned_targets(set_id)}
        total = len(known & controller_ids)
        return AssignmentResult(assigned=total, already_assigned=0, total=total)
