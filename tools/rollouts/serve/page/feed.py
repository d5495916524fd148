"""The stream of changes: one look at the database for all pages that are open."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator

from sqlalchemy import func, select

from ..store import Store
from . import overview

# Looking takes at most this part of the processor's time, however large the fleet is.
_SHARE = 0.1
_PAUSE_S = 0.25


class Feed:
    """The rows of the page as they were at the last look.

    A version names them: of this run of the server, since ids begin again with another.
    """

    def __init__(self, store: Store):
        self.is_over = False
        self.rows: dict[str, overview.Rows] = {}
        self._store = store
        self._run = secrets.token_hex(4)
        self._number = 0
        self._writes = None
        self._next_look = 0.0

    @property
    def version(self) -> str:
        return f"{self._run}-{self._number}"

    def look(self) -> None:
        """Read the rows again if anything was written since."""
        began = time.thread_time()
        with self._store.work() as work:
            writes = work.db.scalar(select(func.total_changes()))
            if writes == self._writes:
                return
            rows = overview.rows(work)
        self._writes = writes
        if rows != self.rows:
            self.rows = rows
            self._number += 1
        cost_s = time.thread_time() - began
        self._next_look = time.monotonic() + max(cost_s / _SHARE, _PAUSE_S)

    def message(self, rows: dict) -> dict:
        """Some of the rows, or all, with the time by which their age is told."""
        return {"version": self.version, "now": self._store.clock.now_ms(), **rows}

    async def messages(self, since: str | None) -> AsyncIterator[dict]:
        """The rows that changed, then the next ones, until the server ends.

        First of all the time; for a page that does not have version `since` all rows with it,
        marked so.
        """
        self.look()
        known = self.rows
        yield (
            self.message({})
            if since == self.version
            else {**self.message(self.rows), "whole": True}
        )
        while not self.is_over:
            if time.monotonic() >= self._next_look:
                self.look()
            if self.rows is not known:
                changed, known = _changes(known, self.rows), self.rows
                yield self.message(changed)
            await asyncio.sleep(_PAUSE_S)


def _changes(before: dict[str, overview.Rows], after: dict[str, overview.Rows]) -> dict:
    """By kind and id: the rows that differ; null for those that are gone."""
    return {
        kind: {
            **{key: row for key, row in rows.items() if before[kind].get(key) != row},
            **dict.fromkeys(before[kind].keys() - rows.keys()),
        }
        for kind, rows in after.items()
    }
