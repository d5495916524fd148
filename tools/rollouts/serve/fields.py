"""The names that queries and sort orders know, resource by resource."""

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
    Target,
    TargetAttribute,
    TargetFilter,
    TargetMetadata,
)
from .rollouts.model import Rollout, RolloutGroup, RolloutStatus
from .rsql import Field
from .tags import TaggedTarget, TargetTag


def _boolean(word: str) -> bool:
    if word.lower() not in ("true", "false"):
        raise ValueError(word)
    return word.lower() == "true"


def _audited(entity) -> dict[str, Field]:
    return {
        "createdat": Field(entity.created_at, int),
        "createdby": Field(entity.created_by),
        "lastmodifiedat": Field(entity.last_modified_at, int),
        "lastmodifiedby": Field(entity.last_modified_by),
    }


def _rows(table, owner) -> Field:
    """name.key of a table of keys and values."""

    def within(key, condition):
        return exists().where(table.owner_id == owner.id, table.key == key, condition)

    return Field(table.value, within=within, keyed=True)


def _other(column, table, reference) -> Field:
    """A column of the row that `reference` points to."""

    def within(condition):
        return exists().where(table.id == reference, condition)

    return Field(column, within=within)


def _types(table, reference) -> dict[str, Field]:
    return {
        "type": _other(table.key, table, reference),
        "type.id": Field(reference, int),
        "type.key": _other(table.key, table, reference),
        "type.name": _other(table.name, table, reference),
    }


def _module(column, convert=str) -> Field:
    """A column of any of a set's modules."""

    def within(condition):
        return exists().where(
            SetModule.set_id == DistributionSet.id,
            SetModule.module_id == SoftwareModule.id,
            condition,
        )

    return Field(column, convert, within)


def _tag() -> Field:
    """The name of any tag of a target."""

    def within(condition):
        return exists().where(
            TaggedTarget.target_id == Target.id, TaggedTarget.tag_id == TargetTag.id, condition
        )

    return Field(TargetTag.name, within=within)


SET_FIELDS = {
    "id": Field(DistributionSet.id, int),
    "name": Field(DistributionSet.name),
    "version": Field(DistributionSet.version),
    "description": Field(DistributionSet.description),
    "valid": Field(DistributionSet.valid, _boolean),
    # hawkBit 1.0.4 counts incomplete sets whatever is asked here, so this asks nothing.
    "complete": Field(None),
    "module.id": _module(SoftwareModule.id, int),
    "module.name": _module(SoftwareModule.name),
    "metadata": _rows(DistributionSetMetadata, DistributionSet),
    **_types(DistributionSetType, DistributionSet.type_id),
    **_audited(DistributionSet),
}

MODULE_FIELDS = {
    "id": Field(SoftwareModule.id, int),
    "name": Field(SoftwareModule.name),
    "version": Field(SoftwareModule.version),
    "description": Field(SoftwareModule.description),
    "vendor": Field(SoftwareModule.vendor),
    "metadata": _rows(SoftwareModuleMetadata, SoftwareModule),
    **_types(SoftwareModuleType, SoftwareModule.type_id),
    **_audited(SoftwareModule),
}

TARGET_FIELDS = {
    "id": Field(Target.controller_id),
    "controllerid": Field(Target.controller_id),
    "name": Field(Target.name),
    "description": Field(Target.description),
    "updatestatus": Field(Target.update_status),
    "ipaddress": Field(Target.address),
    "lastcontrollerrequestat": Field(Target.last_request_at, int),
    "attribute": _rows(TargetAttribute, Target),
    "metadata": _rows(TargetMetadata, Target),
    "tag": _tag(),
    "tag.name": _tag(),
    "assignedds.name": _other(DistributionSet.name, DistributionSet, Target.assigned_set_id),
    "assignedds.version": _other(DistributionSet.version, DistributionSet, Target.assigned_set_id),
    "installedds.name": _other(DistributionSet.name, DistributionSet, Target.installed_set_id),
    "installedds.version": _other(
        DistributionSet.version, DistributionSet, Target.installed_set_id
    ),
    **_audited(Target),
}

