"""`rollouts watch`: a live table on a terminal, a line per change without one."""

import time

import typer
from rich.progress_bar import ProgressBar
from rich.text import Text

from rollouts.cli import columns
from rollouts.cli.command import command
from rollouts.cli.exits import Exit
from rollouts.cli.live import grid, shown
from rollouts.cli.options import ActionIds, Interval, Timeout, action_ids
from rollouts.cli.output import harmless
from rollouts.release.watch import OPEN, SUCCESS, TimeoutReachedError, watch

app = typer.Typer()

# More rows than a terminal has cannot be shown live; open ones come first.
_ROWS_SHOWN = 30
_STYLES = {OPEN: "yellow", SUCCESS: "green"}


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
        with shown(run.out, lambda states: _table(run.out, states), _lines) as show:
            for states in watch(run.hawkbit, ids, time, interval, timeout):
                show(states)
    except TimeoutReachedError:
        run.out.rows(states, columns.PROGRESS)
        raise
    run.out.rows(states, columns.PROGRESS)
    all_well = all(one.outcome == SUCCESS for one in states)
    return Exit.OK if all_well else Exit.FAILED


def _lines(states):
    """What is told without a terminal of its own: a line an action."""
    return {
        one.action: f"{one.controller_id} action {one.action} {one.status}"
        + (f": {one.message}" if one.message else "")
        for one in states
    }


def _table(out, states):
    table = grid("TARGET", "ACTION", "STATUS", "", "MESSAGE")
    for one in sorted(states, key=lambda one: one.outcome != OPEN)[:_ROWS_SHOWN]:
        color = _STYLES.get(one.outcome, "red")
        bar = ProgressBar(100, _percent(one), 24, complete_style=color, finished_style=color)
        table.add_row(
            Text(harmless(one.controller_id)),
            str(one.action),
            Text(harmless(one.status), style=color),
            bar,
            Text(harmless(out.masked(one.message or ""))),
        )
    done = sum(one.outcome != OPEN for one in states)
    table.caption = f"{done} of {len(states)} closed"
    return table


def _percent(one):
    return 100 if one.outcome == SUCCESS else one.percent or 0
