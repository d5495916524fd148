"""The tables of rollouts. Names are hawkBit's; times are milliseconds since 1970."""

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..model import ActionType, Audited, Base, DistributionSet, Numbered, owned, part_of, refers


class RolloutStatus(StrEnum):
    CREATING = "creating"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    APPROVAL_DENIED = "approval_denied"
    READY = "ready"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    DELETING = "deleting"
    DELETED = "deleted"


class GroupStatus(StrEnum):
    CREATING = "creating"
    READY = "ready"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    FINISHED = "finished"
    ERROR = "error"


class Rollout(Numbered, Audited, Base):
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    target_filter_query: Mapped[str]
    set_id: Mapped[int] = refers("distribution_set", index=True)
    status: Mapped[str] = mapped_column(default=RolloutStatus.CREATING, index=True)
    action_type: Mapped[str] = mapped_column(default=ActionType.FORCED)
    force_time: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int]
    start_at: Mapped[int | None]
    dynamic: Mapped[bool] = mapped_column(default=False)
    total_targets: Mapped[int] = mapped_column(default=0)
    # The rollout whose failed targets this one tries again.
    retries_id: Mapped[int | None]
    approval_decided_by: Mapped[str | None]
    approval_remark: Mapped[str | None]
    deleted: Mapped[bool] = mapped_column(default=False)
    # When a dynamic group last found nobody: it looks again a minute later.
    filled_at: Mapped[int] = mapped_column(default=0)
    distribution_set: Mapped[DistributionSet] = relationship()
    groups: Mapped[list["RolloutGroup"]] = owned(
        "RolloutGroup.id", passive_deletes=True, back_populates="rollout"
    )


class RolloutGroup(Numbered, Audited, Base):
    rollout_id: Mapped[int] = part_of("rollout", index=True)
    # The group that is started before this one; None: the first.
    parent_id: Mapped[int | None] = mapped_column(index=True)
    name: Mapped[str]
    description: Mapped[str | None]
    status: Mapped[str] = mapped_column(default=GroupStatus.CREATING)
    target_filter_query: Mapped[str] = mapped_column(default="")
    # Of all targets of the filter; of a dynamic group how many targets it takes.
    target_percentage: Mapped[float] = mapped_column(default=100.0)
    total_targets: Mapped[int] = mapped_column(default=0)
    dynamic: Mapped[bool] = mapped_column(default=False)
    confirmation_required: Mapped[bool] = mapped_column(default=False)
    # Thresholds are texts, as they came: one that is no number is never reached.
    success_threshold: Mapped[str]
    success_action: Mapped[str]
    success_action_expression: Mapped[str | None]
    error_threshold: Mapped[str | None]
    error_action_expression: Mapped[str | None]
    rollout: Mapped[Rollout] = relationship(back_populates="groups")


class RolloutTarget(Base):
    """Which targets a group was given before it had actions for them."""

    group_id: Mapped[int] = part_of("rollout_group", primary_key=True)
    target_id: Mapped[int] = part_of("target", primary_key=True, index=True)
