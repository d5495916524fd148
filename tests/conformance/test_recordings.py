"""`rollouts serve` keeps and closes connections as the recorded hawkBit did: three minutes.

The other recorded scenarios are compared in tests/tools/serve. Needs ../shared.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from rollouts.testing import local_server

SHARED = Path(__file__).resolve().parents[3] / "shared"
RECORDING = SHARED / "recordings" / "hawkbit-1.0.4" / "ddi_connection.http"


@pytest.mark.slow
def test_connections_live_as_long_as_recorded(request, tmp_path):
    if not request.config.getoption("--conformance", default=False):
        pytest.skip("it waits for three minutes: make conformance")
    if not RECORDING.exists():
        pytest.skip("../shared with the recordings is not here")
    measure, ours = tmp_path / "measure", tmp_path / "ours"
    measure.mkdir()
    (measure / RECORDING.name).symlink_to(RECORDING)
    with local_server() as server:  # its database has to be empty
        probe(server.url, ours)
    compared = subprocess.run(
        [sys.executable, SHARED / "probe" / "compare.py", measure, ours, "-v"],
        capture_output=True,
        text=True,
    )
    assert compared.returncode == 0, compared.stdout


def probe(url, folder):
    command = [sys.executable, "-W", "ignore", SHARED / "probe" / "probe.py", url, folder]
    subprocess.run([*command, RECORDING.stem], check=True)
