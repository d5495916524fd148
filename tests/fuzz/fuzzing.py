"""Runs cases.py on one interpreter, each call in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import interpreters

INTERPRETERS = ("cpython", "unix")
_HERE = Path(__file__).resolve().parent
_BOARD = interpreters.ROOT / "boards" / "unix"
_TIMEOUT_S = 600


def run(name: str, seed: int, first: int, count: int, lib=interpreters.ROOT / "lib") -> list:
    """Return [number, what happened] of the cases that went wrong.

    Raises RuntimeError when the process itself failed, interpreters.Unavailable.
    """
    path = [lib, _BOARD, _BOARD / "modules", interpreters.DEVICE, _HERE]
    if name == "unix":
        command, env = interpreters.unix_port(), {"MICROPYPATH": ":".join(map(str, path))}
    else:
        path.append(_BOARD / "cpython")
        command, env = sys.executable, {"PYTHONPATH": os.pathsep.join(map(str, path))}
    arguments = [command, str(_HERE / "cases.py"), str(seed), str(first), str(count)]
    done = subprocess.run(
        arguments, env={**os.environ, **env}, capture_output=True, text=True, timeout=_TIMEOUT_S
    )
    if done.returncode:
        raise RuntimeError(f"{name}, seed {seed}, from case {first}:\n{done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]
