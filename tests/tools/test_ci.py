""".ci/run: what it makes, in which order, and that pytest's closing line comes last."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

MAKE = """#!/bin/sh
echo "made $*" >> made.txt
case "$1" in
test) echo "==== $RESULT in 1.00s ===="; [ "$RESULT" = "3 passed" ] ;;
esac
"""


@pytest.fixture
def run(tmp_path):
    """Return a function that runs .ci/run with a `make` that only says what it was asked."""
    for folder in (".ci", "bin"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    path = tmp_path / "bin" / "make"
    path.write_text(MAKE)
    path.chmod(0o755)

    def run(result):
        path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "RESULT": result}
        done = subprocess.run([tmp_path / ".ci" / "run"], env=env, capture_output=True, text=True)
        made = (tmp_path / "made.txt").read_text().splitlines()
        return done.returncode, made, done.stdout.splitlines()[-1].strip("= ")

    return run


def test_all_is_made_and_the_closing_line_comes_last(run):
    status, made, last = run("3 passed")
    assert status == 0
    assert made == ["made demo", "made test", "made lint size ram"]
    assert last == "3 passed in 1.00s"


def test_failed_tests_end_it_with_their_closing_line(run):
    status, made, last = run("1 failed, 2 passed")
    assert status == 1
    assert made[-1] == "made test"
    assert last == "1 failed, 2 passed in 1.00s"
