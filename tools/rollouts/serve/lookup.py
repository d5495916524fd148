"""What a request names: found, or a 404 that says what there is not."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select

from . import errors
from .model import (
    Action,
    Base,
    DistributionSet,
    DistributionSetType,
    SoftwareModule,
    SoftwareModuleType,
    Target,
)
from .store import Work

Entity = TypeVar("Entity", bound=Base)
Type = TypeVar("Type", DistributionSetType, SoftwareModuleType)


def by_id(work: Work, table: type[Entity], entity_id: int, kind: str | None = None) -> Entity:
    """The entity with that id. `kind`: what hawkBit calls it, unless as we do."""
    found = work.db.get(table, entity_id)
    if found is None:
        raise errors.not_found(kind or table.__name__, entity_id)
    return found


def finder(table: type[Entity], kind: str | None = None) -> Callable[[Work, int], Entity]:
    """by_id() of one table."""
    return lambda work, entity_id: by_id(work, table, entity_id, kind)


find_set = finder(DistributionSet)
find_module = finder(SoftwareModule)


def changeable_set(work: Work, set_id: int) -> DistributionSet:
    """A set that is not invalid; hawkBit 1.0.4 changes a deleted one too."""
    found = valid_set(work, set_id)
    if found.deleted and work.settings.rules.deleted_is_gone:
        raise errors.entity_deleted("DistributionSet", set_id)
    return found


def valid_set(work: Work, set_id: int) -> DistributionSet:
    """A set that may get metadata, if it is deleted too."""
    found = find_set(work, set_id)
    if not found.valid:
        raise errors.set_invalid(set_id)
    return found


def changeable_module(work: Work, module_id: int) -> SoftwareModule:
    found = find_module(work, module_id)
    if found.deleted:
        raise errors.entity_deleted("SoftwareModule", module_id)
    return found


def find_type(work: Work, table: type[Type], key: str) -> Type:
    """The type of modules or of sets with that key."""
    found = work.db.scalar(select(table).where(table.key == key))
    if found is None:
        raise errors.not_found(table.__name__, key)
    return found


def find_target(work: Work, controller_id: str) -> Target:
    found = work.db.scalar(select(Target).where(Target.controller_id == controller_id))
    if found is None:
        raise errors.not_found("Target", controller_id)
    return found


def find_action(work: Work, controller_id: str, action_id: int) -> Action:
    """The action, if it is the target's. ApiError 404 when either is unknown."""
    target = find_target(work, controller_id)
    found = by_id(work, Action, action_id)
    if found.target_id != target.id:
        raise errors.not_yours(action_id, controller_id)
    return found
