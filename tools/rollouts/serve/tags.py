"""Tags of targets: names that stay on them, to be searched and assigned by."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from .model import Audited, Base, Numbered


class TargetTag(Numbered, Audited, Base):
    __tablename__ = "target_tag"
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    colour: Mapped[str | None]


class TaggedTarget(Base):
    __tablename__ = "tagged_target"
    tag_id: Mapped[int] = mapped_column(
        ForeignKey("target_tag.id", ondelete="CASCADE"), primary_key=True
    )
    target_id: Mapped[int] = mapped_column(
        ForeignKey("target.id", ondelete="CASCADE"), primary_key=True, index=True
    )
