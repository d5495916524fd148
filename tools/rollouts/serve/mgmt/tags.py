"""Tags of targets, and which targets have them."""

from typing import Annotated, Literal

from fastapi import Query
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert
from starlette.requests import Request

from .. import errors, lookup
from ..bodies import Body, PathId, text
from ..fields import TAG_FIELDS, TARGET_FIELDS, TARGETS_OF_SET_SORT
from ..hub import Transaction
from ..links import Links
from ..media import NoContent, Reply
from ..model import Target
from ..paging import Listing, Paging
from ..store import Work
from ..tags import TaggedTarget, TargetTag
from .common import Show, change, done, made, router
from .shapes import audit, present

resources = router("/targettags")
of_target = router("/targets/{controller_id}/tags")
TAGS = Listing(TAG_FIELDS)
TARGETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_SET_SORT)

# What becomes of it when a target is unknown: nothing, or the others are done.
Policy = Annotated[Literal["FAIL", "ON_WHAT_FOUND_AND_SUCCESS"], Query(alias="onNotFoundPolicy")]


class TagCreate(Body):
    name: text(1, 128, required=True)
    description: text(0, 512) = None
    colour: text(0, 16) = None


class TagUpdate(Body):
    name: text(1, 128) = None
    description: text(0, 512) = None
    colour: text(0, 16) = None


def _find(work: Work, tag_id: int) -> TargetTag:
    return lookup.by_id(work, TargetTag, tag_id)


def _shape(request: Request, tag: TargetTag) -> dict:
    return {
        **audit(tag),
        **present(name=tag.name, description=tag.description, colour=tag.colour),
        "id": tag.id,
        "_links": {"self": Links(request).mgmt(f"targettags/{tag.id}")},
    }


def _whole(request: Request, tag: TargetTag) -> dict:
    shape = _shape(request, tag)
    path = f"targettags/{tag.id}/assigned?offset=0&limit=50"
    shape["_links"]["assignedTargets"] = Links(request).mgmt(path)
    return shape


@resources.get("")
async def list_tags(request: Request, work: Transaction, paging: Paging):
    """All tags of targets."""
    return Reply(TAGS.fetch(work, select(TargetTag), paging, lambda tag: _shape(request, tag)))


@resources.post("")
async def create_tags(request: Request, work: Transaction, body: list[TagCreate]):
    """All of the list or none. A name that exists already is a 409."""
    tags = [made(work, TargetTag(**item.model_dump())) for item in body]
    return Reply([_shape(request, tag) for tag in tags], 201)


@resources.get("/{tag_id}")
async def read_tag(request: Request, work: Transaction, tag_id: PathId):
    """One tag."""
    return Reply(_whole(request, _find(work, tag_id)))


@resources.put("/{tag_id}")
async def update_tag(request: Request, work: Transaction, tag_id: PathId, body: TagUpdate):
    """Change what is given."""
    return Reply(_whole(request, change(work, _find(work, tag_id), body)))


@resources.delete("/{tag_id}")
async def delete_tag(work: Transaction, tag_id: PathId):
    """Remove a tag from everything that has it."""
    work.db.delete(_find(work, tag_id))
    return done()


@resources.get("/{tag_id}/assigned")
async def list_tagged(work: Transaction, show: Show, tag_id: PathId, paging: Paging):
    """The targets that have it."""
    _find(work, tag_id)
    tagged = select(TaggedTarget.target_id).where(TaggedTarget.tag_id == tag_id)
    rows = select(Target).where(Target.id.in_(tagged))
    return Reply(TARGETS.fetch(work, rows, paging, show.target))


@resources.post("/{tag_id}/assigned")
async def tag_targets(work: Transaction, tag_id: PathId, body: list[str], policy: Policy = "FAIL"):
    """Put it on targets."""
    _put(work, tag_id, _targets(work, tag_id, body, policy))
    return done()


@resources.delete("/{tag_id}/assigned")
async def untag_targets(
    work: Transaction, tag_id: PathId, body: list[str], policy: Policy = "FAIL"
):
    """Take it off targets."""
    _take(work, tag_id, _targets(work, tag_id, body, policy))
    return done()


@resources.post("/{tag_id}/assigned/{controller_id}")
async def tag_target(work: Transaction, tag_id: PathId, controller_id: str):
    """Put it on one target."""
    _put(work, tag_id, _targets(work, tag_id, [controller_id], "FAIL"))
    return done()


@resources.delete("/{tag_id}/assigned/{controller_id}")
async def untag_target(work: Transaction, tag_id: PathId, controller_id: str):
    """Take it off one target."""
    _take(work, tag_id, _targets(work, tag_id, [controller_id], "FAIL"))
    return done()


@of_target.get("")
async def tags_of_target(request: Request, work: Transaction, controller_id: str):
    """The tags of a target; 204 when it has none."""
    found = lookup.find_target(work, controller_id)
    mine = select(TaggedTarget.tag_id).where(TaggedTarget.target_id == found.id)
    tags = work.db.scalars(select(TargetTag).where(TargetTag.id.in_(mine))).all()
    return Reply([_shape(request, tag) for tag in tags]) if tags else NoContent()


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
