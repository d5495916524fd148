"""What a release has, in dist/: the library as .py and as .mpy, the host tools, checksums.

Each archive of the library unpacks to a folder that `mpremote mip install FOLDER/package.json`
takes. Nothing in it depends on when or where this ran: the same sources are the same bytes.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import install
import rollouts

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
MPY = "mpy6.3"  # the bytecode of MicroPython 1.23 and newer


def version() -> str:
    """Return the release's version: the library and the host tools have the same."""
    library = json.loads((ROOT / "package.json").read_text())["version"]
    if library != rollouts.__version__:
        raise SystemExit(f"dist: the library is {library}, rollouts {rollouts.__version__}")
    return library


def archive(kind: str, files: Iterable[Path]) -> None:
    """Write the zip of the library's `files`, with a package.json for them."""
    folder = f"micropython-hawkbit-{version()}-{kind}"
    names = {f"hawkbit/{path.name}": path.read_bytes() for path in sorted(files)}
    package = {"urls": [[name, name] for name in names], "version": version()}
    names["package.json"] = json.dumps(package, indent=2).encode() + b"\n"
    names["LICENSE"] = (ROOT / "LICENSE").read_bytes()
    with zipfile.ZipFile(DIST / f"{folder}.zip", "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in names.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}")  # dated 1980
            entry.external_attr = 0o644 << 16
            out.writestr(entry, data, zipfile.ZIP_DEFLATED)


def host_tools() -> None:
    """Build wheel and sdist. Hatchling dates their files by itself, not by the clock."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(DIST)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


def checksums() -> str:
    """Return what `sha256sum -c` reads."""
    files = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    return "".join(lines)


def main() -> int:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    archive("py", install.LIBRARY.glob("*.py"))
    with tempfile.TemporaryDirectory() as folder:
        archive(MPY, install.compile_library(Path(folder)))
    host_tools()
    (DIST / "SHA256SUMS").write_text(checksums())
    print((DIST / "SHA256SUMS").read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
