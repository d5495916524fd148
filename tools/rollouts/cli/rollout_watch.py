"""`rollouts rollout show` and `watch`: the groups, live on a terminal."""

import contextlib
import time
from typing import Annotated

import typer
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rollouts.cli import columns
from rollouts.cli.command import command
from rollouts.cli.exits import Exit
from rollouts.cli.output import harmless
from rollouts.cli.rollout import Name
from rollouts.release import rollout as staged

app = typer.Typer()

Interval = Annotated[
    float, typer.Option("--interval", min=0.1, metavar="SECONDS", help="Between looks.")
]
_STYLES = {"running": "yellow", "finished": "green", "error": "red"}


@command(app, "show", example="rollouts rollout show may")
def show(
    run,
    name: Name,
    once: Annotated[bool, typer.Option("--once", help="On a terminal too: one look.")] = False,
    interval: Interval = 2.0,
):
    """Show a rollout and its groups. On a terminal it goes on until the end, or Ctrl-C."""
    rollout = staged.find(run.hawkbit, name)
    now = staged.look(run.hawkbit, rollout.id)
    if run.out.is_terminal and not once:
        with contextlib.suppress(KeyboardInterrupt), _shown(run.out) as tell:
            for now in staged.follow(run.hawkbit, rollout.id, time, interval):
                tell(now)
    if run.out.as_json:
        run.out.record(now)
        return
    run.out.record(now.rollout, columns.fields(columns.ROLLOUTS, now.rollout))
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)


@command(app, "watch", example="rollouts rollout watch may --timeout 3600")
def watch(
    run,
    name: Name,
    timeout: Annotated[
        float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="Then give up.")
    ] = None,
    interval: Interval = 2.0,
):
    """Wait for the end of a rollout, and show how its groups get on.

    Exit code 0: finished without a failure; 1: targets failed, it was stopped, or the errors
    of a group paused it; 5: --timeout reached. A dynamic rollout has no end.
    """
    rollout = staged.find(run.hawkbit, name)
    with _shown(run.out) as tell:
        for now in staged.follow(run.hawkbit, rollout.id, time, interval, timeout):
            tell(now)
    run.out.rows(now.groups, columns.ROLLOUT_GROUPS)
    if now.is_held:
        run.out.note(
            f"paused by its errors; to go on with the next group: rollouts rollout resume {name}"
        )
    return Exit.OK if now.is_success else Exit.FAILED


@contextlib.contextmanager
def _shown(out):
    """Give a function that shows a Look as the terminal allows."""
    if not out.shows_progress:
        yield _Lines(out).tell
        return
    with Live(console=out.progress_console, transient=True, auto_refresh=False) as live:
        yield lambda now: live.update(_table(now), refresh=True)


class _Lines:
    """A line on stderr whenever the rollout or a group says something new."""

    def __init__(self, out):
        self._out = out
        self._told = {}

    def tell(self, now):
        for one in (now.rollout, *now.groups):
            said = f"{one.name} {one.status}: {columns.progress_of(one)}"
            if self._told.get(key := (type(one), one.id)) != said:
                self._told[key] = said
                self._out.note(f"{time.strftime('%H:%M:%S')} {said}")


def _table(now):
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("GROUP", "STATUS", "", "TARGETS"):
        table.add_column(title, no_wrap=True)
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
