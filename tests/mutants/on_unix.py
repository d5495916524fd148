"""Judges what survived on CPython once more: a file of tests, whole, on MicroPython's unix port.

There allocations are counted, and only there `net` and `requests_session` run at all.
"""

import queue
import shutil
import tempfile
from pathlib import Path

import interpreters
from mutants.chosen import LIB, servers_of, tests_in
from mutants.operators import Mutant

# The other modules are judged by the file that has their name.
FILES = {
    "net": ("test_net", "test_tls"),
    "settings": ("test_board",),
    "tls_errors": ("test_tls",),
}
TIMEOUT_S = 60  # for one test


def files_for(module: str) -> list[str]:
    """Return the files of tests that judge a module here; none without a unix port."""
    names = FILES.get(module, ("test_" + module,))
    is_here = not interpreters.reason_absent("unix")
    return [name for name in names if is_here and (interpreters.DEVICE / f"{name}.py").exists()]


def is_killed(mutant: Mutant) -> bool:
    """Does a test fail, or the interpreter die or hang?"""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "hawkbit"
        shutil.copytree(LIB, package)
        (package / f"{mutant.module}.py").write_text(mutant.source)
        return any(_fails(file, folder) for file in files_for(mutant.module))


def _fails(file: str, folder: str) -> bool:
    tests = tests_in(file)
    argv, env = interpreters.command("unix", file, tests)
    env["MICROPYPATH"] = f"{folder}:{env['MICROPYPATH']}"
    with tempfile.TemporaryDirectory() as place:
        process = interpreters.Process(argv, env | servers_of(file), place)
        try:
            return not _all_pass(process, len(tests))
        except queue.Empty:
            return True
        finally:
            process.end()


def _all_pass(process: interpreters.Process, count: int) -> bool:
    while (line := process.line(TIMEOUT_S)) is not None:
        if line.startswith("FAIL "):
            return False
        count -= line.startswith(("PASS ", "SKIP "))
    return count == 0
