"""One update of a simulated board whose power goes where it is told, and what must be true.

    update = Update(SCENARIOS["file"], [Cut(FLASH, 17, MIDDLE)]).run()
    assert not update.wrong

A Cut counts its events from the first switch-on. Nothing here looks into the library: the
flash, otadata, the record and the server are asked.
"""

import contextlib
import functools
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

import appimage
import deltas
from crash.memory_net import MemoryNet
from fake_ddi import FakeServer, chunk
from simboard import bootloader, otadata, partitions
from simboard.chip import Chip
from simboard.flash import Flash, Memory
from simboard.host import FIRMWARE, UNIX, Board, new_flash
from simboard.nvs import BLOB, Storage
from simboard.power import AFTER, BEFORE, FLASH, KINDS, MOMENTS, REQUEST, STREAM, Cut, Supply

KB = 1024
MAX_TRIES = 2  # activations: design section 4
CONFIRM_S = 600
MAIN = Path(__file__).with_name("board") / "main.py"
# Of each kind: what is read of the stream is read, there is no middle and no after.
_MOMENTS = {FLASH: MOMENTS, REQUEST: MOMENTS, STREAM: (BEFORE,)}
_NEW_SLOT = 1
_HEADER = 16
_MAX_BOOTS = 20
_BOOT_LIMIT_MS = 3 * 3600 * 1000


@dataclass(frozen=True)
class Scenario:
    """One kind of update. project_name: how the new image behaves, see simboard.behavior."""

    name: str
    store: str = "nvs"  # or "file", on LittleFS
    size: int = 64 * KB
    window: int = 32 * KB
    checkpoint: int = 16 * KB
    slack: int = 20 * KB  # bytes that each cut may cost
    project_name: str = "ok"
    has_rollback: bool = True  # the bootloader, and what set_boot() writes
    delta: str | None = None  # beside the image: "right", "wrong bytes", "another base"


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("file", store="file"),
        Scenario("nvs"),
        Scenario("self-test-fails", project_name="self-test-fails"),
        Scenario("no-rollback", has_rollback=False),
        Scenario(
            "no-rollback-self-test-fails", project_name="self-test-fails", has_rollback=False
        ),
        Scenario("delta", delta="right"),
        Scenario("delta-of-wrong-bytes", delta="wrong bytes"),
        Scenario("delta-of-another-base", delta="another base"),
        # Not of whole blocks, in one window.
        Scenario(
            "256-kib", size=256 * KB - 1568, window=256 * KB, checkpoint=64 * KB, slack=68 * KB
        ),
    )
}


def images(scenario):
    """Return the images of versions 1.0.0, which runs; 0.9.0, stale in the other slot; 2.0.0."""
    half = scenario.size // 2
    stale = _image("ok", "0.9.0", half)
    if scenario.delta:
        old, new = (_image("ok", v, scenario.size, product="p") for v in ("1.0.0", "2.0.0"))
        return old, stale, new
    return (
        _image("ok", "1.0.0", half),
        stale,
        _image(scenario.project_name, "2.0.0", scenario.size),
    )


_image = functools.cache(appimage.make)


@functools.cache
def delta_of(scenario):
    """Return the delta of a scenario, in frames of one or two blocks; empty without one."""
    if not scenario.delta:
        return b""
    old, _, new = images(scenario)
    right = deltas.make(new, old, most=2, stored=(5, 6, 11))
    if scenario.delta == "wrong bytes":
        return right.replace(deltas.blocks(new)[11], deltas.blocks(old)[10])
    if scenario.delta == "another base":
        other = old[:5000] + bytes([old[5000] ^ 1]) + old[5001:]
        return deltas.header(new, other, proof=bytes(32)) + deltas.make(new, other)[76:]
    return right


def artifacts(scenario):
    """Return what the server has, by file name."""
    old, _, new = images(scenario)
    files = {"fw.bin": new}
    if scenario.delta:
        files[f"fw.from-{old[176:184].hex()}.delta"] = delta_of(scenario)
    return files


