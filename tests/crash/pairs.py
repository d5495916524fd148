"""make crash: updates of the simulated board with two power cuts each, drawn at random.

Every single cut is in `make test`; here are pairs of them, over all cores, and a sample of
both on MicroPython's unix port. Exits 1 when an update did not end as it must.
"""

import argparse
import functools
import multiprocessing
import random
import sys
import time
from collections import Counter

import crash.paths  # noqa: F401
import interpreters
from crash.unix_port import sample
from crash.update import SCENARIOS, Update, draw_pair, story
from simboard.power import parse_cut

PAIRS = 1000
UNIX_SAMPLE = 20
_CHUNK = 20


def try_pair(seed: int, name: str, number: int) -> tuple[list, list[str], int]:
    """Return (cuts, what is wrong, how many cuts were made) of the pair with this number."""
    scenario = SCENARIOS[name]
    cuts = draw_pair(scenario, random.Random(f"{seed} {name} {number}"))
    update = Update(scenario, cuts).run()
    return cuts, update.wrong, update.cuts_made()


class Tally:
    """Counts updates and prints those that ended wrong, with what replays them."""

    def __init__(self):
        self.updates = Counter()
        self.wrong = 0

    def add(self, name: str, cuts: list, wrong: list[str], made: int) -> None:
        self.updates["updates"] += 1
        self.updates["cuts"] += made
        if wrong:
            self.wrong += 1
            texts = " ".join(f"{cut.kind}:{cut.number}:{cut.moment}" for cut in cuts)
            print(f"WRONG --scenario {name} --replay {texts}: {'; '.join(wrong)}", flush=True)

    def line(self, name: str, seconds: float) -> str:
        right = self.updates["updates"] - self.wrong
        return (
            f"{name}: {self.updates['cuts']} cuts made in {self.updates['updates']} updates, "
            f"{right} ended right, {self.wrong} wrong ({seconds:.0f} s)"
        )


def pairs(name: str, count: int, seed: int, pool) -> int:
    """Try `count` pairs; return how many ended wrong."""
    tally, started = Tally(), time.monotonic()
    tries = functools.partial(try_pair, seed, name)
    for cuts, wrong, made in pool.imap_unordered(tries, range(count), _CHUNK):
        tally.add(name, cuts, wrong, made)
    print(tally.line(name, time.monotonic() - started), flush=True)
    return tally.wrong


def on_unix_port(name: str, count: int, seed: int) -> int:
    """Try `count` single cuts and as many pairs; return how many updates ended wrong."""
    tally, started = Tally(), time.monotonic()
    for update in sample(SCENARIOS[name], count, count, random.Random(seed)):
        tally.add(name, list(update.cuts), update.wrong, update.cuts_made())
    print(tally.line(f"{name} on the unix port", time.monotonic() - started), flush=True)
    return tally.wrong


def replay(name: str, texts: list[str]) -> int:
    """Print the story of one update in this process; return 1 when it ends wrong."""
    cuts = [parse_cut(text) for text in texts]
    print(story(SCENARIOS[name], cuts))
    wrong = Update(SCENARIOS[name], cuts).run().wrong
    print("\n".join(wrong) or "ended right")
    return 1 if wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make crash", description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="for each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="by default all")
    parser.add_argument(
        "--unix", type=int, default=UNIX_SAMPLE, help="single cuts and pairs on the unix port"
    )
    parser.add_argument(
        "--replay", nargs="+", metavar="CUT", help="only this, such as flash:17:middle"
    )
    return parser


def main(argv=None) -> int:
    args = _parser().parse_args(argv)
    names = args.scenario or list(SCENARIOS)
    if args.replay:
        return replay(names[0], args.replay)
    with multiprocessing.Pool() as pool:
        wrong = sum(pairs(name, args.pairs, args.seed, pool) for name in names)
    reason = interpreters.reason_absent("unix")
    if args.unix and reason:
        print(f"unix port: not tried: {reason}")
    elif args.unix:
        wrong += sum(on_unix_port(name, args.unix, args.seed) for name in names)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
