"""Three forms of a result, and what never passes."""

import io
import json

import httpx
import pytest
from rich.console import Console
from rollouts.api.models import Target
from rollouts.cli.columns import TARGETS
from rollouts.cli.output import Output, harmless, table

HOSTILE = "a\x1b[2Jb\nc\td\u202e[bold]e"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def output(as_json=False, terminal=False):
    kind = Terminal if terminal else io.StringIO
    out, err = kind(), kind()
    return Output(as_json, out, err), out, err


def rows(**how):
    shown, out, _ = output(**how)
    target = Target(controller_id=HOSTILE, name="[red]x[/red]", security_token="s3cr3t-token")
    shown.rows([target], TARGETS)
    return out.getvalue()


def test_without_a_terminal_a_row_is_a_line_with_tabs():
    [line] = rows().splitlines()
    assert line.split("\t")[:3] == [
        "a\\x1b[2Jb\\nc\\td\\u202e[bold]e",
        "[red]x[/red]",
        "unknown",
    ]


def test_on_a_terminal_a_row_is_a_table_with_titles():
    text = rows(terminal=True)
    assert "TARGET" in text and "[red]x[/red]" in text
    assert "\x1b[2J" not in text and "\u202e" not in text


def test_a_row_on_one_line_keeps_all_but_its_last_cell():
    shown = table(
        ["TARGET", "STATUS", "MESSAGE"], [("kitchen-1", "running", "m" * 200)], None, True
    )
    out = io.StringIO()
    Console(file=out, width=40).print(shown)
    _, row = out.getvalue().splitlines()
    assert row.startswith("kitchen-1  running  mmm") and row.endswith("…")


def test_json_has_hawkbits_names_and_escapes():
    text = rows(as_json=True)
    assert json.loads(text)[0]["controllerId"] == HOSTILE
    assert text.isascii() and "\x1b" not in text


@pytest.mark.parametrize("how", [{}, {"as_json": True}, {"terminal": True}])
def test_a_security_token_is_in_no_form(how):
    assert "s3cr3t-token" not in rows(**how)


@pytest.mark.parametrize("how", [{}, {"as_json": True}])
def test_a_hidden_secret_is_masked_in_results_and_notes(how):
    shown, out, err = output(**how)
    shown.hide("correct horse", "pw")
    shown.record({"name": 'x correct horse "y', "two": "pw, but not pwned"})
    shown.done("said correct horse")
    shown.note("password=correct horse\npw")
    shown.error("pw.")
    text = out.getvalue() + err.getvalue()
    assert "correct horse" not in text
    assert "pwned" in text and "pw," not in text and "pw." not in text


def test_an_empty_list_is_no_line_but_a_json_list():
    shown, out, _ = output()
    shown.rows([], TARGETS)
    assert out.getvalue() == ""
    shown, out, _ = output(as_json=True)
    shown.rows([], TARGETS)
    assert json.loads(out.getvalue()) == []


def test_progress_is_drawn_only_where_stderr_is_a_terminal():
    assert not output()[0].shows_progress
    assert output(terminal=True)[0].shows_progress


def test_a_record_has_a_line_a_member():
    shown, out, _ = output()
    shown.record({"name": "fw", "parts": ["a", "b"], "none": None, "yes": True})
    assert out.getvalue() == "name\tfw\nparts\ta, b\nnone\t-\nyes\tyes\n"


def test_harmless_leaves_ordinary_text_alone():
    assert harmless("Küche 1: ok – 5 %") == "Küche 1: ok – 5 %"


# command: what hawkBit itself answers, in its own words
AS_HAWKBIT = {
    ("targets",): "targets",
    ("ds", "list"): "distributionsets",
    ("ds", "modules", "fw:2.0.0"): "distributionsets/1/assignedSM",
    ("ds", "assigned", "fw:2.0.0"): "distributionsets/1/assignedTargets",
    ("modules", "list"): "softwaremodules",
    ("actions", "list"): "actions?representation=full",
    ("filters", "list"): "targetfilters",
    ("tags", "list"): "targettags",
    ("rollout", "list"): "rollouts?representation=full",
}


@pytest.mark.parametrize("arguments", AS_HAWKBIT, ids=" ".join)
def test_json_is_in_hawkbits_words(cli, server, image, devices, arguments):
    devices("dev-1")
    cli.ok("publish", image)
    cli.ok("assign", "fw:2.0.0", "dev-1", "--type", "soft")
    cli.ok("filters", "create", "all", "id==*")
    cli.ok("tags", "create", "lab")
    cli.ok("rollout", "create", "may", "fw:2.0.0", "--filter", "id==*", "--yes")
    while cli.ok("rollout", "list", "--json").json[0]["status"] == "creating":
        pass
    url = f"{server.url}/rest/v1/{AS_HAWKBIT[arguments]}"
    answer = httpx.get(url, auth=(server.user, server.password)).json()
    [told] = answer["content"] if isinstance(answer, dict) else answer
    [shown] = cli.ok(*arguments, "--json").json
    # An action says in its links alone whose it is, and of which set.
    from_links = {"controllerId", "distributionSet", "distributionSetId"} - told.keys()
    assert differing(told, {name: shown[name] for name in shown.keys() - from_links}) == []


def differing(told, shown):
    """Return what of `shown` is not in `told`, which may hold more."""
    if isinstance(shown, list) and isinstance(told, list):
        return [one for pair in zip(told, shown, strict=True) for one in differing(*pair)]
    if isinstance(shown, dict) and isinstance(told, dict):
        return [one for name in shown for one in differing(told.get(name), shown[name])]
    return [] if told == shown else [f"{shown!r} is not {told!r}"]
