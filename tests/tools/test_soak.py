"""make soak notices heap that is lost."""

import interpreters
import pytest
import size
from bench import soak
from crash.mutations import Mutation, mutate

CYCLES = 400
HEAP = 112 * size.KB  # `make soak` finds the smallest itself
LEAK = Mutation(
    "each cycle leaves something behind",
    None,
    [
        (
            "updater",
            "        failures = self._failures\n",
            '        self._left = [getattr(self, "_left", None)]\n'
            "        failures = self._failures\n",
        )
    ],
)

NO_UNIX = interpreters.reason_absent("unix")
needs_unix = pytest.mark.skipif(bool(NO_UNIX), reason=str(NO_UNIX))


def soaked(lib, folder, heap=HEAP):
    size.compile_library(lib / "hawkbit", folder / "hawkbit")
    size.compile_library(size.ROOT / "tests" / "ram", folder)
    return soak.soak(folder, heap, CYCLES)


@needs_unix
def test_free_memory_does_not_fall(tmp_path):
    free, polls = soaked(size.ROOT / "lib", tmp_path)
    assert len(free) == -(-CYCLES // soak.STEP)
    assert polls >= CYCLES
    assert not soak.has_fallen(free), free


@needs_unix
def test_leak_of_a_few_bytes_in_a_cycle_is_noticed(tmp_path):
    free, _ = soaked(mutate(LEAK, tmp_path / "lib"), tmp_path / "mpy", 2 * HEAP)
    assert soak.has_fallen(free), free


def test_what_falls_after_the_first_quarter_has_fallen():
    assert not soak.has_fallen([9, 7, 5, 6, 5, 6, 5, 6])
    assert soak.has_fallen([9, 7, 5, 6, 5, 6, 5, 4])
