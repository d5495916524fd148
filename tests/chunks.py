"""How tests are spread over the cores; those that are thousands of cases in a few items also
count them.

def test_any(chunk, record_property):
    record_property("tally", ("power cuts", made, ended_right))
"""

import os
from collections import Counter

import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

_FOLDERS = ("tests/crash/", "tests/fuzz/")
# Beside one for each core: most tests wait for a server or a process, not for a core.
_MORE_WORKERS = 2


class _Scheduling(LoadScopeScheduling):
    # A file stays on one core, but chunks share nothing.
    def _split_scope(self, nodeid):
        return nodeid if nodeid.startswith(_FOLDERS) else super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return _Scheduling(config, log) if config.getoption("dist") == "loadscope" else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    return (os.cpu_count() or 1) + _MORE_WORKERS


def pytest_terminal_summary(terminalreporter):
    made, right = Counter(), Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties if report.when == "call" else ():
                if name == "tally":
                    what, count, count_right = value
                    made[what] += count
                    right[what] += count_right
    for what in made:
        terminalreporter.write_line(f"{what}: {made[what]} made, {right[what]} ended right")
