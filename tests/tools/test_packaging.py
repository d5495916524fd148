"""The host tools as a package: what it asks for, the lock, and an install into empty venvs."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
README = ROOT / "tools" / "rollouts" / "README.md"
RUNTIME = [
    *PROJECT["project"]["dependencies"],
    *PROJECT["project"]["optional-dependencies"]["serve"],
]
GROUPS = [name for group in PROJECT["dependency-groups"].values() for name in group]
LOCK = {
    canonicalize_name(name): version
    for name, version in re.findall(
        r"^(\S+)==(\S+)$", (ROOT / "tools" / "constraints.txt").read_text(), re.M
    )
}


@pytest.mark.parametrize("text", RUNTIME)
def test_range_begins_with_what_the_lock_has(text):
    requirement = Requirement(text)
    locked = LOCK[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(locked)
    lowest = next(clause.version for clause in requirement.specifier if clause.operator == ">=")
    assert locked.startswith(lowest)


def closure(names) -> set[str]:
    """Return the names and all that they depend on, as they are installed here."""
    found, rest = set(), [canonicalize_name(name) for name in names]
    while rest:
        name = rest.pop()
        if name in found:
            continue
        found.add(name)
        for text in metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                rest.append(canonicalize_name(requirement.name))
    return found


def test_lock_has_all_that_is_installed_in_just_that_version():
    names = [Requirement(text).name for text in [*RUNTIME, *GROUPS]]
    unix = PROJECT["dependency-groups"]["unix"]
    names = [name for name in names if sys.platform == "linux" or name not in unix]
    installed = {name: metadata.version(name) for name in closure(names)}
    assert installed == {name: LOCK.get(name) for name in installed}


def test_setup_installs_nothing_that_the_lock_lacks():
    beside = re.findall(r"^beside \S+ (\S+) (\S+)$", (ROOT / "tools/setup.sh").read_text(), re.M)
    assert {name for pair in beside for name in pair} <= LOCK.keys()


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """Return a dist/ made from a copy of the sources, in a folder of another name."""

    def make() -> Path:
        copy = tmp_path_factory.mktemp("sources")
        for name in ("lib", "tools"):
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, copy / name, ignore=ignore, copy_function=shutil.copy)
        for name in ("LICENSE", "package.json", "pyproject.toml", ".gitignore"):
            shutil.copy(ROOT / name, copy)
        environ = {**os.environ, "PYTHONPATH": str(copy / "tools")}
        command = [sys.executable, copy / "tools" / "dist.py"]
        subprocess.run(command, env=environ, check=True, capture_output=True)
        return copy / "dist"

    first, second = make(), make()
    assert (first / "SHA256SUMS").read_text() == (second / "SHA256SUMS").read_text()
    return first


def test_release_has_the_same_bytes_twice_and_says_which(release):
    lines = (release / "SHA256SUMS").read_text().splitlines()
    said = {name: digest for digest, name in (line.split("  ") for line in lines)}
    there = {path.name for path in release.iterdir()} - {"SHA256SUMS"}
    assert said.keys() == there and len(there) == 4
    for name, digest in said.items():
        assert hashlib.sha256((release / name).read_bytes()).hexdigest() == digest


def pythons() -> dict[str, str]:
    """Return the interpreters there are that can run it, one for each version."""
    names = [shutil.which(f"python3.{minor}") for minor in range(11, 16)]
    names += sorted((Path.home() / ".pyenv" / "versions").glob("3.*/bin/python"))
    ask = "import sys; print('%d.%d' % sys.version_info[:2] if sys.version_info > (3, 11) else '')"
    found = {}
    for name in filter(None, names):
        said = subprocess.run([name, "-c", ask], capture_output=True, text=True).stdout.strip()
        found.setdefault(said, str(name))  # nothing: too old, or a shim of pyenv's
    found.pop("", None)
    return found


USERS_TEST = """
import shutil, subprocess
from rollouts.testing.fixtures import hawkbit, hawkbit_server

def test_users_own(hawkbit):
    env = {"ROLLOUTS_URL": hawkbit.url, "ROLLOUTS_USER": hawkbit.user}
    env |= {"ROLLOUTS_PASSWORD": hawkbit.password, "HOME": "."}
    run = [ROLLOUTS, "setup", "kitchen-1", "--out", "config.py"]
    assert subprocess.run(run, env=env).returncode == 0
    run = [ROLLOUTS, "targets", "--json"]
    assert b"kitchen-1" in subprocess.run(run, env=env, capture_output=True).stdout
"""


@pytest.mark.parametrize(("name", "python"), pythons().items())
def test_wheel_works_in_an_empty_venv_beside_the_users_own_pytest(release, name, python, tmp_path):
    venv = tmp_path / "venv"
    subprocess.run([python, "-m", "venv", venv], check=True)
    shown = re.search(r"\$ (pip install .*\[serve\].*)", README.read_text())[1]
    command = f"{shown} && pip install 'hawkbit-rollouts[testing]' pytest"
    options = {"PIP_CONSTRAINT": str(ROOT / "tools" / "constraints.txt"), "PIP_QUIET": "1"}
    environ = {**os.environ, **options, "PATH": f"{venv / 'bin'}:{os.environ['PATH']}"}
    done = subprocess.run(
        command, shell=True, cwd=release.parent, env=environ, capture_output=True, text=True
    )
    if "Failed to establish a new connection" in done.stderr:
        pytest.skip("PyPI is out of reach")
    assert done.returncode == 0, done.stderr
    test = tmp_path / "test_users_own.py"
    test.write_text(f"ROLLOUTS = {str(venv / 'bin' / 'rollouts')!r}\n{USERS_TEST}")
    command = [venv / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", test]
    environ = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
