"""The measure: asked what hawkBit 1.0.4 was asked, the server answers and believes the same.

Needs ../shared. `ddi_connection`, with its minutes of waiting, is left out here.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
RECORDINGS = SHARED / "recordings" / "hawkbit-1.0.4"
LEFT_OUT = "ddi_connection"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="../shared with the recordings is not here"),
]


def scenarios() -> list[str]:
    found = []
    for name in ("scenarios_ddi.py", "scenarios_mgmt.py"):
        source = (SHARED / "probe" / name).read_text()
        found += re.findall(r"^@scenario\ndef (\w+)", source, re.M)
    return [name for name in found if name != LEFT_OUT]


def test_answers_and_beliefs_are_those_of_hawkbit(operator, hawkbit, tmp_path):
    # What the scenario that is left out would have made, so that later totals agree.
    operator.device("dev-1000")
    module = {"name": "fw-1000", "version": "1.0.0", "type": "os", "vendor": "acme"}
    module_id = operator.post_ok("/softwaremodules", [module])[0]["id"]
    operator.assign("dev-1000", operator.set_of(module_id, name="set-1000"))

    measure = tmp_path / "measure"
    measure.mkdir()
    for recording in RECORDINGS.glob("*.http"):
        if recording.stem != LEFT_OUT:
            (measure / recording.name).symlink_to(recording)
    probe = [sys.executable, "-W", "ignore", str(SHARED / "probe" / "probe.py")]
    subprocess.run([*probe, hawkbit.url, str(tmp_path / "ours"), *scenarios()], check=True)
    compared = subprocess.run(
        [sys.executable, str(SHARED / "probe" / "compare.py"), measure, tmp_path / "ours", "-v"],
        capture_output=True,
        text=True,
    )
    different = re.findall(r"^  (\S+: .*)$", compared.stdout, re.M)
    # The polling time of this step is random by ~20 %: hawkBit differs from itself too.
    assert set(different) <= {"ddi_base.http: poll with it (6)"}, compared.stdout
    assert compared.returncode == 0
