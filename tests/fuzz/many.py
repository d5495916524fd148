"""make fuzz, make fuzz-deltas: wrong answers to the library, and wrong deltas, over all cores.

They are made from right ones and a seed. Some are in `make test`; here are as many as you like,
half of them on MicroPython's unix port. Exits 1 when an answer did more than raise HawkbitError
or OSError, or when a delta did not end in the full image.
"""

import argparse
import multiprocessing
import sys

import interpreters
from fuzz import fuzzing

CASES = {"cases.py": 200_000, fuzzing.DELTAS: 20_000}
_CHUNK = 1000


def _run(chunk: tuple) -> tuple[tuple, list]:
    script, *case = chunk
    return chunk, fuzzing.run(*case, script=script)


def _chunks(script: str, names: list[str], cases: int, seed: int) -> list[tuple]:
    each = max(1, cases // len(names))
    return [
        (script, name, seed, index * each + first, min(_CHUNK, each - first))
        for index, name in enumerate(names)
        for first in range(0, each, _CHUNK)
    ]


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("script", nargs="?", choices=CASES, default="cases.py")
    parser.add_argument("--cases", type=int)
    parser.add_argument("--seed", type=int, default=2, help="of `make test`: 1")
    args = parser.parse_args(argv)
    names = [name for name in fuzzing.INTERPRETERS if not interpreters.reason_absent(name)]
    made = failed = 0
    with multiprocessing.Pool() as pool:
        cases = args.cases or CASES[args.script]
        chunks = _chunks(args.script, names, cases, args.seed)
        for (script, name, seed, _, count), wrong in pool.imap_unordered(_run, chunks):
            made += count
            failed += len(wrong)
            for number, happened in wrong:
                print(f"WRONG on {name}, {script} {seed} {number} 1: {happened}", flush=True)
    what = "wrong answers" if args.script == "cases.py" else "damaged deltas"
    print(f"{made} {what} on {' and '.join(names)}, {made - failed} ended right")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
