"""The same update with a process of MicroPython's unix port for each boot, real sockets, and
`rollouts serve`. Slow: for samples."""

import itertools
import json
import tempfile
from pathlib import Path

from crash.update import KB, Judge, artifacts, cuts_of, draw_later, flash_board, layout
from rollouts.testing import local_server
from serve_asks import Operator
from simboard.chip import Chip
from simboard.flash import File, Flash
from simboard.host import Board, new_flash
from simboard.power import STREAM
from simboard.process import ProcessBoard

_BOOT_TIMEOUT_S = 300
_STREAM_STEP = 4 * KB
# Heads, JSON and what is not a whole step: at most, over all boots.
_OTHER_BYTES = 16 * KB


class Server:
    """`rollouts serve` with one image; `operator`: asks it."""

    def __init__(self, local_server, scenario):
        self.local = local_server
        self.operator = Operator(local_server)
        module = self.operator.module(**artifacts(scenario))
        self._set = self.operator.set_of(module)
        self._numbers = itertools.count(1)

    def assign(self):
        """Return (controller id, action id) of a new target to which the image is assigned."""
        device = f"dev-{next(self._numbers)}"
        self.operator.device(device)
        return device, self.operator.assign(device, self._set)

    def close(self):
        self.operator.close()


class ProcessUpdate(Judge):
    """See Update. Its flash is a file in `folder`, an empty one. lines: what it printed."""

    def __init__(self, scenario, cuts, folder: Path, server: Server):
        path = folder / "flash.bin"
        path.write_bytes(b"\xff" * layout(scenario)[0])
        self._file = path.open("r+b", buffering=0)
        super().__init__(scenario, Flash(File(self._file)))
        self._server = server
        self._device, self._action = server.assign()
        flash_board(
            Board(new_flash(layout(scenario), File(self._file))),
            scenario,
            URL=server.local.url,
            CONTROLLER_ID=self._device,
            GATEWAY_TOKEN=server.local.gateway_token,
        )
        self.cuts = cuts
        self._state = Path(f"{path}.state")
        self._board = ProcessBoard(
            path,
            cuts=[f"{cut.kind}:{cut.number}:{cut.moment}" for cut in cuts],
            rollback=scenario.has_rollback,
            app_rollback=scenario.has_rollback,
            virtual_clock=True,
            on_line=self.see,
        )
        self._boots_done = 0
        self.counts = {}
        self.counts_at = []
        self.lines = []

    def run(self):
        """See Judge."""
        with self._file:
            return super().run()

    def see(self, line):
        super().see(line)
        self.lines.append(line)

    def boot(self):
        how = self._board.boot(_BOOT_TIMEOUT_S).how
        self._boots_done += 1
        self.counts = json.loads(self._state.read_text())["counts"]
        if how == Chip.POWER_CUT:
            self.counts_at.append(self.counts)
        return how

    def polls(self):
        return self._boots_done  # not known from outside: taken for granted in each boot

    def artifact_bytes(self):
        return max(0, self.counts[STREAM] * _STREAM_STEP - _OTHER_BYTES)

    def cuts_left(self):
        return [cut for cut in self.cuts if self.counts[cut.kind] < cut.number]

    def cuts_made(self):
        return len(self.counts_at)

    def report(self):
        path = f"/targets/{self._device}/actions/{self._action}/status?sort=id:ASC&limit=500"
        finals = [
            " ".join(entry["messages"])
            for entry in self._server.operator.read(path)["content"]
            if entry["type"] in ("finished", "error")
        ]
        return self._server.operator.action(self._action)["status"], finals


def sample(scenario, singles, pairs, random):
    """Make so many single cuts and pairs of them, drawn by `random`; yield each update.

    The first has no cut.
    """
    with local_server() as local, tempfile.TemporaryDirectory() as folder:
        server = Server(local, scenario)

        def update(*cuts):
            empty = tempfile.mkdtemp(dir=folder)
            return ProcessUpdate(scenario, cuts, Path(empty), server).run()

        uncut = update()
        yield uncut
        for cut in random.sample(cuts_of(uncut.counts), singles):
            yield update(cut)
        for _ in range(pairs):
            first = update(random.choice(cuts_of(uncut.counts)))
            yield update(*first.cuts, draw_later(first, random))
        server.close()
