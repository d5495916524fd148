"""A lab for each test: see lab.py."""

import sys
from pathlib import Path

import pytest
from faults.lab import BoardLab, ProcessLab
from rollouts.testing.fixtures import hawkbit, hawkbit_server  # noqa: F401
from serve_asks import Operator


@pytest.fixture
def operator(hawkbit):  # noqa: F811
    with Operator(hawkbit) as operator:
        yield operator


@pytest.fixture
def lab(hawkbit, operator):  # noqa: F811
    """A server with one target, and its board in this process."""
    return BoardLab(hawkbit, operator)


@pytest.fixture
def unix_lab(hawkbit, operator, tmp_path):  # noqa: F811
    """The same on MicroPython's unix port."""
    interpreter = Path(sys.executable).with_name("micropython")
    if not interpreter.exists():
        pytest.skip("no MicroPython unix port: its wheels are for Linux only")
    return ProcessLab(hawkbit, operator, tmp_path / "flash.bin", str(interpreter))
