"""Distribution sets, their modules, and the targets that shall run them or do."""

from typing import Literal

from sqlalchemy import select, update

from .. import actions, assignment, errors
from ..bodies import Body, Id, PathId, Text, text
from ..defaults import DEFAULT_SET_TYPE
from ..fields import (
    FILTER_FIELDS,
    MODULE_FIELDS,
    SET_FIELDS,
    TARGET_FIELDS,
    TARGETS_OF_SET_SORT,
)
from ..hub import Transaction
from ..lookup import changeable_set, find_module, find_set, find_type
from ..media import Reply
from ..model import (
    Action,
    DistributionSet,
    DistributionSetType,
    SetModule,
    SoftwareModule,
    Target,
    TargetFilter,
)
from ..paging import Listing, PageQuery, Paging
from ..rollouts import control
from ..rollouts.model import Rollout
from ..store import Work
from .common import Entities, JsonFirstRoute, Show, change, done, router
from .shapes import Shapes
from .terms import TargetAssignment, by_target

resources = router("/distributionsets")
updates = router("/distributionsets", JsonFirstRoute)
of_set = router("/distributionsets/{set_id}/assignedSM")
MODULES = Listing(MODULE_FIELDS)
FILTERS = Listing(FILTER_FIELDS)
TARGETS = Listing(TARGET_FIELDS, "controllerid:ASC")
TARGETS_AS_SETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_SET_SORT)


class SetCreate(Body):
    name: text(1, 128, required=True)
    version: text(1, 64, required=True)
    description: text(0, 512) = None
    type: Text | None = None
    required_migration_step: bool | None = None
    modules: list[Id] | None = None


class SetUpdate(Body):
    name: text(1, 128) = None
    version: text(1, 64) = None
    description: text(0, 512) = None
    required_migration_step: bool | None = None
    locked: bool | None = None


class Invalidation(Body):
    """`cancelRollouts` is taken and has no effect: 1.0.4 looks at the type only."""

    action_cancelation_type: Literal["force", "soft", "none"]
    cancel_rollouts: bool | None = None


def create_set(work: Work, item: SetCreate) -> DistributionSet:
    values = item.model_dump(exclude={"modules"})
    values["type"] = find_type(work, DistributionSetType, item.type or DEFAULT_SET_TYPE)
    values["required_migration_step"] = bool(item.required_migration_step)
    new = DistributionSet(**values)
    add_modules(work, new, known_modules(work, [module.id for module in item.modules or []]))
    return work.add(new)


entities = Entities(resources, PathId, find_set, Shapes.distribution_set, Shapes.whole_set)
entities.offer_list(Listing(SET_FIELDS), DistributionSet)
entities.offer_create(SetCreate, create_set)


def known_modules(work: Work, ids: list[int]) -> list[SoftwareModule]:
    """The modules in that order. ApiError 404 when there is not each of them."""
    named = select(SoftwareModule).where(SoftwareModule.id.in_(ids))
    found = {module.id: module for module in work.db.scalars(named)}
    unknown = [i for i in ids if i not in found]
    if unknown:
        raise errors.none_of("SoftwareModule", unknown)
    return [found[i] for i in ids]


def add_modules(
    work: Work, distribution_set: DistributionSet, modules: list[SoftwareModule]
) -> None:
    """Put modules in; of a type that a set takes once, the new one replaces the old."""
    allowed = {e.module_type_id for e in distribution_set.type.elements}
    kept = list(distribution_set.modules)
    for module in modules:
        if module.type_id not in allowed:
            raise errors.module_unsupported()
        if module in kept:
            continue
        if module.type.max_assignments == 1:
            kept = [m for m in kept if m.type_id != module.type_id]
        kept.append(module)
    errors.check_quota("SoftwareModule", len(kept), work.settings.max_modules)
    distribution_set.modules = sorted(kept, key=lambda m: m.id)


