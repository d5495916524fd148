"""Errors of the server: one sentence; hawkBit's JSON with -v only."""

import pytest

# command line: what its one sentence says
REFUSED = {
    ("history", "nobody"): "nobody",
    ("history", "dev-1", "--action", "99"): "99",
    ("attributes", "nobody"): "nobody",
    ("ds", "show", "99"): "no distribution set 99",
    ("targets", "--q", "nofield==x"): "nofield",
    ("targets", "--filter", "name="): "name=",
    ("assign", "fw:1", "--filter", "nofield==x", "--yes"): "nofield",
    ("ds", "create", "fw", "1", "--type", "absent"): "absent",
    ("ds", "create", "fw", "1", "--type", "os"): "exist",
    ("ds", "add-module", "fw:1", "99"): "99",
    ("modules", "create", "a", "1", "--type", "absent"): "absent",
    ("rollout", "create", "r", "fw:1", "--filter", "id==*", "--yes"): "fw:1 is incomplete",
    ("filters", "auto-assign", "all", "fw:1", "--yes"): "fw:1 is incomplete",
}


@pytest.fixture
def known(cli, devices):
    devices("dev-1")
    cli.ok("ds", "create", "fw", "1", "--type", "os")
    cli.ok("filters", "create", "all", "id==*")


@pytest.mark.parametrize(("arguments", "said"), REFUSED.items(), ids=map(" ".join, REFUSED))
def test_error_is_one_sentence_that_names_it(cli, known, arguments, said):
    result = cli(*arguments)
    assert (result.code, result.out) == (3, "")
    assert said in result.err and len(result.err.splitlines()) == 1, result.err
    for java in "exceptionClass", "org.eclipse", "errorCode":
        assert java not in result.err


def test_with_v_the_answer_is_shown(cli, known):
    result = cli("history", "nobody", "-v")
    assert '"errorCode": "hawkbit.server.error.repo.' in result.err


def test_wrong_password_is_one_sentence_with_what_to_do(cli):
    cli.environ["ROLLOUTS_PASSWORD"] = "wrong guess"
    result = cli("targets")
    assert result.code == 4 and len(result.err.splitlines()) == 1
    assert "401" in result.err and "check ROLLOUTS_USER and ROLLOUTS_PASSWORD" in result.err


def test_another_address_is_one_sentence_with_what_to_do(cli):
    cli.environ["ROLLOUTS_URL"] += "/elsewhere"
    result = cli("targets")
    assert result.code == 4 and "is ROLLOUTS_URL that of a hawkBit?" in result.err


def test_a_time_that_is_none_is_shown_one(cli, known):
    words = ("assign", "fw:1", "dev-1", "--type", "timeforced", "--forcetime", "tomorrow")
    assert "no time such as 2026-" in cli(*words).err
