"""tools/rollouts/README.md: what it shows is run, what it lists exists."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import appimage
import pytest
import serving
import typer
from commands import APP, invoke
from rollouts.api import Hawkbit
from rollouts.api.sets import DistributionSets
from rollouts.cli.exits import Exit
from rollouts.cli.settings import KEYS

pytestmark = pytest.mark.slow  # each command is a process

ROOT = Path(__file__).parents[3]
README = ROOT / "tools/rollouts/README.md"
TEXT = README.read_text(encoding="utf-8")


def block(language, words=""):
    """Return the first block of that language with these words in it."""
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    return next(each for each in blocks if words in each)


def conversations(text):
    """Yield (command, what it printed)."""
    for part in text.split("$ ")[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


@pytest.fixture
def environ(server, tmp_path):
    program = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": f"{program}:{os.environ['PATH']}",
        "ROLLOUTS_URL": server.url,
        "ROLLOUTS_USER": server.user,
        "ROLLOUTS_PASSWORD": server.password,
        "XDG_CONFIG_HOME": str(tmp_path),
    }


@pytest.fixture
def playground(tmp_path):
    """`make play` on a free port and without its slow downloads; gives its address."""
    command = [sys.executable, ROOT / "tools/play.py", "--port", "0", "--bytes-per-s", "9000000"]
    for name in ("boards", "lib", "tools"):
        (tmp_path / name).symlink_to(ROOT / name)
    with serving.started(command) as play:
        said = [play.stdout.readline() for _ in range(4)]
        url = said[0].split()[1].rstrip(",")
        shown = TEXT.partition("$ make play\n")[2].partition("```")[0]
        assert "".join(said).replace(url, "http://127.0.0.1:8080") == shown
        yield url


def run(command, folder, environ, timeout_s=60):
    command = ["bash", "-ec", command]
    result = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=timeout_s
    )
    assert result.returncode == 0, (command, result.stderr)
    return result.stdout


def test_signing_prints_what_it_shows(environ, tmp_path):
    (tmp_path / "fw.app-bin").write_bytes(appimage.make("fw", "2.0.0"))
    for command, shown in conversations(block("console", "keygen")):
        assert run(command, tmp_path, environ) == shown, command


def test_a_staged_rollout_prints_what_it_shows(environ, tmp_path):
    (tmp_path / "fw.app-bin").write_bytes(appimage.make("fw", "2.0.0"))
    run("rollouts publish fw.app-bin --name fw --version 2.0.0", tmp_path, environ)
    for command, shown in conversations(block("console", "rollout create")):
        assert run(command, tmp_path, environ) == shown, command


def test_the_quick_start_prints_what_it_shows_and_python_reads_it(playground, environ, tmp_path):
    login = {"ROLLOUTS_USER": "admin", "ROLLOUTS_PASSWORD": "admin"}
    environ |= {"ROLLOUTS_URL": playground, **login}
    steps = list(conversations(block("console")))
    # One shell, since the board runs in its background; a mark ends what each step prints.
    script = "".join(f"{command}\necho '--'\n" for command, _ in steps) + "kill %1\n"
    said = run(script, tmp_path, environ, timeout_s=600).split("--\n")
    assert [*zip([c for c, _ in steps], said, strict=False)] == steps
    python = [sys.executable, "-c", block("python", "rollouts.api")]
    result = subprocess.run(python, env=environ, capture_output=True, text=True)
    assert "kitchen-1 blinky:2.0.0" in result.stdout.splitlines(), result.stderr
    assert "finished ['installed, tested and confirmed']" in result.stdout


def test_every_command_of_the_table_exists():
    app = typer.main.get_command(APP)
    table = set(re.findall(r"^\| `rollouts ([a-z]+)", TEXT, re.MULTILINE))
    assert table == set(app.commands)


@pytest.mark.parametrize(
    ("command", "method"), re.findall(r"\| `(rollouts ds [^`]+)` \| `sets\.([a-z_]+)", TEXT)
)
def test_every_line_of_the_endpoint_table_exists(command, method):
    words = [word for word in shlex.split(command)[1:] if not word.isupper() and "=" not in word]
    result = invoke([*words, "--help"])
    assert result.exit_code == 0
    assert f"rollouts {' '.join(words)}" in result.stdout
    assert hasattr(DistributionSets, method)


def test_there_are_eighteen_endpoints():
    assert len(re.findall(r"^\| `(GET|POST|PUT|DELETE) /", TEXT, re.MULTILINE)) == 18


def test_every_exit_code_and_variable_is_in_its_table():
    for code in Exit:
        assert re.search(rf"^\| {code.value} \||\b{code.value} ", TEXT, re.MULTILINE)
    for key in (*KEYS, "profile", "config"):
        assert f"`ROLLOUTS_{key.upper()}`" in TEXT


def test_every_resource_group_is_named():
    for name in ("sets", "modules", "targets", "actions", "filters", "configuration"):
        assert f"`.{name}`" in TEXT or f"`hawkbit.{name}`" in TEXT
        assert hasattr(Hawkbit("http://h", "u", "p"), name)
