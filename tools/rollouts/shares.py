"""How many targets each group of a rollout gets, as hawkBit divides them.

Asked by the command, to say it before, and by the server, to refuse groups that leave targets
out. Source: hawkBit RolloutHelper, JpaRolloutManagement (validateTargetsInGroups).
"""

import math
from collections.abc import Callable, Sequence
from typing import Protocol


class Group(Protocol):
    """`target_percentage` of all targets that match its `target_filter_query`, if it has one."""

    target_filter_query: str | None
    target_percentage: float


def rounded(number: float) -> int:
    """Java's Math.round."""
    return math.floor(number + 0.5)


def percent_of_rest(group: Group, groups: Sequence[Group]) -> float:
    """A group's percentage, out of all, as the percentage of what earlier groups leave."""
    rest = 100.0
    for earlier in groups:
        if earlier is group:
            break
        if (earlier.target_filter_query or "") == (group.target_filter_query or ""):
            rest -= earlier.target_percentage
    return 100.0 if rest <= 1 else min(100.0, group.target_percentage * 100 / rest)


def sizes(groups: Sequence[Group], count: Callable[[str], int]) -> list[int]:
    """How many targets each group takes. `count(query)`: of the rollout's, "" for all."""
    found, unused = [], 0
    for i, group in enumerate(groups):
        real = count(group.target_filter_query or "")
        overlap = count(_overlap(group, groups[:i])) if i else 0
        real -= overlap
        if overlap > 0 and unused > 0:
            real, unused = real + unused, 0
        taken = rounded(percent_of_rest(group, groups) / 100 * real)
        found.append(taken)
        unused += real - taken
    return found


def _overlap(group: Group, earlier: Sequence[Group]) -> str:
    """The query of a group's targets that earlier groups mean too."""
    own = group.target_filter_query or ""
    others = {g.target_filter_query or "" for g in earlier}
    if "" in others or own in others:
        return own
    others_too = ",".join(f"({query})" for query in sorted(others))
    return f"({own});({others_too})" if own else others_too