def layout(scenario):
    """Return the smallest flash: slots of whole 64 KiB, and 64 KiB for the filesystem."""
    slot = -(-scenario.size // (64 * KB)) * 64 * KB
    size = 0x10000 + 2 * slot + 64 * KB
    return size, partitions.ota_layout(size, slot)


def flash_board(board, scenario, **settings):
    """Put images, boot.py, main.py and config.py (`settings` replace some) onto a board."""
    old, stale, _ = images(scenario)
    board.install(old, 0)
    board.install(stale, _NEW_SLOT)
    board.put("/boot.py", (UNIX / "boot.py").read_bytes())
    board.put("/main.py", MAIN.read_bytes())
    config = {
        "URL": "http://server:8080",
        "CONTROLLER_ID": "dev1",
        "GATEWAY_TOKEN": "0123456789abcdef",
        "STORE": scenario.store,
        "WINDOW_BYTES": scenario.window,
        "CHECKPOINT_BYTES": scenario.checkpoint,
        "CONFIRM_S": CONFIRM_S,
        "GUARD_S": CONFIRM_S + 120,
        "LOG_LEVEL": 0,
        **settings,
    }
    board.put("/config.py", "".join(f"{n} = {v!r}\n" for n, v in config.items()).encode())


@functools.cache
def _flashed(scenario, log_level):
    memory = Memory(layout(scenario)[0])
    flash_board(Board(new_flash(layout(scenario), memory)), scenario, LOG_LEVEL=log_level)
    return bytes(memory.data)


class CountingSupply(Supply):
    """Keeps in `counts_at` what had been counted at each cut made."""

    def __init__(self, cuts):
        super().__init__(cuts)
        self.counts_at = []

    def count(self, kind):
        moment = super().count(kind)
        if moment:
            self.counts_at.append(dict(self.counts))
        return moment


class Judge:
    """Watches a board from boot to boot, and says in `wrong` what should not be.

    After each boot: no slot has a header over half an image, and nothing is confirmed that
    has not read the answer of a poll. At the end: see _check_end(). How it must end is
    decided by what the cuts hit.
    """

    def __init__(self, scenario, flash):
        self.scenario = scenario
        self.flash = flash
        self.wrong = []
        self.boots = 0
        self._running = None  # the slot, as the bootloader printed it
        self._has_polled = False  # the new image
        self._lost = None  # why the cuts have left no try: words of the report

    # What a subclass knows of its board and its server.

    def boot(self):
        """Boot once; return how it ended, a word of Chip."""
        raise NotImplementedError

    def polls(self):
        """Return how many answers to polls were read so far."""
        raise NotImplementedError

    def artifact_bytes(self):
        """Return how many bytes of the artifact were read so far."""
        raise NotImplementedError

    def cuts_left(self):
        """Return the cuts that were not made."""
        raise NotImplementedError

    def cuts_made(self):
        """Return how many were made."""
        raise NotImplementedError

    def report(self):
        """Return (status, details of each final report) of the action on the server."""
        raise NotImplementedError

    def run(self):
        """Boot until the board sleeps, since nothing is left to do; return self."""
        how = None
        while how != Chip.SLEEP:
            if self.boots == _MAX_BOOTS:
                self.wrong.append(f"no end after {_MAX_BOOTS} boots, the last: {how}")
                break
            how = self._boot()
        self._check_end()
        return self

    def see(self, line):
        """Take a line that the board prints."""
        if found := re.match(r"boot: (\w+) at", line):
            self._running = found[1]

    def _boot(self):
        self.boots += 1
        self._running = None
        polls = self.polls()
        how = self.boot()
        self._has_polled |= self.runs_new() and self.polls() > polls
        if how not in (Chip.RESET, Chip.POWER_CUT, Chip.SLEEP):
            self.wrong.append(f"boot {self.boots} ended as {how}")
        self._check_header()
        entry = self.entry()
        if entry and entry.state == otadata.VALID and not self._has_polled:
            self.wrong.append("confirmed before it reached the server")
        if how == Chip.POWER_CUT:
            self._see_cut(entry)
        return how

    def _see_cut(self, entry):
        # A power cut is not the image's fault, so its trial is tried again, twice in all.
        record = self.record()
        is_activated = record.get("state") in ("activating", "testing")
        was_last = is_activated and record.get("tries", 0) >= MAX_TRIES
        if entry is None:  # no trace of it, if the slot was ever tried
            if was_last:
                self._lost = f"not booted after {MAX_TRIES} tries"
        elif self.scenario.has_rollback:
            if entry.state == otadata.PENDING_VERIFY and was_last:
                self._lost = "rolled back"
        # The guard has counted the boots, see hawkbit.rollback.
        elif entry.state == otadata.NEW and entry.label[MAX_TRIES - 1] == 0:
            self._lost = "rolled back"

    def runs_new(self):
        """Does the slot of the new image run, or did it last?"""
        return self._running == "ota_1"

    def _chip(self):
        # One that is only looked at.
        chip = Chip(self.flash, log=_silent)
        chip.partitions = layout(self.scenario)[1]
        return chip

    def entry(self):
        """Return the otadata entry of the new slot, or None."""
        for entry in bootloader.read_entries(self._chip()):
            if not otadata.is_blank(entry) and (entry.seq - 1) % 2 == _NEW_SLOT:
                return entry
        return None

    def record(self):
        """Return the journal's record as it lies on flash."""
        try:
            if self.scenario.store == "file":
                return json.loads(Board(self.flash).get("/hawkbit.json"))
            chip = self._chip()
            where = partitions.find_one(chip.partitions, partitions.TYPE_DATA, partitions.DATA_NVS)
            return json.loads(Storage(chip, where).get("hawkbit", "record", BLOB))
        except OSError:
            return {}  # nothing was saved yet
        except ValueError:
            self.wrong.append("the record is not JSON")
            return {}

    def _check_header(self):
        _, stale, new = images(self.scenario)
        slot = partitions.ota_slots(layout(self.scenario)[1])[_NEW_SLOT]
        stored = bytearray(len(new))
        self.flash.read(slot.addr, stored)
        is_blank = stored[:_HEADER] == b"\xff" * _HEADER
        if not is_blank and not stored.startswith(stale) and stored[_HEADER:] != new[_HEADER:]:
            self.wrong.append("half an image has a header")

    def _check_end(self):
        if cuts := self.cuts_left():
            self.wrong.append(f"not made: {cuts}")
        must_fail = self._lost or self.scenario.project_name != "ok"
        expected = "error" if must_fail else "finished"
        status, reports = self.report()
        if status != expected:
            self.wrong.append(f"the action is {status}, not {expected}")
        entry = self.entry()
        is_new = self.runs_new() and entry is not None and entry.state == otadata.VALID
        if is_new != (status == "finished"):
            self.wrong.append(f"the server says {status}, which is not what runs")
        if len(reports) != 1:
            self.wrong.append(f"{len(reports)} final reports")
        elif must_fail:
            cause = self._lost or "rolled back"
            if cause not in reports[0]:
                self.wrong.append(f"the report does not say {cause}: {reports[0]}")
        if self.record().get("reports"):
            self.wrong.append("a report is still queued")
        self._check_bytes()

    def _check_bytes(self):
        full = 0 if self.scenario.delta == "right" else self.scenario.size
        limit = full + len(delta_of(self.scenario)) + self.scenario.slack * self.cuts_made()
        if self.artifact_bytes() > limit:
            self.wrong.append(f"{self.artifact_bytes()} bytes of the artifacts, over {limit}")


class Update(Judge):
    """An update in this process, with a virtual clock and a server in memory."""

    def __init__(self, scenario, cuts=(), firmware=FIRMWARE, log_level=0):
        memory = Memory(layout(scenario)[0])
        memory.data[:] = _flashed(scenario, log_level)
        super().__init__(scenario, Flash(memory))
        self.server = FakeServer()
        files = [self.server.add(data, name) for name, data in artifacts(scenario).items()]
        self.action = self.server.assign(chunks=[chunk(files)])
        self.supply = CountingSupply(cuts)
        self._log_level = log_level
        self._net = MemoryNet(self.server)
        self.board = Board(
            self.flash,
            firmware,
            net=self._net,
            supply=self.supply,
            log=self._log,
            has_rollback=scenario.has_rollback,
            app_has_rollback=scenario.has_rollback,
        )

    def _log(self, line):
        self.see(line)
        if self._log_level:
            print(line)

    def run(self):
        """See Judge."""
        if self._log_level:
            return super().run()
        with contextlib.redirect_stdout(io.StringIO()):
            return super().run()

    def boot(self):
        return self.board.boot(_BOOT_LIMIT_MS).how

    def polls(self):
        return self._net.polls

    def requests(self):
        """Return how many whole requests the server got."""
        return self._net.requests

    def artifact_bytes(self):
        return self._net.artifact_bytes

    def cuts_left(self):
        return self.supply.cuts

    def cuts_made(self):
        return len(self.supply.made)

    def report(self):
        finals = [entry for entry in self.action.entries if entry[0] == "closed"]
        return self.action.status, [" ".join(details) for _, _, details in finals]

    def _check_end(self):
        super()._check_end()
        # A sector of the new slot once, once more after wrong bytes and for each cut.
        limit = 1 + self.cuts_made() + (self.scenario.delta == "wrong bytes")
        slot = partitions.ota_slots(layout(self.scenario)[1])[_NEW_SLOT]
        most = max(
            count for at, count in self.flash.erases.items() if 0 <= at - slot.addr < slot.size
        )
        if most > limit:
            self.wrong.append(f"a sector of the slot was erased {most} times, over {limit}")


class NeverActivated(Update):
    """After every reset the power goes as soon as the bootloader has erased the entry of the
    new slot: it never boots. Ends after MAX_TRIES."""

    def boot(self):
        how = super().boot()
        if how == Chip.RESET:
            erase = self.supply.counts[FLASH] + 1
            self.supply.cuts.append(Cut(FLASH, erase, AFTER))
        return how


def cuts_of(counts):
    """Return every cut that an update with so many events has."""
    return [
        Cut(kind, number, moment)
        for kind, moments in _MOMENTS.items()
        for number in range(1, counts[kind] + 1)
        for moment in moments
    ]


@functools.cache
def single_cuts(scenario):
    """Return every cut that one update in this process has."""
    update = Update(scenario).run()
    if update.wrong:
        raise AssertionError(f"without a cut: {update.wrong}")
    return cuts_of(update.supply.counts)


def draw_later(supply, random):
    """Return a cut drawn from those after the one that `supply` has made."""
    before, after = supply.counts_at[0], supply.counts
    kind = random.choice([kind for kind in KINDS if after[kind] > before[kind]])
    number = random.randint(before[kind] + 1, after[kind])
    return Cut(kind, number, random.choice(_MOMENTS[kind]))


def draw_pair(scenario, random):
    """Return two cuts that one update has, drawn by `random`."""
    first = random.choice(single_cuts(scenario))
    return [first, draw_later(Update(scenario, [first]).run().supply, random)]


def story(scenario, cuts):
    """Return what the board prints in an update with `cuts`, to understand a failure."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        Update(scenario, cuts, log_level=3).run()
    return printed.getvalue()


def _silent(line):
    pass
