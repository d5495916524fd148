"""make mutants: is there a test for it? Breaks the library in one place after the other.

Each mutant of a module is judged by the device tests that run its lines, on CPython. What
survives is printed and kept in build/mutants: either a test is missing, or the mutant means the
same. Ends with status 1 when more survive than --allow.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import random
import sys
import tempfile
from pathlib import Path

from mutants import on_unix
from mutants.chosen import LIB, RESULTS, Chosen, run
from mutants.operators import Module, Mutant, mutants
from rich.console import Console
from rich.progress import track
from rich.table import Table

# What decides whether an update is safe.
SAFETY = ["trial", "rollback", "guard", "action", "report", "updater", "signature", "slot"]
SAFETY += ["journal", "deployment", "download", "delta", "client", "http", "ddi"]
MODULES = sorted({path.stem for path in LIB.glob("*.py")} - {"__init__"})
KILLED, SURVIVED, UNTESTED = "killed", "survived", "not run by any test"
console = Console(soft_wrap=True)


def judge(mutant: Mutant, chosen: Chosen, most_s: float) -> str:
    """Return what became of one mutant."""
    files = chosen.of(mutant.module, mutant.lines, most_s)
    if fails(mutant, files, chosen) or on_unix.is_killed(mutant):
        return KILLED
    return SURVIVED if files or on_unix.files_for(mutant.module) else UNTESTED


def fails(mutant: Mutant, files: dict[str, list[str]], chosen: Chosen) -> bool:
    """Does one of the tests fail on CPython?"""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "hawkbit"
        package.mkdir()
        # One module is ours, the others are found behind it.
        init = (LIB / "__init__.py").read_text() + f"\n__path__.append({str(LIB)!r})\n"
        (package / "__init__.py").write_text(init)
        (package / f"{mutant.module}.py").write_text(mutant.source)
        for file, names in files.items():
            done = run(file, names, Path(folder), chosen.limit_s(file, names))
            if done.returncode:
                if killer := done.stdout.decode().strip():
                    chosen.has_found(file, killer)
                return True
    return False


def kept(module: str) -> Path:
    """Return the file of a module's survivors."""
    return RESULTS / f"survivors-{module}.json"


def drawn(options: argparse.Namespace) -> list[Mutant]:
    """Return the mutants to be judged."""
    names = options.modules or (MODULES if options.draw else SAFETY)
    modules = [Module(name, (LIB / f"{name}.py").read_text()) for name in names]
    dice = random.Random(options.seed)
    if options.again:
        left = {name: json.loads(kept(name).read_text()) for name in names if kept(name).exists()}
        return [one for one in mutants(modules) if one.change in left.get(one.module, ())]
    if options.draw:
        return list(itertools.islice(mutants(modules, dice), options.draw))
    groups = (mutants([one], dice if options.sample else None) for one in modules)
    return [one for group in groups for one in itertools.islice(group, options.sample)]


def examine(
    module: str, found: list[Mutant], chosen: Chosen, options: argparse.Namespace
) -> dict[str, int]:
    """Judge mutants of one module; return how many ended how."""
    counts = dict.fromkeys((KILLED, SURVIVED, UNTESTED), 0)
    survivors = []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        verdicts = pool.map(lambda mutant: judge(mutant, chosen, options.seconds), found)
        for mutant, verdict in track(
            zip(found, verdicts, strict=True), module, len(found), console=console
        ):
            counts[verdict] += 1
            if verdict != KILLED:
                survivors.append(mutant.change)
                console.print(f"{verdict}: {mutant}", markup=False, highlight=False)
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept(module).write_text(json.dumps(survivors, indent=1))
    return counts


def main() -> int:
    options = parser().parse_args()
    found: dict[str, list[Mutant]] = {}
    for mutant in drawn(options):
        found.setdefault(mutant.module, []).append(mutant)
    chosen = Chosen(lambda paths: track(paths, "which test runs what", console=console))
    grid = Table("module", KILLED, SURVIVED, UNTESTED, title="mutants of lib/hawkbit")
    alive = 0
    for module in found:
        counts = examine(module, found[module], chosen, options)
        grid.add_row(module, *map(str, counts.values()))
        alive += counts[SURVIVED] + counts[UNTESTED]
    console.print(grid)
    total = sum(map(len, found.values()))
    console.print(f"{alive} of {total} live", highlight=False)
    return 1 if alive > options.allow else 0


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    made.add_argument("modules", nargs="*", metavar="MODULE", help="; ".join(MODULES))
    made.add_argument("--sample", type=int, help="so many of each module, drawn by --seed")
    made.add_argument("--draw", type=int, help="so many altogether, of all modules, by --seed")
    made.add_argument("--seed", type=int, default=1)
    seconds = "CPU time of tests for one mutant, the cheapest first (default: 20)"
    made.add_argument("--seconds", type=float, default=20, help=seconds)
    made.add_argument("--again", action="store_true", help="only what survived the last time")
    made.add_argument("--allow", type=int, default=0, help="so many may live (default: none)")
    made.add_argument("--jobs", type=int, default=os.cpu_count())
    return made


if __name__ == "__main__":
    sys.exit(main())
