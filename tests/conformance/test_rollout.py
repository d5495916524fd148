"""Staged rollouts with boards: a group that fails holds the next one back, until an operator
goes on; whoever comes later gets the set too, where the rollout is dynamic."""

import time

import pytest
from conformance.lab import Lab
from rollouts.api.rollouts import NewGroup, NewRollout, Threshold

_LOOK_S = 0.5
_LOOKS = 240


@pytest.fixture
def fleet(server, tmp_path):
    """`fleet(name)`: a Lab with a board of its own, which asks for consent."""
    labs = []

    def join(name=None):
        folder = tmp_path / str(len(labs))
        folder.mkdir()
        lab = Lab(server, folder)
        lab.name = name or lab.name
        labs.append(lab)
        lab.board = lab.registered_device(ASKS=True)
        return lab

    yield join
    for lab in reversed(labs):
        for rollout in lab.api.rollouts.find(f"name=={lab.name}*"):
            lab.api.rollouts.delete(rollout.id)
        lab.close()


def until(look, wanted):
    """The server's scheduler needs a moment."""
    for _ in range(_LOOKS):
        found = look()
        if found == wanted:
            return
        time.sleep(_LOOK_S)
    assert found == wanted


def statuses(lab, rollout_id):
    groups = [group.status for group in lab.api.rollouts.groups(rollout_id)]
    return lab.api.rollouts.get(rollout_id).status, groups


def start(lab, rollout_id):
    until(lambda: lab.api.rollouts.get(rollout_id).status, "ready")
    lab.api.rollouts.start(rollout_id)
    until(lambda: lab.api.rollouts.get(rollout_id).status, "running")


def test_rollout_stops_at_the_group_that_fails_is_resumed_and_retried(fleet):
    first, second, third = labs = [fleet() for _ in range(3)]
    api = first.api
    groups = [NewGroup(name=lab.name, target_filter_query=f"id=={lab.name}") for lab in labs]
    new = NewRollout(
        name=first.name,
        distribution_set_id=first.release(),
        target_filter_query=",".join(group.target_filter_query for group in groups),
        groups=groups,
        type="soft",
        error_condition=Threshold(expression="10"),
    )
    rollout_id = api.rollouts.create(new).id
    start(first, rollout_id)
    first.board.settle()
    until(lambda: statuses(first, rollout_id), ("running", ["finished", "running", "scheduled"]))
    second.board.accepts = "refuse"
    second.board.settle()
    until(lambda: statuses(first, rollout_id), ("paused", ["finished", "error", "scheduled"]))
    third.board.settle()
    assert [lab.board.version for lab in labs] == ["2.0.0", "1.0.0", "1.0.0"]
    api.rollouts.resume(rollout_id)
    until(lambda: statuses(first, rollout_id), ("running", ["finished", "error", "running"]))
    third.board.settle()
    until(lambda: statuses(first, rollout_id), ("finished", ["finished", "error", "finished"]))
    again = api.rollouts.retry(rollout_id).id
    start(first, again)
    second.board.accepts = "now"
    second.board.settle()
    until(lambda: statuses(first, again), ("finished", ["finished"]))
    assert [lab.board.version for lab in labs] == ["2.0.0"] * 3


def test_board_that_comes_later_joins_a_dynamic_rollout(fleet):
    first = fleet()
    new = NewRollout(
        name=first.name,
        distribution_set_id=first.release(),
        target_filter_query=f"id=={first.name}*",
        amount_groups=1,
        dynamic=True,
    )
    rollout_id = first.api.rollouts.create(new).id
    start(first, rollout_id)
    first.board.settle()
    until(lambda: statuses(first, rollout_id), ("running", ["finished", "running"]))
    second = fleet(f"{first.name}-2")
    # hawkBit looks for more of them once a minute.
    first.server.pass_time(62)
    until(lambda: first.api.rollouts.get(rollout_id).total_targets, 2)
    second.board.settle()
    assert second.board.version == "2.0.0"
    assert first.api.rollouts.get(rollout_id).status == "running"
