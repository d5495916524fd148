"""Which device tests run a line of the library: measured on CPython, test by test.

A mutant is judged by the tests that run its lines.
"""

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import interpreters
from interpreters import DEVICE

LIB = interpreters.ROOT / "lib" / "hawkbit"
RESULTS = interpreters.ROOT / "build" / "mutants"
CHILD = Path(__file__).with_name("child.py")
WAIT_S = 600
_starting = threading.Lock()


class Chosen:
    """The tests by line, and what they cost. Raises SystemExit when one fails as it is."""

    def __init__(self, on_file):
        self._tests = {}  # module -> line -> {(file, test)}
        self._cost_s = {}
        self._found: Counter[tuple[str, str]] = Counter()
        for path in on_file(sorted(DEVICE.glob("test_*.py"))):
            self._measure(path.stem, tests_in(path.stem))

    def _measure(self, file: str, names: list[str]) -> None:
        for name, (passed, cost_s, lines) in _measured(file, names).items():
            if not passed:
                raise SystemExit(f"{file}::{name} fails without any mutant: mend that first")
            self._cost_s[file, name] = cost_s
            for path, numbers in lines.items():
                module = self._tests.setdefault(Path(path).stem, {})
                for number in numbers:
                    module.setdefault(number, set()).add((file, name))

    def of(self, module: str, lines: tuple[int, int], most_s: float) -> dict[str, list[str]]:
        """Return file -> tests for a change in `lines`, up to most_s of CPU time.

        First those that have found most so far, then the file named after the module, then the
        cheapest.
        """
        by_line = self._tests.get(module, {})
        found = set().union(*(by_line.get(n, ()) for n in range(lines[0], lines[1] + 1)))
        files: dict[str, list[str]] = {}
        for file, name in sorted(found, key=lambda test: self._rank(module, test)):
            most_s -= self._cost_s[file, name]
            if most_s < 0 and files:
                break
            files.setdefault(file, []).append(name)
        return files

    def _rank(self, module: str, test: tuple[str, str]) -> tuple:
        return -self._found[test], test[0] != "test_" + module, self._cost_s[test], test

    def has_found(self, file: str, name: str) -> None:
        """Note that a test killed a mutant."""
        self._found[file, name] += 1

    def limit_s(self, file: str, names: list[str]) -> float:
        """Return how much CPU time the tests may take: ten times what they do."""
        return 5 + 10 * sum(self._cost_s[file, name] for name in names)


def _measured(file: str, names: list[str]) -> dict:
    # Kept until a file that it may depend on is another.
    kept = RESULTS / f"{file}-{_fingerprint(file)}.json"
    if not kept.exists():
        done = run(file, names, None, 600, "--lines", str(LIB))
        if done.returncode and b"runner.Skip" not in done.stderr:
            raise SystemExit(f"{file}: {done.stderr.decode()}")
        for old in RESULTS.glob(f"{file}-*.json"):
            old.unlink()
        RESULTS.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(done.stdout or b"{}")
    return json.loads(kept.read_bytes())


def _fingerprint(file: str) -> str:
    sources = [*LIB.glob("*.py"), *(interpreters.ROOT / "boards" / "unix").rglob("*.py")]
    sources += [p for p in DEVICE.glob("*.py") if not p.stem.startswith("test_")]
    sources.append(DEVICE / f"{file}.py")
    return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(sources))).hexdigest()[:12]


def run(
    file: str, names: list[str], first: Path | None, cpu_s: float, *options: str
) -> subprocess.CompletedProcess:
    """Run child.py in an empty folder; first: a folder before all others on its path.

    Counts CPU time, so that a busy computer kills no mutant; WAIT_S ends what waits for ever.
    """
    _, env = interpreters.command("cpython", "", [])
    path = os.pathsep.join(filter(None, [str(first or ""), env["PYTHONPATH"]]))
    env = {**os.environ, "ROOT": str(interpreters.ROOT), "PYTHONPATH": path, **servers_of(file)}
    limits = ["timeout", str(WAIT_S), "prlimit", f"--cpu={int(cpu_s) + 1}", f"--as={2 << 30}"]
    command = [*limits, sys.executable, "-B", CHILD, *options, file, *names]
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(command, cwd=folder, env=env, capture_output=True)


def tests_in(file: str) -> list[str]:
    """Return the names of the tests in a file."""
    functions = [
        node.name
        for node in ast.parse((DEVICE / f"{file}.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    return [name for name in functions if name.startswith("test_")]


def servers_of(file: str) -> dict[str, str]:
    """Start the servers that a file needs; return what its environment then has."""
    import servers  # takes a while

    needed = re.search(r"^NEEDS = \((.*)\)$", (DEVICE / f"{file}.py").read_text(), re.M)
    with _starting:
        return servers.variables(re.findall(r'"(\w+)"', needed[1]) if needed else ())
