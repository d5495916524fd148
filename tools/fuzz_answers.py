"""make fuzz: wrong answers to the library, made from right ones and a seed, over all cores.

20,000 cases are in `make test`; here are as many as you like, half of them on MicroPython's
unix port. Exits 1 when one did more than raise HawkbitError or OSError.
"""

import argparse
import multiprocessing
import sys

from size import ROOT

sys.path.append(str(ROOT / "tests"))
import interpreters
from fuzz import fuzzing

CASES = 200_000
_CHUNK = 1000


def _run(chunk: tuple) -> tuple[tuple, list]:
    return chunk, fuzzing.run(*chunk)


def _chunks(names: list[str], cases: int, seed: int) -> list[tuple]:
    each = max(1, cases // len(names))
    return [
        (name, seed, index * each + first, min(_CHUNK, each - first))
        for index, name in enumerate(names)
        for first in range(0, each, _CHUNK)
    ]


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES)
    parser.add_argument("--seed", type=int, default=2, help="of `make test`: 1")
    args = parser.parse_args(argv)
    names = [name for name in fuzzing.INTERPRETERS if not interpreters.reason_absent(name)]
    made = failed = 0
    with multiprocessing.Pool() as pool:
        chunks = _chunks(names, args.cases, args.seed)
        for (name, seed, _, count), wrong in pool.imap_unordered(_run, chunks):
            made += count
            failed += len(wrong)
            for number, happened in wrong:
                print(f"WRONG on {name}, cases.py {seed} {number} 1: {happened}", flush=True)
    print(f"{made} wrong answers on {' and '.join(names)}, {made - failed} ended right")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
