"""tools/README.md lists what is there, and what it lists is there."""

import re
from pathlib import Path

import pytest
from rollouts.api import actions, configuration, filters, modules, sets, targets

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
TESTS = ROOT / "tests" / "tools" / "serve"
SERVE = TOOLS / "rollouts" / "serve"
TEXT = (TOOLS / "README.md").read_text()
CLIENTS = {
    "actions": actions.Actions,
    "configuration": configuration.Configuration,
    "filters": filters.TargetFilters,
    "modules": modules.SoftwareModules,
    "sets": sets.DistributionSets,
    "targets": targets.Targets,
}


def test_every_file_beside_it_is_listed():
    there = {path.name for path in TOOLS.iterdir() if path.is_file()} - {"README.md"}
    listed = set(re.findall(r"`(\w+\.(?:py|sh|txt))`", TEXT.partition("## rollouts serve")[0]))
    assert listed == there


def test_every_make_target_of_the_table_exists():
    table = TEXT.partition("| file | `make` |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\|[^|]*\| `([a-z-]+)`", table, re.MULTILINE))
    made = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named and named <= made


def test_every_module_of_the_server_is_listed():
    table = TEXT.partition("### How it is made")[2].partition("\n## ")[0]
    there = {path.stem for path in SERVE.glob("[!_]*.py")}
    there |= {f"{path.parent.name}/" for path in SERVE.glob("*/__init__.py")}
    listed = set(re.findall(r"`([a-z]+/?)`", table.partition("|---|---|")[2].partition("\n\n")[0]))
    assert listed == there


@pytest.mark.parametrize("resource", CLIENTS)
def test_every_method_of_the_client_exists(resource):
    for method in re.findall(rf"`{resource}\.([a-z_]+)", TEXT):
        assert hasattr(CLIENTS[resource], method), method


def test_every_test_of_the_endpoint_table_exists():
    table = TEXT.partition("## Management API")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| ")]
    named = {name for row in rows[1:] for name in re.findall(r"`(\w+)`", row[4])}
    tests = {path.stem.removeprefix("test_serve_") for path in TESTS.glob("test_serve_*.py")}
    assert named and named <= tests