@of_set.get("")
async def list_modules(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The set's modules. hawkBit has no `q` here; the reference of 2023 has."""
    find_set(work, set_id)
    mine = select(SetModule.module_id).where(SetModule.set_id == set_id)
    rows = select(SoftwareModule).where(SoftwareModule.id.in_(mine))
    if not work.settings.rules.searches_parts:
        paging = PageQuery(limit=paging.limit, offset=paging.offset, sort=paging.sort)
    return Reply(MODULES.fetch(work, rows, paging, show.module))


@of_set.post("")
async def assign_modules(work: Transaction, set_id: PathId, body: list[Id]):
    """Add modules to a set that is not locked."""
    found = changeable_set(work, set_id)
    modules = known_modules(work, [m.id for m in body])
    if found.locked:
        raise errors.locked("DistributionSet", set_id, "to add a module")
    add_modules(work, found, modules)
    work.touch(found)
    return done()


@of_set.delete("/{module_id}")
async def remove_module(work: Transaction, set_id: PathId, module_id: PathId):
    """Take a module out; one that is not in is no error."""
    found = changeable_set(work, set_id)
    if found.locked:
        raise errors.locked("DistributionSet", set_id, "to remove a module")
    module = find_module(work, module_id)
    if module in found.modules:
        found.modules.remove(module)
        work.touch(found)
    return done()


@updates.put("/{set_id}")
async def update_set(work: Transaction, show: Show, set_id: PathId, body: SetUpdate):
    """Change what is given. A locked set keeps its requiredMigrationStep."""
    found = changeable_set(work, set_id)
    step = body.required_migration_step
    if found.locked and step is not None and step != found.required_migration_step:
        raise errors.locked("DistributionSet", set_id, "to change requiredMigrationStep")
    if body.locked:
        assignment.lock(work, found)
    return Reply(show.whole_set(change(work, found, body)))


@resources.delete("/{set_id}")
async def delete_set(work: Transaction, set_id: PathId):
    """A set that was ever assigned stays as deleted, its name taken; another is gone."""
    found = work.db.get(DistributionSet, set_id)
    if found is None:
        raise errors.none_of("DistributionSet", [set_id])
    stop_auto_assignment(work, TargetFilter.set_id == set_id)
    if work.count(Action.set_id == set_id) or work.count(Rollout.set_id == set_id):
        found.deleted = True
    else:
        work.db.delete(found)
    return done()


def stop_auto_assignment(work: Work, which) -> None:
    """The target filters of that condition assign nothing any more."""
    terms = ("set_id", "action_type", "weight", "confirmation_required")
    work.db.execute(update(TargetFilter).where(which).values(dict.fromkeys(terms)))


@resources.post("/{set_id}/invalidate")
async def invalidate(work: Transaction, set_id: PathId, body: Invalidation):
    """Never assign it again; open actions are canceled, ended by force, or left alone."""
    found = find_set(work, set_id)
    rules = work.settings.rules
    if found.deleted and rules.deleted_is_gone:
        raise errors.entity_deleted("DistributionSet", set_id)
    if not (found.valid or rules.invalid_again):
        raise errors.set_invalid(set_id)
    if not found.complete:
        raise errors.set_incomplete(set_id)
    found.valid = False
    stop_auto_assignment(work, TargetFilter.set_id == set_id)
    if body.action_cancelation_type != "none":
        force = body.action_cancelation_type == "force"
        control.give_up_set(work, found, force)
        _cancel_all(work, set_id, force)
    work.touch(found)
    return done()


def _cancel_all(work: Work, set_id: int, force: bool) -> None:
    for action in work.db.scalars(select(Action).where(Action.set_id == set_id, Action.active)):
        if not action.is_canceling_or_canceled:
            actions.request_cancel(work, action)
        if force:
            actions.force_quit(work, action)


def _statistics(work: Work, set_id: int) -> dict[str, dict]:
    """Each part under the last word of its path."""
    find_set(work, set_id)
    filters = work.count(TargetFilter.set_id == set_id)
    return {
        "actions": {"actions": _counts(work, Action, set_id)},
        "rollouts": {"rollouts": _counts(work, Rollout, set_id)},
        "autoassignments": {"totalAutoAssignments": filters},
    }


@resources.get("/{set_id}/statistics")
async def statistics(work: Transaction, set_id: PathId):
    """How many actions, rollouts and auto-assignments there are, by status."""
    parts = _statistics(work, set_id)
    return Reply({name: count for part in parts.values() for name, count in part.items()})


@resources.get("/{set_id}/statistics/{kind}")
async def one_statistic(work: Transaction, set_id: PathId, kind: str):
    """One of rollouts, actions and autoassignments."""
    parts = _statistics(work, set_id)
    if kind not in parts:
        raise errors.FrameworkError(404)
    return Reply(parts[kind])


def _counts(work: Work, table: type[Action] | type[Rollout], set_id: int) -> dict:
    counts = work.count_by(table.status, table.set_id == set_id)
    total = sum(counts.values())
    return {"total": total, **{status.upper(): count for status, count in counts.items()}}


@resources.post("/{set_id}/assignedTargets")
async def assign_targets(
    work: Transaction, show: Show, set_id: PathId, body: list[TargetAssignment],
    offline: bool = False,
):  # fmt: skip
    """Assign the set. Unknown ids are left out silently and not counted."""
    if not body:
        raise errors.constraint("the list of targets must not be empty")
    errors.check_quota("Target", len(body), work.settings.max_assignments)
    found = assignment.assignable(work, set_id)
    result = assignment.assign(work, found, by_target(body), offline)
    return Reply(show.assigned(result))


@resources.get("/{set_id}/assignedTargets")
async def assigned_targets(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The targets that shall run the set."""
    return _targets(work, show, set_id, paging, Target.assigned_set_id)


@resources.get("/{set_id}/installedTargets")
async def installed_targets(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The targets that run the set."""
    return _targets(work, show, set_id, paging, Target.installed_set_id)


def _targets(work: Work, show: Shapes, set_id: int, paging: Paging, column) -> Reply:
    find_set(work, set_id)
    listing = TARGETS_AS_SETS if work.settings.rules.sorts_targets_as_sets else TARGETS
    rows = select(Target).where(column == set_id)
    return Reply(listing.fetch(work, rows, paging, show.target))


@resources.get("/{set_id}/autoAssignTargetFilters")
async def auto_assign_filters(work: Transaction, show: Show, set_id: PathId, paging: Paging):
    """The target filters that assign the set by themselves."""
    find_set(work, set_id)
    rows = select(TargetFilter).where(TargetFilter.set_id == set_id)
    return Reply(FILTERS.fetch(work, rows, paging, show.target_filter))
