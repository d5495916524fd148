"""10,000 wrong answers, more by `make fuzz`; and libraries that let them through are noticed."""

import interpreters
import pytest
from crash.mutations import Mutation, mutate
from fuzz import fuzzing

SEED = 1
CHUNKS = 5
CASES = 1000

HOLES = [
    Mutation(
        "what is not JSON",
        None,
        [("client", "except (ValueError, RuntimeError):  # Uni", "except ZeroDivisionError:  # ")],
    ),
    Mutation(
        "the token goes anywhere",
        None,
        [("client", "if split_url(url)[:3] == self.origin:", "if True:")],
    ),
    Mutation(
        "any hash will do",
        None,
        [("download", "if digest == self.artifact.digest:", "if digest:")],
    ),
    Mutation(
        "any length of a body",
        None,
        [("http", "        elif _is_number(length, _DIGITS):\n", "        elif length:\n")],
    ),
    Mutation(
        "a hash of any type",
        None,
        [("deployment", "type(digest) is str and len(digest) == length", "digest")],
    ),
]


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize("name", fuzzing.INTERPRETERS)
def test_wrong_answers_are_errors_and_no_more(name, chunk, record_property):
    if reason := interpreters.reason_absent(name):
        pytest.skip(reason)
    # Other cases on each interpreter.
    first = (fuzzing.INTERPRETERS.index(name) * CHUNKS + chunk) * CASES
    wrong = fuzzing.run(name, SEED, first, CASES)
    record_property("tally", ("wrong answers", CASES, CASES - len(wrong)))
    assert wrong == []


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_library_with_a_hole_is_noticed(hole, tmp_path):
    lib = mutate(hole, tmp_path / "lib")
    assert any(fuzzing.run("cpython", SEED, first, 250, lib) for first in range(0, 5000, 250))
