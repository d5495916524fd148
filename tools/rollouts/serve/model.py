"""The tables. Names are hawkBit's; times are milliseconds since 1970."""

import re
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, relationship

# Raised with every change of a table: a database of another format is refused at the start.
FORMAT = 2


class UpdateStatus(StrEnum):
    """Where a target stands."""

    UNKNOWN = "unknown"
    REGISTERED = "registered"
    PENDING = "pending"
    IN_SYNC = "in_sync"
    ERROR = "error"


class Status(StrEnum):
    """Where an action stands, and what one entry of its history says."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    RETRIEVED = "retrieved"
    DOWNLOAD = "download"
    DOWNLOADED = "downloaded"
    FINISHED = "finished"
    ERROR = "error"
    WARNING = "warning"
    CANCELING = "canceling"
    CANCELED = "canceled"
    CANCEL_REJECTED = "cancel_rejected"
    WAIT_FOR_CONFIRMATION = "wait_for_confirmation"


class ActionType(StrEnum):
    FORCED = "forced"
    SOFT = "soft"
    TIMEFORCED = "timeforced"
    DOWNLOADONLY = "downloadonly"


class Base(DeclarativeBase):
    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805
        return re.sub(r"\B(?=[A-Z])", "_", cls.__name__).lower()


def refers(table: str, **options):
    """A column that holds the id of a row there."""
    return mapped_column(ForeignKey(f"{table}.id"), **options)


def part_of(table: str, **options):
    """The same, for what is gone with that row."""
    return mapped_column(ForeignKey(f"{table}.id", ondelete="CASCADE"), **options)


def owned(order_by: str, **options):
    """The rows that belong to this one, and go with it."""
    return relationship(order_by=order_by, cascade="all, delete-orphan", **options)


class Numbered:
    """It has an id that is never used twice; SQLite by itself would do so."""

    __table_args__ = {"sqlite_autoincrement": True}
    id: Mapped[int] = mapped_column(primary_key=True)


class Audited:
    """Who made it and who changed it last: an operator, or the server for a device."""

    created_by: Mapped[str]
    created_at: Mapped[int]
    last_modified_by: Mapped[str]
    last_modified_at: Mapped[int]


class SoftwareModuleType(Numbered, Audited, Base):
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    max_assignments: Mapped[int]
    min_artifacts: Mapped[int] = mapped_column(default=0)
    deleted: Mapped[bool] = mapped_column(default=False)


class DistributionSetTypeElement(Base):
    """A module type that a set type takes, and whether a set needs it."""

    set_type_id: Mapped[int] = refers("distribution_set_type", primary_key=True)
    module_type_id: Mapped[int] = refers("software_module_type", primary_key=True)
    mandatory: Mapped[bool]
    module_type: Mapped[SoftwareModuleType] = relationship(lazy="joined")


class DistributionSetType(Numbered, Audited, Base):
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    deleted: Mapped[bool] = mapped_column(default=False)
    elements: Mapped[list[DistributionSetTypeElement]] = relationship(lazy="selectin")


class SoftwareModule(Numbered, Audited, Base):
    __table_args__ = (UniqueConstraint("type_id", "name", "version"), Numbered.__table_args__)
    type_id: Mapped[int] = refers("software_module_type")
    name: Mapped[str]
    version: Mapped[str]
    vendor: Mapped[str | None]
    description: Mapped[str | None]
    encrypted: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    type: Mapped[SoftwareModuleType] = relationship(lazy="joined", innerjoin=True)
    artifacts: Mapped[list["Artifact"]] = owned("Artifact.id", back_populates="module")
    metadata_: Mapped[list["SoftwareModuleMetadata"]] = owned("SoftwareModuleMetadata.key")


class SoftwareModuleMetadata(Base):
    owner_id: Mapped[int] = refers("software_module", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    target_visible: Mapped[bool] = mapped_column(default=False)


class Artifact(Numbered, Audited, Base):
    """A file of a module. Its bytes lie in the store under their sha256."""

    __table_args__ = (UniqueConstraint("module_id", "filename"), Numbered.__table_args__)
    module_id: Mapped[int] = refers("software_module", index=True)
    filename: Mapped[str]
    size: Mapped[int]
    md5: Mapped[str]
    sha1: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    module: Mapped[SoftwareModule] = relationship(back_populates="artifacts")


class SetModule(Base):
    """Which modules a set consists of."""

    set_id: Mapped[int] = refers("distribution_set", primary_key=True)
    module_id: Mapped[int] = refers("software_module", primary_key=True, index=True)


class DistributionSet(Numbered, Audited, Base):
    __table_args__ = (UniqueConstraint("type_id", "name", "version"), Numbered.__table_args__)
    type_id: Mapped[int] = refers("distribution_set_type")
    name: Mapped[str]
    version: Mapped[str]
    description: Mapped[str | None]
    required_migration_step: Mapped[bool] = mapped_column(default=False)
    locked: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    valid: Mapped[bool] = mapped_column(default=True)
    type: Mapped[DistributionSetType] = relationship(lazy="joined", innerjoin=True)
    modules: Mapped[list[SoftwareModule]] = relationship(
        secondary="set_module", order_by=SoftwareModule.id, lazy="selectin"
    )
    metadata_: Mapped[list["DistributionSetMetadata"]] = owned("DistributionSetMetadata.key")

    @property
    def complete(self) -> bool:
        """Has it a module of every type its own type demands?"""
        types = {module.type_id for module in self.modules}
        needed = {e.module_type_id for e in self.type.elements if e.mandatory}
        return bool(types) and needed <= types


class DistributionSetMetadata(Base):
    owner_id: Mapped[int] = refers("distribution_set", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Target(Numbered, Audited, Base):
    controller_id: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str | None]
    address: Mapped[str | None]
    security_token: Mapped[str]
    update_status: Mapped[str] = mapped_column(default=UpdateStatus.UNKNOWN)
    request_attributes: Mapped[bool] = mapped_column(default=True)
    last_request_at: Mapped[int | None]
    installed_at: Mapped[int | None]
    assigned_set_id: Mapped[int | None] = refers("distribution_set", index=True)
    installed_set_id: Mapped[int | None] = refers("distribution_set", index=True)
    auto_confirm_at: Mapped[int | None]
    auto_confirm_initiator: Mapped[str | None]
    auto_confirm_remark: Mapped[str | None]
    attributes: Mapped[list["TargetAttribute"]] = owned("TargetAttribute.key")
    metadata_: Mapped[list["TargetMetadata"]] = owned("TargetMetadata.key")


class TargetAttribute(Base):
    owner_id: Mapped[int] = refers("target", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class TargetMetadata(Base):
    owner_id: Mapped[int] = refers("target", primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Action(Numbered, Audited, Base):
    """One assignment of a set to a target."""

    target_id: Mapped[int] = refers("target", index=True)
    set_id: Mapped[int] = refers("distribution_set", index=True)
    rollout_id: Mapped[int | None] = refers("rollout", index=True)
    rollout_group_id: Mapped[int | None] = refers("rollout_group", index=True)
    type: Mapped[str]
    status: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    weight: Mapped[int]
    force_time: Mapped[int | None]
    window_schedule: Mapped[str | None]
    window_duration: Mapped[str | None]
    window_timezone: Mapped[str | None]
    last_status_code: Mapped[int | None]
    # Rises with every change, and with it the `c` of the links: a device looks again.
    revision: Mapped[int] = mapped_column(nullable=False)
    target: Mapped[Target] = relationship(lazy="joined", innerjoin=True)
    distribution_set: Mapped[DistributionSet] = relationship(lazy="select")
    rollout: Mapped["Rollout | None"] = relationship()  # noqa: F821  # rollouts/model.py
    entries: Mapped[list["ActionStatus"]] = owned("ActionStatus.id")
    __mapper_args__ = {"version_id_col": revision}

    @property
    def is_canceling_or_canceled(self) -> bool:
        return self.status in (Status.CANCELING, Status.CANCELED)


class ActionStatus(Numbered, Base):
    """One entry of an action's history."""

    action_id: Mapped[int] = refers("action", index=True)
    status: Mapped[str]
    code: Mapped[int | None]
    messages: Mapped[list[str]] = mapped_column(JSON)
    timestamp: Mapped[int]  # the device's own time, where it sent one
    created_at: Mapped[int]


class TargetFilter(Numbered, Audited, Base):
    name: Mapped[str] = mapped_column(unique=True)
    query: Mapped[str]
    set_id: Mapped[int | None] = refers("distribution_set", index=True)
    action_type: Mapped[str | None]
    weight: Mapped[int | None]
    confirmation_required: Mapped[bool | None]
    distribution_set: Mapped[DistributionSet | None] = relationship()


class TargetTag(Numbered, Audited, Base):
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    colour: Mapped[str | None]


class TaggedTarget(Base):
    tag_id: Mapped[int] = part_of("target_tag", primary_key=True)
    target_id: Mapped[int] = part_of("target", primary_key=True, index=True)


class ConfigValue(Audited, Base):
    """A value of the tenant's configuration that differs from the default."""

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[object] = mapped_column(JSON)
