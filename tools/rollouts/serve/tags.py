"""Tags of targets: names that stay on them, to be searched and assigned by."""

from sqlalchemy.orm import Mapped, mapped_column

from .model import Audited, Base, Numbered, part_of


class TargetTag(Numbered, Audited, Base):
    name: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]
    colour: Mapped[str | None]


class TaggedTarget(Base):
    tag_id: Mapped[int] = part_of("target_tag", primary_key=True)
    target_id: Mapped[int] = part_of("target", primary_key=True, index=True)
