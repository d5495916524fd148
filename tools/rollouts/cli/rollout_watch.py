"""`rollouts rollout show` and `watch`: the groups, live on a terminal."""

import contextlib
import time

import typer
from rich.progress_bar import ProgressBar
from rich.text import Text

from rollouts.cli import columns
from rollouts.cli.command import command, option
from rollouts.cli.exits import Exit
from rollouts.cli.live import grid, shown
from rollouts.cli.options import Interval, Timeout
from rollouts.cli.output import harmless
from rollouts.cli.rollout import Name
from rollouts.release import rollout as staged
from rollouts.release.selection import find_rollout

app = typer.Typer()

_STYLES = {"running": "yellow", "finished": "green", "error": "red"}


@command(app, "show", "rollouts rollout show may")
def show(
    run,
    name: Name,
    once: option(bool, "On a terminal too: one look.", "--once") = False,
    interval: Interval = 2.0,
):
    """Show a rollout and its groups. On a terminal it goes on until the end, or Ctrl-C."""
    rollout = find_rollout(run.hawkbit, name)
    now = staged.look(run.hawkbit, rollout.id)
    if run.out.is_terminal and not once:
        with contextlib.suppress(KeyboardInterrupt), shown(run.out, _table, _lines) as tell:
            for now in staged.watch(run.hawkbit, rollout.id, time, interval):
                tell(now)
    if run.out.as_json:
        run.out.record(now)
        return
    run.out.record(now.rollout, columns.fields(columns.ROLLOUTS, now.rollout))
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)


@command(app, "watch", "rollouts rollout watch may --timeout 3600")
def watch(run, name: Name, timeout: Timeout = None, interval: Interval = 2.0):
    """Wait for the end of a rollout, and show how its groups get on.

    Exit code 0: finished without a failure; 1: targets failed, it was stopped, or the errors
    of a group paused it; 5: --timeout reached. A dynamic rollout has no end.
    """
    rollout = find_rollout(run.hawkbit, name)
    with shown(run.out, _table, _lines) as tell:
        for now in staged.watch(run.hawkbit, rollout.id, time, interval, timeout):
            tell(now)
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)
    if now.is_held:
        run.out.note(
            f"paused by its errors; to go on with the next group: rollouts rollout resume {name}"
        )
    return Exit.OK if now.is_success else Exit.FAILED


def _lines(now):
    return {
        (type(one), one.id): f"{one.name} {one.status}: {columns.progress_of(one)}"
        for one in (now.rollout, *now.groups)
    }


def _table(now):
    table = grid("GROUP", "STATUS", "", "TARGETS")
    for one in now.groups:
        totals = one.total_targets_per_status or {}
        ended = sum(totals.get(word, 0) for word in ("finished", "error", "cancelled"))
        style = _STYLES.get(one.status, "white")
        bar = ProgressBar(max(one.total_targets, 1), ended, 24, complete_style=style)
        table.add_row(
            Text(harmless(one.name)), Text(one.status, style), bar, columns.progress_of(one)
        )
    table.caption = f"{harmless(now.rollout.name)} is {now.rollout.status}"
    return table
