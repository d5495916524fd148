"""Rollouts: a set to the targets of a filter, group by group."""

from collections.abc import Callable

from sqlalchemy import exists, select
from starlette.requests import Request

from .. import assignment, config, errors, lookup, rsql
from ..bodies import PathId
from ..fields import (
    GROUPS_SORT,
    ROLLOUT_FIELDS,
    ROLLOUT_GROUP_FIELDS,
    TARGET_FIELDS,
    TARGETS_OF_GROUP_SORT,
)
from ..hub import Transaction
from ..media import Reply
from ..model import Action, Target
from ..paging import Listing, Paging
from ..rollouts import control, groups
from ..rollouts.evaluation import no_progress
from ..rollouts.model import Rollout, RolloutGroup, RolloutStatus, RolloutTarget
from ..store import Work
from .common import Entities, Full, Show, change, done, listed, router
from .rollout_bodies import DEFAULTS, RolloutCreate, RolloutUpdate
from .shapes import Shapes

resources = router("/rollouts")
_find = lookup.finder(Rollout)
entities = Entities(resources, PathId, _find, Shapes.rollout, Shapes.whole_rollout)
ROLLOUTS = Listing(ROLLOUT_FIELDS)
# hawkBit 1.0.4 sorts groups and their targets by the names of a rollout's fields.
GROUPS = Listing(ROLLOUT_GROUP_FIELDS, sort_fields=GROUPS_SORT)
TARGETS = Listing(TARGET_FIELDS, sort_fields=TARGETS_OF_GROUP_SORT)


@resources.get("")
async def list_rollouts(
    request: Request, work: Transaction, show: Show, paging: Paging, full: Full
):
    """Rollouts that are not deleted. `full` adds how far they are."""
    shape = show.whole_rollout if full else show.rollout
    return Reply(ROLLOUTS.fetch(work, listed(request, Rollout), paging, shape))


@resources.post("")
async def create_rollout(work: Transaction, show: Show, body: RolloutCreate):
    """It is filled with targets soon, by the scheduler, and can then be started."""
    if body.target_filter_query is None:
        raise errors.rsql_syntax("A rollout needs a targetFilterQuery.")
    rsql.to_sql(body.target_filter_query, TARGET_FIELDS)
    found = assignment.assignable(work, body.distribution_set_id or 0)
    asks = config.get(work, config.CONFIRMATION_FLOW)
    made = groups.create(
        work,
        body.rollout(found, assignment.DEFAULT_WEIGHT),
        body.new_groups(asks, work.settings.max_rollout_groups),
        by_filter=body.groups is not None,
    )
    return Reply(show.whole_rollout(made), 201)


@resources.put("/{rollout_id}")
async def update_rollout(work: Transaction, show: Show, rollout_id: PathId, body: RolloutUpdate):
    """Change its name or its description."""
    found = _find(work, rollout_id)
    if found.status in (RolloutStatus.DELETING, RolloutStatus.DELETED):
        raise errors.read_only("Rollout", found.id)
    change(work, found, body)
    # As in hawkBit this answer alone does not say how far the targets are.
    nobody = {"totalTargetsPerStatus": no_progress(found)}
    return Reply(show.whole_rollout(found) | nobody)


@resources.delete("/{rollout_id}")
async def delete_rollout(work: Transaction, rollout_id: PathId):
    """Ends what it started, by force. One that never started is gone afterwards."""
    return _do(work, rollout_id, control.delete)


def _offer(command: str, step: Callable[[Work, Rollout], None], what: str) -> None:
    @resources.post("/{rollout_id}/" + command, description=what)
    async def command_rollout(work: Transaction, rollout_id: PathId):
        return _do(work, rollout_id, step)


_offer("start", control.start, "Start the first group.")
_offer("pause", control.pause, "Start no further group; those that run go on.")
_offer("resume", control.resume, "Go on; after an error with the next group.")
_offer("stop", control.stop, "Cancel what runs, and start nothing more.")
_offer("triggerNextGroup", control.trigger_next, "Start the next group whatever the thresholds.")


@resources.post("/{rollout_id}/approve")
async def approve_rollout(work: Transaction, rollout_id: PathId, remark: str | None = None):
    """Let it be started, where approval is on."""
    return _do(work, rollout_id, control.decide, RolloutStatus.READY, remark)


@resources.post("/{rollout_id}/deny")
async def deny_rollout(work: Transaction, rollout_id: PathId, remark: str | None = None):
    """Do not let it be started, where approval is on."""
    return _do(work, rollout_id, control.decide, RolloutStatus.APPROVAL_DENIED, remark)


def _do(work: Work, rollout_id: int, step, *arguments):
    step(work, _find(work, rollout_id), *arguments)
    return done()


@resources.post("/{rollout_id}/retry")
async def retry_rollout(work: Transaction, show: Show, rollout_id: PathId):
    """A new rollout, in one group, for the targets that failed in a finished one."""
    found = _find(work, rollout_id)
    if found.deleted:
        raise errors.not_found("Rollout", rollout_id)
    if found.status != RolloutStatus.FINISHED:
        raise errors.invalid("Only a finished rollout can be retried.")
    again = Rollout(
        name=f"{found.name}_retry", description=found.description,
        target_filter_query=f"failedrollout=={found.id}", retries_id=found.id,
        distribution_set=found.distribution_set, action_type=found.action_type,
        force_time=found.force_time, start_at=found.start_at,
        weight=assignment.DEFAULT_WEIGHT, dynamic=False,
    )  # fmt: skip
    only = RolloutGroup(name="group-1", description="group-1", **DEFAULTS)
    made = groups.create(work, again, [only], by_filter=False)
    return Reply(show.whole_rollout(made), 201)


@resources.get("/{rollout_id}/deploygroups")
async def list_groups(
    work: Transaction, show: Show, rollout_id: PathId, paging: Paging, full: Full
):
    """The groups in their order. `full` adds how far they are."""
    rows = select(RolloutGroup).where(RolloutGroup.rollout_id == _find(work, rollout_id).id)
    shape = show.whole_group if full else show.group
    return Reply(GROUPS.fetch(work, rows, paging, shape))


def _find_group(work: Work, rollout_id: int, group_id: int) -> RolloutGroup:
    _find(work, rollout_id)
    return lookup.by_id(work, RolloutGroup, group_id)


@resources.get("/{rollout_id}/deploygroups/{group_id}")
async def read_group(work: Transaction, show: Show, rollout_id: PathId, group_id: PathId):
    """One group, with how many targets are how far."""
    found = _find_group(work, rollout_id, group_id)
    if found.rollout_id != rollout_id:
        raise errors.not_found("RolloutGroup", group_id)
    return Reply(show.whole_group(found))


@resources.get("/{rollout_id}/deploygroups/{group_id}/targets")
async def list_group_targets(
    work: Transaction, show: Show, rollout_id: PathId, group_id: PathId, paging: Paging
):
    """The targets of a group: as they were chosen while it is ready or searched, later those
    that have an action of it. As in hawkBit the group may be another rollout's."""
    group = _find_group(work, rollout_id, group_id)
    if paging.q is not None or group.rollout.status == RolloutStatus.READY:
        mine = RolloutTarget.target_id == Target.id, RolloutTarget.group_id == group_id
    else:
        mine = Action.target_id == Target.id, Action.rollout_group_id == group_id
    rows = select(Target).where(exists().where(*mine))
    return Reply(TARGETS.fetch(work, rows, paging, show.target))
