"""Runs each scenario on each server, and prints the table of `make conformance`.

Without --conformance, as in `make test`, it is `rollouts serve` alone.
"""

import os
import re

import pytest
from conformance import servers
from conformance.lab import Lab
from conformance.tenant import NotAllowed
from rich.console import Console
from rich.table import Table

_SOURCES = pytest.StashKey[dict]()
_outcomes: dict[str, dict[str, tuple[str, str]]] = {}  # scenario -> server -> (word, reason)
_WIDTH = 110
_STYLES = {"passed": "green", "failed": "bold red", "skipped": "yellow"}


def pytest_addoption(parser):
    parser.addoption(
        "--conformance",
        action="store_true",
        help="scenarios also on a hawkBit: HAWKBIT_URL, HAWKBIT_JAR, or Maven's; prints a table",
    )


def _is_whole_run(config) -> bool:
    # The option is unknown where this file was not loaded at the start.
    return config.getoption("--conformance", default=False)


def pytest_configure(config):
    config.stash[_SOURCES] = {servers.SERVE: servers.serve}
    if _is_whole_run(config):
        config.stash[_SOURCES].update(servers.hawkbit(os.environ, print))


def _sources(config) -> dict[str, servers.Start]:
    return config.stash[_SOURCES]


def pytest_generate_tests(metafunc):
    if "server" in metafunc.fixturenames:
        names = list(_sources(metafunc.config))
        metafunc.parametrize("server", names, indirect=True, scope="session")


@pytest.fixture(scope="session")
def server(request):
    """One of the servers, for the whole session."""
    with _sources(request.config)[request.param]() as server:
        yield server


@pytest.fixture
def lab(server, tmp_path):
    """An operator and boards; see lab.py."""
    lab = Lab(server, tmp_path)
    try:
        yield lab
    finally:
        lab.close()


def _skip_what_is_not_allowed(item):
    try:
        return (yield)
    except NotAllowed as e:
        pytest.skip(str(e))


pytest_runtest_setup = pytest.hookimpl(wrapper=True)(_skip_what_is_not_allowed)
pytest_runtest_call = pytest.hookimpl(wrapper=True)(_skip_what_is_not_allowed)


def pytest_runtest_logreport(report):
    """Remember how each scenario ended; an error around it counts as a failure."""
    if "tests/conformance/" not in report.nodeid:
        return
    if report.when == "call" or report.outcome != "passed":
        scenario, name = re.search(r"::test_(\w+)(?:\[(.*)\])?$", report.nodeid).groups()
        reason = report.longrepr[2] if report.skipped else ""
        _outcomes.setdefault(scenario, {})[name or servers.SERVE] = (report.outcome, reason)


def pytest_terminal_summary(terminalreporter, config):
    if not _is_whole_run(config):
        return
    names = list(_sources(config))
    table = Table(title="scenario x server")
    for head in ("scenario", *names):
        table.add_column(head)
    for scenario, outcomes in _outcomes.items():
        cells = [_cell(*outcomes.get(name, ("", ""))) for name in names]
        table.add_row(scenario.replace("_", " "), *cells)
    console = Console(width=_WIDTH)
    with console.capture() as captured:
        console.print(table)
    terminalreporter.write_line("\n" + captured.get())


def _cell(outcome, reason):
    if not outcome:
        return "-"
    text = f"{outcome}: {reason.removeprefix('Skipped: ')}" if reason else outcome
    return f"[{_STYLES[outcome]}]{text}[/]"