ACTION_FIELDS = {
    "id": Field(Action.id, int),
    "active": Field(Action.active, _boolean),
    "status": Field(Action.status),
    "weight": Field(Action.weight, int),
    "laststatuscode": Field(Action.last_status_code, int),
    "target.id": _other(Target.controller_id, Target, Action.target_id),
    "target.controllerid": _other(Target.controller_id, Target, Action.target_id),
    "target.name": _other(Target.name, Target, Action.target_id),
    "target.updatestatus": _other(Target.update_status, Target, Action.target_id),
    "distributionset.id": Field(Action.set_id, int),
    "distributionset.name": _other(DistributionSet.name, DistributionSet, Action.set_id),
    "distributionset.version": _other(DistributionSet.version, DistributionSet, Action.set_id),
    "rollout.id": Field(Action.rollout_id, int),
    "rollout.name": _other(Rollout.name, Rollout, Action.rollout_id),
    "rolloutgroup.id": Field(Action.rollout_group_id, int),
    "rolloutgroup.name": _other(RolloutGroup.name, RolloutGroup, Action.rollout_group_id),
    **_audited(Action),
}


def _open_or_closed(word: str) -> bool:
    if word.lower() not in ("pending", "finished"):
        raise ValueError(word)
    return word.lower() == "pending"


DETAIL_STATUS_FIELDS = {
    **{name: field for name, field in ACTION_FIELDS.items() if name != "active"},
    "status": Field(Action.active, _open_or_closed),
    "detailstatus": Field(Action.status),
}

FILTER_FIELDS = {
    "id": Field(TargetFilter.id, int),
    "name": Field(TargetFilter.name),
    "query": Field(TargetFilter.query),
    "autoassigndistributionset.name": _other(
        DistributionSet.name, DistributionSet, TargetFilter.set_id
    ),
    "autoassigndistributionset.version": _other(
        DistributionSet.version, DistributionSet, TargetFilter.set_id
    ),
    **_audited(TargetFilter),
}

MODULE_TYPE_FIELDS = {
    "id": Field(SoftwareModuleType.id, int),
    "key": Field(SoftwareModuleType.key),
    "name": Field(SoftwareModuleType.name),
    "description": Field(SoftwareModuleType.description),
    "maxassignments": Field(SoftwareModuleType.max_assignments, int),
    **_audited(SoftwareModuleType),
}

SET_TYPE_FIELDS = {
    "id": Field(DistributionSetType.id, int),
    "key": Field(DistributionSetType.key),
    "name": Field(DistributionSetType.name),
    "description": Field(DistributionSetType.description),
    **_audited(DistributionSetType),
}

# hawkBit 1.0.4 sorts the targets of a set by the names of a set's fields, not a target's.
TARGETS_OF_SET_SORT = {
    "id": Field(Target.id, int),
    "name": Field(Target.name),
    "description": Field(Target.description),
    **_audited(Target),
}

TARGETS_OF_GROUP_SORT = {**TARGETS_OF_SET_SORT, "status": Field(Target.update_status)}


def _rollout_status(word: str) -> str:
    if word.lower() not in set(RolloutStatus):
        raise errors.rsql_field(word)
    return word.lower()


ROLLOUT_FIELDS = {
    "id": Field(Rollout.id, int),
    "name": Field(Rollout.name),
    "description": Field(Rollout.description),
    "status": Field(Rollout.status, _rollout_status),
    "distributionset.id": Field(Rollout.set_id, int),
    "distributionset.name": _other(DistributionSet.name, DistributionSet, Rollout.set_id),
    "distributionset.version": _other(DistributionSet.version, DistributionSet, Rollout.set_id),
    **_audited(Rollout),
}

ROLLOUT_GROUP_FIELDS = {
    "id": Field(RolloutGroup.id, int),
    "name": Field(RolloutGroup.name),
    "description": Field(RolloutGroup.description),
    **_audited(RolloutGroup),
}

GROUPS_SORT = {**ROLLOUT_GROUP_FIELDS, "status": Field(RolloutGroup.status)}

TAG_FIELDS = {
    "id": Field(TargetTag.id, int),
    "name": Field(TargetTag.name),
    "description": Field(TargetTag.description),
    "colour": Field(TargetTag.colour),
    **_audited(TargetTag),
}
