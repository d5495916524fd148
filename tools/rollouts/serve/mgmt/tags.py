"""Tags of targets, and which targets have them."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from .. import errors, lookup
from ..bodies import Body, PathId, Text, text
from ..fields import TAG_FIELDS, TARGET_FIELDS, TARGETS_OF_SET_SORT
from ..hub import Transaction
from ..media import Reply
from ..model import TaggedTarget, Target, TargetTag
from ..paging import Listing, Paging
from ..store import Work
from .common import Entities, Show, done, router
from .shapes import Shapes

resources = router("/targettags")
of_target = router("/targets/{controller_id}/tags")
_find = lookup.finder(TargetTag)
TARGETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_SET_SORT)

# What becomes of it when a target is unknown: nothing, or the others are done.
Policy = Annotated[
    Literal["FAIL", "ON_WHAT_FOUND_AND_FAIL", "ON_WHAT_FOUND_AND_SUCCESS"],
    Query(alias="onNotFoundPolicy"),
]
# Puts a tag on targets, or takes it off: by their ids.
Change = Callable[[Work, int, list[int]], None]


class TagUpdate(Body):
    name: text(1, 128) = None
    description: text(0, 512) = None
    colour: text(0, 16) = None


class TagCreate(TagUpdate):
    name: text(1, 128, required=True)


def _create(work: Work, item: TagCreate) -> TargetTag:
    return work.add(TargetTag(**item.model_dump()))


entities = Entities(resources, PathId, _find, Shapes.tag, Shapes.whole_tag)
entities.offer_list(Listing(TAG_FIELDS), TargetTag)
entities.offer_create(TagCreate, _create)
entities.offer_update(TagUpdate)
entities.offer_delete("Remove a tag from everything that has it.")


@resources.get("/{tag_id}/assigned")
async def list_tagged(work: Transaction, show: Show, tag_id: PathId, paging: Paging):
    """The targets that have it."""
    _find(work, tag_id)
    tagged = select(TaggedTarget.target_id).where(TaggedTarget.tag_id == tag_id)
    rows = select(Target).where(Target.id.in_(tagged))
    return Reply(TARGETS.fetch(work, rows, paging, show.target))


@of_target.get("")
async def tags_of_target(work: Transaction, show: Show, controller_id: str):
    """The tags of a target."""
    found = lookup.find_target(work, controller_id)
    mine = select(TaggedTarget.tag_id).where(TaggedTarget.target_id == found.id)
    tags = work.db.scalars(select(TargetTag).where(TargetTag.id.in_(mine)))
    return Reply([show.tag(tag) for tag in tags])


def _change(work: Work, tag_id: int, names: list[str], policy: str, change: Change) -> None:
    """Change the targets of those names. ApiError when one is unknown, if `policy` says so."""
    _find(work, tag_id)
    if not names:
        raise errors.constraint("The list of targets must not be empty.")
    named = select(Target.controller_id, Target.id).where(Target.controller_id.in_(names))
    found = dict(work.db.execute(named).all())
    # By number, as in hawkBit: a name that is given twice is not found twice.
    is_whole = len(found) == len(names)
    if is_whole or policy != "FAIL":
        change(work, tag_id, list(found.values()))
    if not (is_whole or policy == "ON_WHAT_FOUND_AND_SUCCESS"):
        work.db.commit()  # what was found stays changed
        raise errors.none_of("Target", [name for name in names if name not in found])


def _put(work: Work, tag_id: int, target_ids: list[int]) -> None:
    rows = [{"tag_id": tag_id, "target_id": target_id} for target_id in target_ids]
    if rows:
        work.db.execute(insert(TaggedTarget).values(rows).on_conflict_do_nothing())


def _take(work: Work, tag_id: int, target_ids: list[int]) -> None:
    mine = TaggedTarget.tag_id == tag_id, TaggedTarget.target_id.in_(target_ids)
    work.db.execute(delete(TaggedTarget).where(*mine))


def _offer(method: str, change: Change, what: str) -> None:
    offered = getattr(resources, method)

    @offered("/{tag_id}/assigned", description=f"{what} targets.")
    async def change_many(
        work: Transaction, tag_id: PathId, body: list[Text], policy: Policy = "FAIL"
    ):
        _change(work, tag_id, body, policy, change)
        return done()

    @offered("/{tag_id}/assigned/{controller_id}", description=f"{what} one target.")
    async def change_one(work: Transaction, tag_id: PathId, controller_id: str):
        _change(work, tag_id, [controller_id], "FAIL", change)
        return done()


_offer("post", _put, "Put it on")
_offer("delete", _take, "Take it off")
