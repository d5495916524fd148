"""The tables of the device tests say what the chip said: its log, where there is one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import interpreters
import pytest

LOGS = Path(__file__).parents[4] / "shared" / "recordings" / "esp32-micropython-1.23.0"
_CASE = re.compile(r"CASE (.+?) (-> .*|!! OSError .*|!! \w+)")
_RUN = re.compile(r"RUN (\S+) BOOT (\S+) cause (\d)")
_ENTRY = re.compile(r"OTADATA  \d ([0-9a-f]{8})[0-9a-f]{40}([0-9a-f]{8})")
_TABLES = """
import json
from test_esp32 import BLOCKS, KEYS, LOOKUPS
from test_simulated_board import ROLLBACK
cases = {name: text for table in (LOOKUPS, BLOCKS, KEYS) for name, _, text in table}
print(json.dumps([cases, [row[1:] for row in ROLLBACK]]))
"""


@pytest.fixture(scope="module")
def tables():
    argv, env = interpreters.command("cpython", "", [])
    argv[-1] = _TABLES
    assert argv[0] == sys.executable
    return json.loads(subprocess.run(argv, env=env, check=True, capture_output=True).stdout)


def log(name):
    if not LOGS.exists():
        pytest.skip("no recording of a chip beside this repository")
    return (LOGS / name).read_text()


def test_cases_are_those_of_the_log(tables):
    logged = dict(match.groups() for match in _CASE.finditer(log("partition-and-nvs.txt")))
    asked = {name: text for name, text in tables[0].items() if name in logged}
    assert asked == {name: logged[name] for name in asked}
    assert len(asked) > 90, "the tables ask what the log answers"


def test_rollback_is_that_of_the_log(tables):
    text = log("rollback.txt")
    steps = []
    for match in _RUN.finditer(text):
        entries = _ENTRY.findall(text, match.end())[:2]
        numbers = [[int.from_bytes(bytes.fromhex(x), "little") for x in e] for e in entries]
        running, boot, cause = match.groups()
        steps.append([running, boot, int(cause), *numbers])
    assert tables[1] == steps
