"""Help that helps: every command says what it does and shows an example that parses."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from commands import APP, invoke


def tree(group=None, words=()):
    """Yield the words of every command in the tree."""
    group = group or typer.main.get_command(APP)
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from tree(one, (*words, name))
        else:
            yield (*words, name)


def help_of(words):
    return invoke([*words, "--help"]).stdout


OWN = [words for words in tree() if words != ("serve",)]


def test_no_line_of_a_list_of_commands_is_cut_off():
    for words in {one[:length] for one in tree() for length in range(len(one))}:
        listed = help_of(words).partition("Commands:")[2]
        assert listed and "..." not in listed, listed
        # typer's test runner has two columns more than a terminal of 80.
        assert max(map(len, listed.splitlines())) <= 78


def test_every_endpoint_of_the_reference_has_a_verb():
    verbs = {" ".join(words[1:]) for words in OWN if words[0] == "ds"}
    assert verbs >= {
        *("list", "create", "delete", "show", "update", "modules", "add-module", "remove-module"),
        *("assigned", "assign", "installed", "filters", "invalidate"),
        *("meta list", "meta set-new", "meta delete", "meta get", "meta set"),
    }


@pytest.mark.parametrize("words", OWN, ids=" ".join)
def test_every_command_has_a_sentence_and_an_example(words):
    text = help_of(words)
    sentence = text.split("\n\n")[1].strip()
    assert re.search(r"[.)]$", sentence), text
    assert f"rollouts {' '.join(words)}" in text.split("Example", 1)[1]


@pytest.mark.parametrize("words", OWN, ids=" ".join)
def test_every_example_parses(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in help_of(words).split("Example", 1)[1].splitlines():
        if "rollouts " not in line:
            continue
        first = line[line.index("rollouts ") :].split(" | ")[0].split(" > ")[0]
        # Without a server a command that parses ends in "not set".
        result = invoke(shlex.split(first)[1:], env={"XDG_CONFIG_HOME": "/nonexistent"})
        assert "Usage:" not in result.stderr, (line, result.stderr)


@pytest.mark.parametrize("words", [w for w in OWN if w[0] != "completion"], ids=" ".join)
def test_every_command_has_the_common_options(words):
    text = help_of(words)
    for option in ("--json", "--profile", "--ca", "--verbose"):
        assert option in text


def test_every_command_that_changes_the_server_has_a_dry_run():
    without = {" ".join(words) for words in OWN if "--dry-run" not in help_of(words)}
    reads = {"list", "show", "targets", "watch", "get", "download"}
    assert {words for words in without if words.split()[-1] not in reads} == {
        *("completion", "keygen", "verify", "history", "attributes"),
        *("ds modules", "ds assigned", "ds installed", "ds filters"),
    }


@pytest.mark.parametrize("words", OWN, ids=" ".join)
def test_no_command_takes_a_secret_as_an_argument(words):
    text = help_of(words).lower()
    assert "--password" not in text and "--token" not in text and "--user" not in text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell):
    script = invoke(["completion", shell]).stdout
    assert "_ROLLOUTS_COMPLETE" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_completion_completes_commands():
    words = {"_ROLLOUTS_COMPLETE": "complete_bash", "COMP_WORDS": "rollouts pu", "COMP_CWORD": "1"}
    program = Path(sys.executable).parent / "rollouts"
    shown = subprocess.run([program], env={**os.environ, **words}, capture_output=True, text=True)
    assert shown.stdout.split() == ["publish"]


def test_version_is_shown():
    assert invoke(["--version"]).stdout.startswith("rollouts 0.")
