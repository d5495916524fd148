"""Staged rollouts: what one would do, and how it gets on."""

from dataclasses import dataclass

from rollouts import shares
from rollouts.api.errors import RefusedError
from rollouts.api.rollouts import NewGroup, Rollout, RolloutGroup
from rollouts.release.watch import follow

# The server's scheduler looks every two seconds; thousands of targets take some more.
_CREATION_S = 120.0
_FAILED = ("stopped", "deleted", "approval_denied")


@dataclass(frozen=True, kw_only=True)
class Look:
    """A rollout and its groups at one moment."""

    rollout: Rollout
    groups: list[RolloutGroup]

    @property
    def is_held(self):
        """Paused by the errors of a group: only an operator gets it on."""
        return self.rollout.status == "paused" and any(g.status == "error" for g in self.groups)

    @property
    def has_ended(self):
        return self.is_held or self.rollout.status in ("finished", *_FAILED)

    @property
    def is_success(self):
        totals = self.rollout.total_targets_per_status or {}
        lost = totals.get("error", 0) + totals.get("cancelled", 0)
        return self.rollout.status == "finished" and not lost


def equal_groups(amount):
    return [NewGroup(name=f"group-{n + 1}", target_percentage=100 / amount) for n in range(amount)]


def plan(hawkbit, query, groups):
    """Return how many targets each group would get. RefusedError: none, or some left out."""
    total = hawkbit.targets.count(query)
    if not total:
        raise RefusedError(f"no target matches the filter {query}")

    def count(more):
        return hawkbit.targets.count(f"({query});({more})") if more else total

    found = shares.sizes(groups, count)
    if left := total - sum(found):
        raise RefusedError(
            f"the groups leave {left} of {total} targets out: the last needs 100 % of the rest"
        )
    return found


def look(hawkbit, rollout_id):
    return Look(
        rollout=hawkbit.rollouts.get(rollout_id), groups=hawkbit.rollouts.groups(rollout_id)
    )


def created(hawkbit, rollout, clock):
    """Wait until the server has filled its groups; return it. Raises as follow() does."""
    *_, last = follow(
        lambda: hawkbit.rollouts.get(rollout.id),
        lambda now: now.status != "creating",
        *(clock, 0.5, _CREATION_S, f"rollout {rollout.name} is not created"),
    )
    return last


def watch(hawkbit, rollout_id, clock, interval_s, timeout_s=None):
    """Yield a Look at each look until it has ended. Raises as follow() does."""
    return follow(
        lambda: look(hawkbit, rollout_id),
        lambda now: now.has_ended,
        *(clock, interval_s, timeout_s, "the rollout has not ended"),
    )
