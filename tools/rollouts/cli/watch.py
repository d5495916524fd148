"""What goes on, live: `rollouts watch`, and `rollouts rollout show` and `watch`.

A table on a terminal, a line per change without one.
"""

import contextlib
import functools
import time

import typer
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from rollouts.cli import columns, rollout
from rollouts.cli.command import command, option
from rollouts.cli.exits import Exit
from rollouts.cli.options import ActionIds, Interval, Timeout, action_ids
from rollouts.cli.output import harmless, table
from rollouts.release import rollout as staged
from rollouts.release.selection import find_rollout
from rollouts.release.watch import OPEN, SUCCESS, TimeoutReachedError, watch

app = typer.Typer()

# More rows than a terminal has cannot be shown live; open ones come first.
_ROWS_SHOWN = 30
_ACTION_COLORS = {OPEN: "yellow", SUCCESS: "green"}
_GROUP_COLORS = {"running": "yellow", "finished": "green", "error": "red"}


@command(
    app,
    "watch",
    "rollouts watch 77 78 --timeout 600",
    "rollouts assign fw:2 lab-1 | rollouts watch",
)
def watch_actions(
    run, actions: ActionIds = None, timeout: Timeout = None, interval: Interval = 1.0
):
    """Wait until all actions are closed, and show how they get on.

    Exit code 0: all finished and their targets in_sync; 1: one failed or was canceled;
    5: --timeout reached.
    """
    ids = action_ids(actions)
    if not ids:
        run.out.note("nothing to wait for: the targets had the set already")
        run.out.rows([], columns.PROGRESS)
        return Exit.OK
    states = []
    try:
        table_of = functools.partial(_table_of_actions, run.out)
        with _shown(run.out, table_of, _lines_of_actions) as tell:
            for states in watch(run.hawkbit, ids, time, interval, timeout):
                tell(states)
    except TimeoutReachedError:
        run.out.rows(states, columns.PROGRESS)
        raise
    run.out.rows(states, columns.PROGRESS)
    all_well = all(one.outcome == SUCCESS for one in states)
    return Exit.OK if all_well else Exit.FAILED


@command(rollout.app, "show", "rollouts rollout show may")
def show_rollout(
    run,
    name: rollout.Name,
    once: option(bool, "On a terminal too: one look.", "--once") = False,
    interval: Interval = 2.0,
):
    """Show a rollout and its groups. On a terminal it goes on until the end, or Ctrl-C."""
    rollout_id = find_rollout(run.hawkbit, name).id
    now = staged.look(run.hawkbit, rollout_id)
    if run.out.is_terminal and not once:
        with (
            contextlib.suppress(KeyboardInterrupt),
            _shown(run.out, _table_of_groups, _lines_of_groups) as tell,
        ):
            for now in staged.watch(run.hawkbit, rollout_id, time, interval):
                tell(now)
    if run.out.as_json:
        run.out.record(now)
        return
    run.out.record(now.rollout, columns.fields(columns.ROLLOUTS, now.rollout))
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)


@command(rollout.app, "watch", "rollouts rollout watch may --timeout 3600")
def watch_rollout(run, name: rollout.Name, timeout: Timeout = None, interval: Interval = 2.0):
    """Wait for the end of a rollout, and show how its groups get on.

    Exit code 0: finished without a failure; 1: targets failed, it was stopped, or the errors
    of a group paused it; 5: --timeout reached. A dynamic rollout has no end.
    """
    rollout_id = find_rollout(run.hawkbit, name).id
    with _shown(run.out, _table_of_groups, _lines_of_groups) as tell:
        for now in staged.watch(run.hawkbit, rollout_id, time, interval, timeout):
            tell(now)
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)
    if now.is_held:
        run.out.note(
            f"paused by its errors; to go on with the next group: rollouts rollout resume {name}"
        )
    return Exit.OK if now.is_success else Exit.FAILED


@contextlib.contextmanager
def _shown(out, drawn, lines):
    """Give a function that shows a state of things as the terminal allows.

    `drawn(state)`: a table. `lines(state)`: {what is told of: what is said of it}; it is
    said on stderr whenever it is new.
    """
    if not out.shows_progress:
        told = {}

        def tell(state):
            news = {key: text for key, text in lines(state).items() if told.get(key) != text}
            told.update(news)
            for text in news.values():
                out.note(f"{time.strftime('%H:%M:%S')} {text}")

        yield tell
        return
    with Live(console=out.progress_console, transient=True, auto_refresh=False) as live:
        yield lambda state: live.update(drawn(state), refresh=True)


def _lines_of_actions(states):
    return {
        one.action: f"{one.controller_id} action {one.action} {one.status}"
        + (f": {one.message}" if one.message else "")
        for one in states
    }


def _lines_of_groups(now):
    return {
        (type(one), one.id): f"{one.name} {one.status}: {columns.progress_of(one)}"
        for one in (now.rollout, *now.groups)
    }


def _table_of_actions(out, states):
    rows = []
    for one in sorted(states, key=lambda one: one.outcome != OPEN)[:_ROWS_SHOWN]:
        color = _ACTION_COLORS.get(one.outcome, "red")
        percent = 100 if one.outcome == SUCCESS else one.percent or 0
        bar = ProgressBar(100, percent, 24, complete_style=color, finished_style=color)
        status, message = Text(harmless(one.status), color), out.masked(one.message or "")
        rows.append((one.controller_id, str(one.action), status, bar, message))
    done = sum(one.outcome != OPEN for one in states)
    titles = ("TARGET", "ACTION", "STATUS", "", "MESSAGE")
    return table(titles, rows, f"{done} of {len(states)} closed", one_line=True)


def _table_of_groups(now):
    rows = []
    for one in now.groups:
        totals = one.total_targets_per_status or {}
        ended = sum(totals.get(word, 0) for word in ("finished", "error", "cancelled"))
        color = _GROUP_COLORS.get(one.status, "white")
        bar = ProgressBar(max(one.total_targets, 1), ended, 24, complete_style=color)
        status = Text(harmless(one.status), color)
        rows.append((one.name, status, bar, columns.progress_of(one)))
    titles = ("GROUP", "STATUS", "", "TARGETS")
    caption = Text(harmless(f"{now.rollout.name} is {now.rollout.status}"))
    return table(titles, rows, caption, one_line=True)
