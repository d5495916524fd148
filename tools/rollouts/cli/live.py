"""How something that goes on is shown: a live table on a terminal, a line per change without."""

import contextlib
import time

from rich.live import Live
from rich.table import Table


@contextlib.contextmanager
def shown(out, table, lines):
    """Give a function that shows a state of things as the terminal allows.

    `table(state)`: a rich Table. `lines(state)`: {what is told of: what is said of it}; it is
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
        yield lambda state: live.update(table(state), refresh=True)


def grid(*titles):
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in titles:
        table.add_column(title, no_wrap=True)
    return table
