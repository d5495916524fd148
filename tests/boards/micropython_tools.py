"""MicroPython's own build tools, as `make setup` takes them out of two packages of PyPI."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(sys.prefix) / "micropython"
ABSENT = f"no MicroPython tools in {FOLDER.name}: make setup installs them"


def manifestfile():
    """Return the module that reads a manifest.py; MicroPython's tools/manifestfile.py."""
    path = FOLDER / "stubber" / "tools" / "manifestfile.py"
    if not path.exists():
        pytest.skip(ABSENT)
    spec = importlib.util.spec_from_file_location("manifestfile", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def mpy_tool(*arguments) -> str:
    """Run MicroPython's tools/mpy-tool.py; return what it printed."""
    if not (FOLDER / "mpy_file_info").exists():
        pytest.skip(ABSENT)
    command = [sys.executable, "-m", "mpy_file_info", *map(str, arguments)]
    environ = {**os.environ, "PYTHONPATH": str(FOLDER)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
