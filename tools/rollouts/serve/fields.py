"""The names that queries and sort orders know, resource by resource."""

from collections.abc import Callable

from sqlalchemy import exists

from . import errors
from .model import (
    Action,
    DistributionSet,
    DistributionSetMetadata,
    DistributionSetType,
    SetModule,
    SoftwareModule,
    SoftwareModuleMetadata,
    SoftwareModuleType,
    TaggedTarget,
    Target,
    TargetAttribute,
    TargetFilter,
    TargetMetadata,
    TargetTag,
)
from .rollouts.model import Rollout, RolloutGroup, RolloutStatus
from .rsql import Field


def _one_of(yes: str, no: str) -> Callable[[str], bool]:
    """What makes a boolean of two words. ValueError for others."""

    def convert(word: str) -> bool:
        if word.lower() not in (yes, no):
            raise ValueError(word)
        return word.lower() == yes

    return convert


_CONVERT = {str: str, int: int, bool: _one_of("true", "false")}


def _own(entity, *names: str) -> dict[str, Field]:
    """Columns of the entity under hawkBit's names, and who made and changed it when."""
    names += ("created_at", "created_by", "last_modified_at", "last_modified_by")
    columns = [getattr(entity, name) for name in names]
    return {
        column.key.replace("_", ""): Field(column, _CONVERT[column.type.python_type])
        for column in columns
    }


def _rows(table, owner) -> Field:
    """name.key of a table of keys and values."""

    def within(key, condition):
        return exists().where(table.owner_id == owner.id, table.key == key, condition)

    return Field(table.value, within=within, keyed=True)


def _elsewhere(column, *joined, convert=str) -> Field:
    """A column of any row of other tables for which the conditions `joined` hold."""
    return Field(column, convert, within=lambda condition: exists().where(*joined, condition))


def _other(column, table, reference) -> Field:
    """A column of the row that `reference` points to."""
    return _elsewhere(column, table.id == reference)


def _set(prefix: str, reference) -> dict[str, Field]:
    """Name and version of the set that `reference` points to."""
    columns = {"name": DistributionSet.name, "version": DistributionSet.version}
    return {
        f"{prefix}.{name}": _other(column, DistributionSet, reference)
        for name, column in columns.items()
    }


def _types(table, reference) -> dict[str, Field]:
    return {
        "type": _other(table.key, table, reference),
        "type.id": Field(reference, int),
        "type.key": _other(table.key, table, reference),
        "type.name": _other(table.name, table, reference),
    }


_OF_SET = SetModule.set_id == DistributionSet.id, SetModule.module_id == SoftwareModule.id
_OF_TARGET = TaggedTarget.target_id == Target.id, TaggedTarget.tag_id == TargetTag.id
_TAG = _elsewhere(TargetTag.name, *_OF_TARGET)

SET_FIELDS = {
    **_own(DistributionSet, "id", "name", "version", "description", "valid"),
    # hawkBit 1.0.4 counts incomplete sets whatever is asked here, so this asks nothing.
    "complete": Field(None),
    "module.id": _elsewhere(SoftwareModule.id, *_OF_SET, convert=int),
    "module.name": _elsewhere(SoftwareModule.name, *_OF_SET),
    "metadata": _rows(DistributionSetMetadata, DistributionSet),
    **_types(DistributionSetType, DistributionSet.type_id),
}

MODULE_FIELDS = {
    **_own(SoftwareModule, "id", "name", "version", "description", "vendor"),
    "metadata": _rows(SoftwareModuleMetadata, SoftwareModule),
    **_types(SoftwareModuleType, SoftwareModule.type_id),
}

TARGET_FIELDS = {
    **_own(Target, "controller_id", "name", "description", "update_status"),
    "id": Field(Target.controller_id),
    "ipaddress": Field(Target.address),
    "lastcontrollerrequestat": Field(Target.last_request_at, int),
    "attribute": _rows(TargetAttribute, Target),
    "metadata": _rows(TargetMetadata, Target),
    "tag": _TAG,
    "tag.name": _TAG,
    **_set("assignedds", Target.assigned_set_id),
    **_set("installedds", Target.installed_set_id),
}

ACTION_FIELDS = {
    **_own(Action, "id", "active", "status", "weight", "last_status_code"),
    "target.id": _other(Target.controller_id, Target, Action.target_id),
    "target.controllerid": _other(Target.controller_id, Target, Action.target_id),
    "target.name": _other(Target.name, Target, Action.target_id),
    "target.updatestatus": _other(Target.update_status, Target, Action.target_id),
    "distributionset.id": Field(Action.set_id, int),
    **_set("distributionset", Action.set_id),
    "rollout.id": Field(Action.rollout_id, int),
    "rollout.name": _other(Rollout.name, Rollout, Action.rollout_id),
    "rolloutgroup.id": Field(Action.rollout_group_id, int),
    "rolloutgroup.name": _other(RolloutGroup.name, RolloutGroup, Action.rollout_group_id),
}


DETAIL_STATUS_FIELDS = {
    **{name: field for name, field in ACTION_FIELDS.items() if name != "active"},
    "status": Field(Action.active, _one_of("pending", "finished")),
    "detailstatus": Field(Action.status),
}

FILTER_FIELDS = {
    **_own(TargetFilter, "id", "name", "query"),
    **_set("autoassigndistributionset", TargetFilter.set_id),
}

MODULE_TYPE_FIELDS = _own(
    SoftwareModuleType, "id", "key", "name", "description", "max_assignments"
)

SET_TYPE_FIELDS = _own(DistributionSetType, "id", "key", "name", "description")

# hawkBit 1.0.4 sorts the targets of a set by the names of a set's fields, not a target's.
TARGETS_OF_SET_SORT = _own(Target, "id", "name", "description")

TARGETS_OF_GROUP_SORT = {**TARGETS_OF_SET_SORT, "status": Field(Target.update_status)}


def _rollout_status(word: str) -> str:
    if word.lower() not in set(RolloutStatus):
        raise errors.rsql_field(word)
    return word.lower()


ROLLOUT_FIELDS = {
    **_own(Rollout, "id", "name", "description"),
    "status": Field(Rollout.status, _rollout_status),
    "distributionset.id": Field(Rollout.set_id, int),
    **_set("distributionset", Rollout.set_id),
}

ROLLOUT_GROUP_FIELDS = _own(RolloutGroup, "id", "name", "description")

GROUPS_SORT = {**ROLLOUT_GROUP_FIELDS, "status": Field(RolloutGroup.status)}

TAG_FIELDS = _own(TargetTag, "id", "name", "description", "colour")
