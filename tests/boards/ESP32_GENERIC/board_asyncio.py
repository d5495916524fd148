"""asyncio for a program of the simulated board: real, but for the time, which is the board's."""

import asyncio
import selectors
import types

from simboard.chip import current


class _Selector(selectors.SelectSelector):
    def select(self, timeout=None):
        if timeout:
            current().wait_ms(max(1, round(timeout * 1000)))
        return super().select(0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        super().__init__(_Selector())

    def time(self):
        return current().ticks_ms() / 1000


def _run(main):
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)


MODULE = types.SimpleNamespace(run=_run, sleep=asyncio.sleep, gather=asyncio.gather)
