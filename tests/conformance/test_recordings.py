"""`rollouts serve` keeps and closes connections as the recorded hawkBit did: three minutes.

The other recorded scenarios are compared in tests/tools/serve. Needs ../shared.
"""

import shutil
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
        probe(server.url, ours, patient_probe(tmp_path / "probe"))
    compared = subprocess.run(
        [sys.executable, SHARED / "probe" / "compare.py", measure, ours, "-v"],
        capture_output=True,
        text=True,
    )
    assert compared.returncode == 0, compared.stdout


def patient_probe(folder):
    """Copy the probe. It takes what one recv() brings for the whole answer, which on a busy
    machine may be the head alone."""
    shutil.copytree(SHARED / "probe", folder)
    scenarios = folder / "scenarios_ddi.py"
    source = scenarios.read_text()
    asked = "    s.sendall(req)\n    s.recv(4096)\n"
    assert asked in source
    scenarios.chmod(0o644)
    scenarios.write_text(
        source.replace(asked, asked.replace("s.recv", "time.sleep(2)\n    s.recv"))
    )
    return folder / "probe.py"


def probe(url, folder, program):
    subprocess.run(
        [sys.executable, "-W", "ignore", program, url, folder, RECORDING.stem], check=True
    )
