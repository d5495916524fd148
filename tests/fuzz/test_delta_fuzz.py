"""1,000 damaged deltas, more by `make fuzz-deltas`; and libraries that take what they must not."""

import interpreters
import pytest
from crash.mutations import Mutation, mutate
from fuzz import fuzzing

SEED = 1
CASES = 500

HOLES = [
    Mutation(
        "whatever a delta makes",
        None,
        [
            (
                "download",
                "if digest == self.artifact.digest:",
                "if digest == self.artifact.digest or self.file != self.artifact:",
            )
        ],
    ),
    Mutation(
        "no full image after a delta",
        None,
        [("action", "if download.file is download.artifact:", "if True:")],
    ),
    Mutation(
        "a program that ends early",
        None,
        [("delta", "(OSError, EOFError, ValueError, IndexError, MemoryError)", "OSError")],
    ),
    Mutation(
        "a frame of any length",
        None,
        [("delta", "if not 0 < size <= BLOCK_SIZE or", "if")],
    ),
]


@pytest.mark.parametrize("name", fuzzing.INTERPRETERS)
def test_damaged_deltas_end_in_the_full_image(name, record_property):
    if reason := interpreters.reason_absent(name):
        pytest.skip(reason)
    first = fuzzing.INTERPRETERS.index(name) * CASES  # others on each
    wrong = fuzzing.run(name, SEED, first, CASES, script=fuzzing.DELTAS)
    record_property("tally", ("damaged deltas", CASES, CASES - len(wrong)))
    assert wrong == []


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_library_with_a_hole_is_noticed(hole, tmp_path):
    lib = mutate(hole, tmp_path / "lib")
    run = fuzzing.run
    assert any(run("cpython", SEED, at, 100, lib, fuzzing.DELTAS) for at in range(0, 1000, 100))
