"""Actions, of one target and of all: list, history, cancel, force, confirm."""

from typing import Literal

from sqlalchemy import select

from .. import actions, consent, errors
from ..bodies import Body, PathId
from ..consent import Confirmation
from ..fields import ACTION_FIELDS, DETAIL_STATUS_FIELDS
from ..hub import Transaction
from ..lookup import by_id, find_target, finder
from ..media import Reply
from ..model import Action, ActionStatus, ActionType
from ..paging import Listing, Paging
from ..rsql import Field
from ..store import Work
from .common import Entities, Full, Show, done, router
from .shapes import Shapes

resources = router("/targets/{controller_id}/actions")
everywhere = router("/actions")
entities = Entities(everywhere, PathId, finder(Action), Shapes.action, Shapes.whole_action)
LISTING = Listing(ACTION_FIELDS, "id:DESC")
BY_DETAIL_STATUS = Listing(DETAIL_STATUS_FIELDS, "id:DESC")
HISTORY = Listing(
    {
        "id": Field(ActionStatus.id, int),
        "timestamp": Field(ActionStatus.timestamp, int),
        "reportedat": Field(ActionStatus.created_at, int),
        "createdat": Field(ActionStatus.created_at, int),
    },
    "id:DESC",
)


class ActionUpdate(Body):
    force_type: Literal["forced", "soft", "timeforced", "downloadonly"] | None = None


def _action_of(work: Work, controller_id: str, action_id: int) -> Action:
    """The action. Another target's is a 404 with no body, as in hawkBit."""
    found = by_id(work, Action, action_id)
    if found.target.controller_id != controller_id:
        raise errors.Empty(404)
    return found


def _listing(work: Work) -> Listing:
    return BY_DETAIL_STATUS if work.settings.rules.detail_status else LISTING


@resources.get("")
async def list_actions(work: Transaction, show: Show, controller_id: str, paging: Paging):
    """The actions of a target, the newest first."""
    rows = select(Action).where(Action.target_id == find_target(work, controller_id).id)
    return Reply(_listing(work).fetch(work, rows, paging, show.action))


@resources.get("/{action_id}")
async def read_action(work: Transaction, show: Show, controller_id: str, action_id: PathId):
    """One action."""
    return Reply(show.whole_action(_action_of(work, controller_id, action_id)))


@resources.put("/{action_id}")
async def update_action(
    work: Transaction, show: Show, controller_id: str, action_id: PathId, body: ActionUpdate
):
    """Make it forced, the one change there is."""
    found = _action_of(work, controller_id, action_id)
    if body.force_type != "forced":
        raise errors.invalid("An action can only be made forced.")
    if not actions.is_forced(work, found):
        found.type = ActionType.FORCED
        work.touch(found)
    work.db.flush()
    return Reply(show.whole_action(found))


@resources.delete("/{action_id}")
async def cancel_action(
    work: Transaction, controller_id: str, action_id: PathId, force: bool = False
):
    """Ask the device to stop; with `force`, after that, end it without the device."""
    found = _action_of(work, controller_id, action_id)
    if force:
        actions.force_quit(work, found)
    else:
        actions.request_cancel(work, found)
    return done()


@resources.get("/{action_id}/status")
async def read_history(
    work: Transaction, show: Show, controller_id: str, action_id: PathId, paging: Paging
):
    """What happened in an action, the newest first. There is no `q`."""
    find_target(work, controller_id)
    found = _action_of(work, controller_id, action_id)
    rows = select(ActionStatus).where(ActionStatus.action_id == found.id)
    paging = paging.model_copy(update={"q": None})
    return Reply(HISTORY.fetch(work, rows, paging, show.entry))


@resources.put("/{action_id}/confirmation")
async def confirm_action(
    work: Transaction, controller_id: str, action_id: PathId, body: Confirmation
):
    """Confirm or deny for the device. 404 when it does not wait, 410 when it is over."""
    consent.answer(work, _action_of(work, controller_id, action_id), body, "The operator")
    return done()


@everywhere.get("")
async def list_all_actions(work: Transaction, show: Show, paging: Paging, full: Full):
    """The actions of all targets, the newest first. `full` adds the links."""
    shape = show.whole_action if full else show.action
    return Reply(_listing(work).fetch(work, select(Action), paging, shape))
