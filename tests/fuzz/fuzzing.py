"""Runs cases.py or delta_cases.py on one interpreter, each call in a process of its own."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import interpreters
from rollouts.release import delta

DELTAS = "delta_cases.py"
INTERPRETERS = ("cpython", "unix")
_HERE = Path(__file__).resolve().parent
_BOARD = interpreters.ROOT / "boards" / "unix"
_TIMEOUT_S = 600


def run(
    name: str,
    seed: int,
    first: int,
    count: int,
    lib=interpreters.ROOT / "lib",
    script: str = "cases.py",
) -> list:
    """Return [number, what happened] of the cases that went wrong.

    Raises RuntimeError when the process itself failed, interpreters.Unavailable.
    """
    path = [lib, _BOARD, _BOARD / "modules", interpreters.DEVICE, _HERE]
    if name == "unix":
        command, env = interpreters.unix_port(), {"MICROPYPATH": ":".join(map(str, path))}
    else:
        path.append(_BOARD / "cpython")
        command, env = sys.executable, {"PYTHONPATH": os.pathsep.join(map(str, path))}
    arguments = [command, str(_HERE / script), str(seed), str(first), str(count)]
    env = {**os.environ, **env}
    with tempfile.TemporaryDirectory() as folder:
        if script == DELTAS:
            Path(folder, "delta.bin").write_bytes(_right_delta())
        done = subprocess.run(
            arguments, env=env, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    if done.returncode:
        raise RuntimeError(f"{name}, seed {seed}, from case {first}:\n{done.stdout}{done.stderr}")
    return [json.loads(line) for line in done.stdout.splitlines()]


@functools.cache
def _right_delta() -> bytes:
    """Return what the publisher makes of delta_board's images."""
    program = "import delta_board, sys; sys.stdout.buffer.write(delta_board.%s)"
    path = [interpreters.ROOT / "lib", _BOARD / "modules", interpreters.DEVICE, _BOARD / "cpython"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    base, image = (
        subprocess.run(
            [sys.executable, "-c", program % name], env=env, stdout=subprocess.PIPE
        ).stdout
        for name in ("BASE", "IMAGE")
    )
    return delta.encode(image, base)
