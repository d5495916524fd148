"""Tags of targets, and which targets have them."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from .. import errors, lookup
from ..bodies import Body, PathId, text
from ..fields import TAG_FIELDS, TARGET_FIELDS, TARGETS_OF_SET_SORT
from ..hub import Transaction
from ..media import NoContent, Reply
from ..model import TaggedTarget, Target, TargetTag
from ..paging import Listing, Paging
from ..store import Work
from .common import Entities, Show, done, made, router
from .shapes import Shapes

resources = router("/targettags")
of_target = router("/targets/{controller_id}/tags")
_find = lookup.finder(TargetTag)
TARGETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_SET_SORT)

# What becomes of it when a target is unknown: nothing, or the others are done.
Policy = Annotated[Literal["FAIL", "ON_WHAT_FOUND_AND_SUCCESS"], Query(alias="onNotFoundPolicy")]


class TagUpdate(Body):
    name: text(1, 128) = None
    description: text(0, 512) = None
    colour: text(0, 16) = None


class TagCreate(TagUpdate):
    name: text(1, 128, required=True)


def _create(work: Work, item: TagCreate) -> TargetTag:
    return made(work, TargetTag(**item.model_dump()))


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
    """The tags of a target; 204 when it has none."""
    found = lookup.find_target(work, controller_id)
    mine = select(TaggedTarget.tag_id).where(TaggedTarget.target_id == found.id)
    tags = work.db.scalars(select(TargetTag).where(TargetTag.id.in_(mine))).all()
    return Reply([show.tag(tag) for tag in tags]) if tags else NoContent()


def _targets(work: Work, tag_id: int, controller_ids: list[str], policy: str) -> list[int]:
    """The ids of targets. ApiError when one is unknown, unless the policy is to go on."""
    _find(work, tag_id)
    named = select(Target.controller_id, Target.id).where(Target.controller_id.in_(controller_ids))
    found = dict(work.db.execute(named).all())
    unknown = [name for name in controller_ids if name not in found]
    if unknown and policy == "FAIL":
        raise errors.none_of("Target", unknown)
    return list(found.values())


def _put(work: Work, tag_id: int, target_ids: list[int]) -> None:
    rows = [{"tag_id": tag_id, "target_id": target_id} for target_id in target_ids]
    if rows:
        work.db.execute(insert(TaggedTarget).values(rows).on_conflict_do_nothing())


def _take(work: Work, tag_id: int, target_ids: list[int]) -> None:
    mine = TaggedTarget.tag_id == tag_id, TaggedTarget.target_id.in_(target_ids)
    work.db.execute(delete(TaggedTarget).where(*mine))


def _offer(method: str, change: Callable[[Work, int, list[int]], None], what: str) -> None:
    offered = getattr(resources, method)

    @offered("/{tag_id}/assigned", description=f"{what} targets.")
    async def change_many(
        work: Transaction, tag_id: PathId, body: list[str], policy: Policy = "FAIL"
    ):
        change(work, tag_id, _targets(work, tag_id, body, policy))
        return done()

    @offered("/{tag_id}/assigned/{controller_id}", description=f"{what} one target.")
    async def change_one(work: Transaction, tag_id: PathId, controller_id: str):
        change(work, tag_id, _targets(work, tag_id, [controller_id], "FAIL"))
        return done()


_offer("post", _put, "Put it on")
_offer("delete", _take, "Take it off")
