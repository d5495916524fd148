"""Follow actions until they are closed, and say how each ended."""

import re
from dataclasses import dataclass

from rollouts.api import rsql
from rollouts.api.errors import RefusedError, RolloutsError, ServerError, UnreachableError
from rollouts.release.selection import by_name

_ACTIONS_PER_QUERY = 100
# Only so many open actions are asked for their newest message at each look.
_MESSAGES_PER_LOOK = 50
# After `finished`, the target's status may take a moment to follow.
_SETTLE_S = 10.0
# A server that restarts is waited for.
_OUTAGE_S = 60.0
_PERCENT = re.compile(r"\b(\d{1,3}) ?%")

OPEN = "open"
SUCCESS = "success"
FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Progress:
    """One action as it is now. `percent`: from the device's newest message, or None."""

    action: int
    controller_id: str
    status: str
    outcome: str = OPEN
    update_status: str | None = None
    distribution_set: str | None = None
    message: str | None = None
    percent: int | None = None


class TimeoutReachedError(RolloutsError):
    """Actions were still open when the time was over."""


def follow(look, has_ended, clock, interval_s, timeout_s=None, late="it has not ended"):
    """Yield what `look()` gives until `has_ended(it)`.

    `clock`: an object with monotonic() and sleep(). Raises TimeoutReachedError, saying `late`,
    and UnreachableError after a minute without an answer.
    """
    begin = last_answer = clock.monotonic()
    seen = None
    while True:
        try:
            seen = look()
            last_answer = clock.monotonic()
            yield seen
            if has_ended(seen):
                return
        except (UnreachableError, ServerError) as error:
            may_pass = isinstance(error, UnreachableError) or error.status >= 500
            if seen is None or not may_pass or clock.monotonic() - last_answer > _OUTAGE_S:
                raise
        if timeout_s is not None and clock.monotonic() - begin + interval_s > timeout_s:
            raise TimeoutReachedError(f"{late} after {timeout_s:g} s")
        clock.sleep(interval_s)


def watch(hawkbit, action_ids, clock, interval_s=1.0, timeout_s=None):
    """Yield the list of Progress at each look; the last has no open one in it.

    Raises as follow() does, and RefusedError for ids that do not exist.
    """
    look = _Look(hawkbit, clock)
    return follow(
        lambda: look.now(action_ids),
        lambda states: all(one.outcome != OPEN for one in states),
        *(clock, interval_s, timeout_s, "not all actions are closed"),
    )


class _Look:
    """Asks for the actions, keeping what no longer changes."""

    def __init__(self, hawkbit, clock):
        self._hawkbit = hawkbit
        self._clock = clock
        self._sets = {}
        self._done = {}
        self._closed_at = {}

    def now(self, action_ids):
        wanted = [action_id for action_id in action_ids if action_id not in self._done]
        actions = find_actions(self._hawkbit, wanted)
        unknown = [str(action_id) for action_id in wanted if action_id not in actions]
        if unknown:
            raise RefusedError("unknown action: " + ", ".join(unknown))
        closed = [action.controller_id for action in actions.values() if not action.active]
        targets = by_name(self._hawkbit, closed)
        states: dict[int, Progress] = {}
        for action in actions.values():
            message = self._message(action) if len(states) < _MESSAGES_PER_LOOK else None
            states[action.id] = self._progress(action, targets.get(action.controller_id), message)
        self._done |= {key: one for key, one in states.items() if one.outcome != OPEN}
        everything = self._done | states
        return [everything[action_id] for action_id in action_ids]

    def _progress(self, action, target, message):
        if action.id not in self._sets:
            one = self._hawkbit.targets.action(action.controller_id, action.id)
            self._sets[action.id] = one.distribution_set
        percent = _PERCENT.search(message or "")
        status = target.update_status if target else "deleted"
        return Progress(
            action=action.id,
            controller_id=action.controller_id,
            status=action.status,
            outcome=OPEN if action.active else self._outcome(action, status),
            update_status=None if action.active else status,
            distribution_set=self._sets[action.id],
            message=message,
            percent=int(percent.group(1)) if percent else None,
        )

    def _message(self, action):
        entry = self._hawkbit.targets.last_status(action.controller_id, action.id)
        return "; ".join(entry.messages) if entry and entry.messages else None

    def _outcome(self, action, target_status):
        if not action.is_success:
            return FAILED
        if target_status == "in_sync":
            return SUCCESS
        since = self._closed_at.setdefault(action.id, self._clock.monotonic())
        return OPEN if self._clock.monotonic() - since < _SETTLE_S else FAILED


def find_actions(hawkbit, action_ids):
    """Return {id: Action} of those that exist."""
    found = {}
    for begin in range(0, len(action_ids), _ACTIONS_PER_QUERY):
        some = action_ids[begin : begin + _ACTIONS_PER_QUERY]
        for action in hawkbit.actions.find(rsql.one_of("id", some)):
            found[action.id] = action
    return found
