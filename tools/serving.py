"""Processes that end with a block, `rollouts serve` among them: for the demo and the benches."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STOP_TIMEOUT_S = 10


@contextmanager
def started(command, **options) -> Iterator[subprocess.Popen]:
    """A process that ends with the block; what it prints can be read."""
    options = {"stdout": subprocess.PIPE, "text": True, **options}
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


@contextmanager
def serve(*options: str) -> Iterator[dict]:
    """`rollouts serve`, on a free port unless `options` name one.

    Gives what its ready line says, and its pid.

    Raises SystemExit with its own words when it does not start.
    """
    command = [sys.executable, "-m", "rollouts.serve", "--port", "0", *options]
    # Another password would not be in the ready line.
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROLLOUTS_")}
    with tempfile.TemporaryFile("w+") as log, started(command, stderr=log, env=env) as process:
        ready = process.stdout.readline()
        if not ready:
            log.seek(0)
            raise SystemExit(f"rollouts serve did not start:\n{log.read()}")
        yield {**json.loads(ready), "pid": process.pid}
