"""How an action ends, as far as a watcher can tell; without a server and without waiting."""

import re

import pytest
from rollouts.api.errors import RefusedError, ServerError, UnreachableError
from rollouts.api.models import Action, ActionStatus, Target
from rollouts.release.watch import FAILED, OPEN, SUCCESS, TimeoutReachedError, find_actions, watch


class Clock:
    def __init__(self):
        self.now_s = 0.0

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


class Hawkbit:
    """Plays one script a look: (status of the action, status of the target, message)."""

    def __init__(self, *script, force_type="forced"):
        self._script = list(script)
        self._force_type = force_type
        self.actions = self.targets = self

    def find(self, query):
        if query.startswith("id"):
            now = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            if isinstance(now, Exception):
                raise now
            self._status, self._target, self._message = now
            return [self._action()] if self._status else []
        return [Target(controller_id="dev", update_status=self._target)] if self._target else []

    def action(self, controller_id, action_id):
        return self._action()

    def last_status(self, controller_id, action_id):
        return ActionStatus(id=1, type=self._status, messages=[self._message])

    def _action(self):
        active = self._status not in ("finished", "error", "canceled", "downloaded")
        return Action(
            id=7,
            controller_id="dev",
            active=active,
            status=self._status,
            force_type=self._force_type,
            distribution_set="fw:2",
        )


def last_of(hawkbit, **options):
    for states in watch(hawkbit, [7], Clock(), **options):
        last = states
    return last[0]


def test_finished_and_in_sync_is_success():
    running = ("running", "pending", "downloaded 40 % of fw")
    states = list(watch(Hawkbit(running, ("finished", "in_sync", "done")), [7], Clock()))
    assert [one[0].outcome for one in states] == [OPEN, SUCCESS]
    assert [one[0].percent for one in states] == [40, None]
    assert states[1][0].distribution_set == "fw:2"


@pytest.mark.parametrize("status", ["error", "canceled"])
def test_error_and_canceled_are_failures(status):
    one = last_of(Hawkbit((status, "error", "sha256 differs")))
    assert (one.outcome, one.message) == (FAILED, "sha256 differs")


def test_finished_is_waited_for_until_the_target_follows():
    hawkbit = Hawkbit(*[("finished", "pending", "")] * 3, ("finished", "in_sync", ""))
    assert last_of(hawkbit).outcome == SUCCESS


def test_finished_without_in_sync_is_a_failure_in_the_end():
    one = last_of(Hawkbit(("finished", "pending", "")))
    assert (one.outcome, one.update_status) == (FAILED, "pending")


def test_a_target_deleted_meanwhile_is_a_failure():
    assert last_of(Hawkbit(("finished", None, ""))).update_status == "deleted"


def test_downloaded_ends_a_downloadonly_action():
    hawkbit = Hawkbit(("downloaded", "in_sync", ""), force_type="downloadonly")
    assert last_of(hawkbit).outcome == SUCCESS


def test_an_unknown_action_is_named():
    with pytest.raises(RefusedError, match="unknown action: 7"):
        last_of(Hawkbit((None, None, "")))


def test_the_timeout_ends_with_the_action_open():
    with pytest.raises(TimeoutReachedError, match="5 s"):
        last_of(Hawkbit(("running", "pending", "")), timeout_s=5)


def test_a_server_that_restarts_is_waited_for():
    down = UnreachableError("refused")
    hawkbit = Hawkbit(("running", "pending", ""), *[down] * 30, ("finished", "in_sync", ""))
    assert last_of(hawkbit).outcome == SUCCESS


@pytest.mark.parametrize("error", [UnreachableError("x"), ServerError(503, "GET", "/")])
def test_a_server_that_stays_away_is_an_error(error):
    with pytest.raises(type(error)):
        last_of(Hawkbit(("running", "pending", ""), *[error] * 200))


@pytest.mark.parametrize("error", [UnreachableError("x"), ServerError(401, "GET", "/")])
def test_a_fault_before_the_first_answer_is_an_error_at_once(error):
    with pytest.raises(type(error)):
        last_of(Hawkbit(error, ("finished", "in_sync", "")))


def test_any_number_of_actions_is_asked_for_in_queries_that_fit_an_address():
    class Many:
        def __init__(self):
            self.actions, self.queries = self, []

        def find(self, query):
            self.queries.append(query)
            numbers = map(int, re.findall(r"\d+", query))
            keys = {"controller_id": "dev", "active": True, "status": "running"}
            return [Action(id=number, **keys) for number in numbers]

    for amount in (0, 1, 100, 101, 250):
        hawkbit = Many()
        assert list(find_actions(hawkbit, list(range(amount)))) == list(range(amount))
        assert len(hawkbit.queries) == -(-amount // 100)
        assert all(len(query) < 2000 for query in hawkbit.queries)
