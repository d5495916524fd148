"""The measure: asked what a hawkBit was asked, its dialect answers and believes the same.

Needs ../shared. `ddi_connection`, with its minutes of waiting, is left out here.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rollouts.serve.dialect import HAWKBIT_1_0_4, HAWKBIT_1_1_0
from rollouts.testing import local_server

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
PROBE = SHARED / "probe"
LEFT_OUT = "ddi_connection"
# Here a hawkBit differs from itself too: a polling time that is random by 20 %, and from one
# start to the next the order of the methods in Allow.
RANDOM = {"ddi_base.http: poll with it (6)", "mgmt_login.http: wrong method"}
# A maintenance window of 4 seconds of real time: seen only by a computer that is fast enough.
# The probe, which sleeps for most of a minute, takes longer than this on one that is not.
TIMED = {"ddi_types.http: view after: window open"}
SLOW_S = 100
# That of 1.1.0 was itself recorded on one that was not: a look came after the window's end.
CHANCE = {HAWKBIT_1_0_4: RANDOM, HAWKBIT_1_1_0: RANDOM | TIMED}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="../shared with the recordings is not here"),
]


def ask(url: str, out: Path) -> None:
    """Run the probe. For the scenario left out it makes just what that one leaves behind,
    since later totals and ids are compared."""
    source = (PROBE / "probe.py").read_text()
    instead = f'SCENARIOS["{LEFT_OUT}"] = lambda: release(Device())\n'
    source = source.replace('if __name__ == "__main__":', instead + 'if __name__ == "__main__":')
    assert instead in source
    command = [sys.executable, "-W", "ignore", "-c", source, url, str(out)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(PROBE)})


@pytest.mark.parametrize("dialect", [HAWKBIT_1_0_4, HAWKBIT_1_1_0])
def test_answers_and_beliefs_are_those_of_hawkbit(dialect, tmp_path):
    measure, ours = tmp_path / "measure", tmp_path / "ours"
    measure.mkdir()
    for recording in (SHARED / "recordings" / dialect).glob("*.http"):
        if recording.stem != LEFT_OUT:
            (measure / recording.name).symlink_to(recording)
    began_s = time.monotonic()
    with local_server(dialect=dialect) as server:
        ask(server.url, ours)
    is_slow = time.monotonic() - began_s > SLOW_S
    compared = subprocess.run(
        [sys.executable, str(PROBE / "compare.py"), measure, ours, "-v"],
        capture_output=True,
        text=True,
    )
    assert "steps the same" in compared.stdout, compared.stderr
    different = set(re.findall(r"^  (\S+: .*)$", compared.stdout, re.M)) - CHANCE[dialect]
    if different == TIMED and is_slow:
        pytest.skip("all is the same but a window of 4 seconds, for which this computer is slow")
    assert not different, compared.stdout
