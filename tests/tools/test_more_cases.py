"""make crash and make fuzz: a few cases of each, and what they say of wrong ones."""

import os
import re
import subprocess
import sys

import pytest
import size

PATHS = [size.ROOT / name for name in ("tools", "tests", "boards/unix")]


def run(tool, *arguments):
    command = [sys.executable, str(size.ROOT / "tests" / tool), *arguments]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def test_pairs_are_made_and_counted():
    status, printed = run(
        "crash/pairs.py", "--pairs", "3", "--unix", "0", "--scenario", "nvs", "--seed", "4"
    )
    assert status == 0
    assert "nvs: 6 cuts made in 3 updates, 3 ended right, 0 wrong" in printed


def test_replay_tells_the_story_of_an_update():
    status, printed = run("crash/pairs.py", "--scenario", "nvs", "--replay", "flash:17:middle")
    assert status == 0
    assert printed.count("boot: ota_0") == 2
    assert "state: testing" in printed and "ended right" in printed


def test_cut_that_is_not_made_ends_wrong():
    status, printed = run("crash/pairs.py", "--scenario", "nvs", "--replay", "flash:9999:after")
    assert status == 1
    assert re.search(r"not made: .*9999", printed)


@pytest.mark.parametrize("cases", ["1", "50"])
def test_wrong_answers_are_made_and_counted(cases):
    status, printed = run("fuzz/many.py", "--cases", cases, "--seed", "3")
    assert status == 0
    assert re.fullmatch(r"(\d+) wrong answers on .*, \1 ended right\n", printed)
