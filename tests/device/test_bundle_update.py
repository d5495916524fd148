"""Whole updates of an application, alone and with the firmware, and the power cut anywhere.

What is asked is what the server believes and which directory the next boot uses.
"""

import json
import os
import random

from fake_ddi import BASE, URL, FakeServer, FakeSlot, Reset, chunk, pattern
from fakes import FakeClock, MemoryStore
from hawkbit import bundle, files, rollback
from hawkbit.client import Client
from hawkbit.updater import Updater
from power import Power, PowerCut, remove, tar, tar_entry, tree
from runner import Skip, raises

OLD = {"main.py": b"old"}
NEW = {"main.py": b"new", "lib": None, "lib/data.bin": pattern(5000)}
BUNDLE = tar(tar_entry(b"lib/data.bin", NEW["lib/data.bin"]), tar_entry(b"main.py", b"new"))
FIRMWARE = pattern(9000, seed=3)
MAX_BOOTS = 12


class HostFlash:
    """The folder of the test as the board's filesystem: each call that changes it can be cut."""

    app = "app"

    def format(self):
        for name in ("", ".a", ".b", ".now", ".now.new"):
            remove(self.app + name)

    def mount(self, power):
        power.supply(bundle, files)


class LittleFlash:
    """A real LittleFS in memory: each block programmed or erased can be cut."""

    app = "/flash/app"

    def __init__(self):
        if not hasattr(os, "VfsLfs2"):
            raise Skip("no LittleFS in this interpreter")
        self._chip = None

    def format(self):
        image = bytearray(48 * Chip.block_size)
        os.VfsLfs2.mkfs(Chip(image, Power()))
        self._image = image

    def mount(self, power):
        bundle.os = files.os = os
        bundle.open = files.open = open
        if self._chip:
            self._chip.is_dead = True
            os.umount("/flash")
        self._chip = Chip(self._image, power)
        os.mount(os.VfsLfs2(self._chip), "/flash")


class Chip:
    """The block device under LittleFS, for one boot."""

    block_size = 4096
    is_dead = False

    def __init__(self, image, power):
        self._image = image
        self._power = power

    def readblocks(self, block, buf, offset=0):
        if self._is_dead():
            return 0  # files of that boot, closed by the garbage collector
        start = block * self.block_size + offset
        buf[:] = self._image[start : start + len(buf)]
        return 0

    def writeblocks(self, block, buf, offset=0):
        if self._is_dead():
            return 0
        start = block * self.block_size + offset
        size = len(buf) // 2
        try:
            self._power.change()
            size = len(buf)
        finally:
            self._image[start : start + size] = memoryview(buf)[:size]
        return 0

    def ioctl(self, op, arg):
        if op == 4:
            return len(self._image) // self.block_size
        if op == 5:
            return self.block_size
        return self.writeblocks(arg, b"\xff" * self.block_size) if op == 6 else 0

    def _is_dead(self):
        return self.is_dead or self._power.is_cut


class Slot(FakeSlot):
    """A slot on the same power supply. is_cut_at_confirm: it fails before confirm()."""

    power = Power()
    is_cut_at_confirm = False

    def activate(self):
        self.power.change()
        return super().activate()

    def confirm(self):
        if self.is_pending:
            if self.is_cut_at_confirm:
                self.power.cut_at = self.power.changes + 1
            self.power.change()
        super().confirm()

    def revert(self):
        super().revert()
        return self.is_pending


class Store(MemoryStore):
    """A journal on the same power supply."""

    power = Power()

    def save(self, data):
        self.power.change()
        super().save(data)

    def has_reports(self):
        return bool(self.data and json.loads(self.data).get("reports"))


class AppFiles(files.AppFiles):
    """The sink, with its calls in those of the slot."""

    calls = None

    def finish(self):
        super().finish()
        self.calls.append("app finish")

    def activate(self):
        self.calls.append("app activate")
        return super().activate()

    def confirm(self):
        super().confirm()
        self.calls.append("app confirm")


class Board:
    """A board whose application came with an earlier update; it boots until the update ends.

    parts: what the deployment carries. cuts: after how many changes of flash each the power
    fails. after_boot(board): called in each boot before the first cycle.
    """

    def __init__(self, parts=("bApp", "os"), flash=None, **hooks):
        self.flash = flash or HostFlash()
        self.app = self.flash.app
        self.server = FakeServer()
        self.slot = Slot()
        self.store = Store()
        self.hooks = hooks
        self.boots = 0
        self._was_cut = False
        self.clock = FakeClock()
        self.flash.format()
        self.flash.mount(Power())
        os.mkdir(self.app + ".a")
        with open(self.app + ".a/main.py", "wb") as f:
            f.write(OLD["main.py"])
        bundle.write(self.app, ".a", ".a", bundle.GOOD)
        self.action = self.assign(parts)

    def assign(self, parts):
        self.parts = parts
        found = {"bApp": (BUNDLE, "app.tar"), "os": (FIRMWARE, "fw.bin")}
        chunks = [
            chunk([self.server.add(*found[part], module=i)], part=part)
            for i, part in enumerate(parts)
        ]
        return self.server.assign(chunks=chunks)

    def boot(self, power, was_cut=False):
        """What the bootloader, boot.py and main.py do."""
        rollback.power_was_cut = lambda: was_cut
        self.boots += 1
        assert self.boots < MAX_BOOTS, "it never ends"
        self.slot.power = self.store.power = power
        self.slot.boot()
        self.flash.mount(power)
        bundle.running.clear()
        self.directory = bundle.guard(self.app, None)
        assert tree(self.directory) in (OLD, NEW), self.directory
        app = AppFiles(self.app)
        app.calls = self.slot.calls
        self.updater = Updater(
            Client(self.server.session, URL, "DEFAULT", "dev1"),
            {"bApp": app, "os": self.slot},
            self.store,
            clock=self.clock,
            reset=self._reset,
            **self.hooks,
        )
        self.updater.window_bytes = self.updater.checkpoint_bytes = 4096

    def _reset(self):
        raise Reset

    def live(self, cuts=(), after_boot=None):
        """Boot and update until the server has the end of it and nothing is left to report,
        or until the last of `cuts`.
        """
        for cut in cuts:
            if not self._cut(cut, after_boot):
                return
        if not cuts:
            self._boot_until_the_end(Power(), after_boot)

    def live_to_the_cut(self, cut):
        """Return whether it came."""
        return self._cut(cut, None)

    def _cut(self, cut, after_boot):
        try:
            self._boot_until_the_end(Power(cut), after_boot)
            return False
        except PowerCut:
            self._was_cut = True
            return True

    def _boot_until_the_end(self, power, after_boot):
        was_cut, self._was_cut = self._was_cut, False
        while True:
            try:
                self.boot(power, was_cut)
                was_cut = False
                if after_boot:
                    after_boot(self)
                while self.action.is_active or self.store.has_reports():
                    self.clock.sleep_ms(self.updater.run_once() * 1000)
                return
            except Reset:
                pass

    def is_on_trial(self):
        return self.slot.is_pending or bundle.read(self.app)[2] == bundle.TRIAL

    def check(self, is_new):
        """The server knows the end, once, and this boot and the next use what it says."""
        ends = [entry for entry in self.action.entries if entry[0] == "closed"]
        assert len(ends) == 1, ends
        assert self.action.status == ("finished" if is_new else "error"), self.action.entries
        for _ in range(3):
            assert tree(self.directory) == (NEW if is_new else OLD)
            assert not self.is_on_trial()
            assert self.slot.runs == ("os" in self.parts and is_new)
            self.boot(Power())
        return ends[0][2]


# --- without a cut


def test_firmware_and_application_are_verified_then_activated_the_slot_last():
    board = Board()
    board.live()
    board.check(is_new=True)
    calls = [c for c in board.slot.calls if c.split()[-1] in ("finish", "activate", "confirm")]
    assert calls[:4] == ["app finish", "finish", "app activate", "activate"], calls
    confirms = calls[calls.index("app confirm") :]
    assert confirms[:2] == ["app confirm", "confirm"], calls
    assert board.slot.data == FIRMWARE


def test_application_alone_is_confirmed_by_the_first_poll():
    board = Board(parts=["bApp"])
    board.live()
    board.check(is_new=True)
    assert "activate" not in board.slot.calls


def test_wrong_hash_of_the_firmware_activates_nothing():
    board = Board()
    chunks = board.action.deployment["chunks"]
    chunks[1]["artifacts"][0]["hashes"]["sha256"] = "0" * 64
    board.live()
    assert "fw.bin: sha256 is" in board.check(is_new=False)[0]
    assert "app activate" not in board.slot.calls
    assert tree(board.app + ".a") == OLD and not _exists(board.app + ".b")


def test_bad_tar_fails_before_the_firmware_is_fetched():
    board = Board()
    bad = board.server.add(tar(tar_entry(b"../evil", b"x")), "app.tar", module=0)
    board.action.deployment["chunks"][0]["artifacts"] = [bad]
    board.live()
    assert "cannot be a file name" in board.check(is_new=False)[0]
    assert not board.server.seen("fw.bin") and not _exists(board.app + ".b")


def _exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def test_failed_self_test_takes_both_back():
    for parts in (["bApp"], ["bApp", "os"]):
        board = Board(parts, self_test=lambda: False)
        board.live()
        details = board.check(is_new=False)
        assert "rolled back" in details[0] and "self-test failed" in details[1], details


def test_reset_before_it_is_confirmed_takes_both_back():
    def hang(board):
        if board.is_on_trial():
            raise Reset

    for parts in (["bApp"], ["bApp", "os"]):
        board = Board(parts)
        board.live(after_boot=hang)
        assert "rolled back" in board.check(is_new=False)[0]


def test_server_out_of_reach_for_the_new_application_takes_it_back():
    def cut_off(board):
        board.server.faults = []
        if board.is_on_trial():
            board.server.fault("GET " + BASE, OSError("no route"))

    board = Board(parts=["bApp"])
    board.live(after_boot=cut_off)
    details = board.check(is_new=False)
    assert "no poll was answered in 3600 s" in details[1], details


def test_slot_rolled_back_after_the_bundle_was_confirmed_takes_it_back():
    board = Board()
    board.slot.is_cut_at_confirm = True
    board.live(cuts=[None])
    assert board.slot.calls[-1] == "app confirm"
    assert bundle.read(board.app) == (".b", ".a", bundle.GOOD)
    board._was_cut = False  # a panic, say
    board.live()
    assert "ABORTED" in board.check(is_new=False)[0]


def test_power_cut_after_the_bundle_was_confirmed_tries_both_again():
    board = Board()
    board.slot.is_cut_at_confirm = True
    board.live(cuts=[None])
    board.slot.is_cut_at_confirm = False
    board.live()
    board.check(is_new=True)


def test_power_cut_in_each_of_two_trials_is_the_end_of_it():
    board = Board()
    board.slot.is_cut_at_confirm = True
    board.live(cuts=[None, None])
    board.slot.is_cut_at_confirm = False
    board.live()
    assert "ABORTED" in board.check(is_new=False)[0]


def test_flash_that_fails_after_a_rollback_makes_no_success_of_it():
    board = Board()
    board.slot.is_cut_at_confirm = True
    board.live(cuts=[None])
    board.slot.is_cut_at_confirm = False
    power = Power()
    board.boot(power)
    power.error = OSError(28)
    board.updater.run_once()
    power.error = None
    raises(Reset, board.updater.run_once)  # the bundle still ran
    board.live()
    assert "ABORTED" in board.check(is_new=False)[0]


def test_firmware_alone_rolled_back_leaves_an_earlier_application():
    board = Board(parts=["bApp"])
    board.live()
    board.check(is_new=True)
    board.action = board.assign(["os"])

    def hang(board):
        if board.is_on_trial():
            raise Reset

    board.live(after_boot=hang)
    assert board.action.status == "error"
    assert bundle.read(board.app) == (".b", ".a", bundle.GOOD)


def test_same_content_after_a_failure_is_installed_again():
    results = [False, True]
    board = Board(self_test=lambda: results.pop(0))
    board.live()
    board.check(is_new=False)
    board.boots = 0
    board.action = board.assign(["bApp", "os"])
    board.live()
    board.check(is_new=True)


# --- plain files


def web(**hooks):
    """Return a server and the updater of a device with files of part web in "app"."""
    server = FakeServer()
    flash = HostFlash()
    flash.format()
    flash.mount(Power())
    bundle.running.clear()
    bundle.guard("app", None)
    client = Client(server.session, URL, "DEFAULT", "dev1")
    sinks = {"web": files.Files("app")}
    return server, Updater(client, sinks, MemoryStore(), clock=FakeClock(), **hooks)


def assign_page(server, name, update="forced"):
    return server.assign(chunks=[chunk([server.add(b"<html>", name)], part="web")], update=update)


def test_files_without_a_reset_are_tested_and_confirmed_each_time():
    tests = []

    def self_test():
        tests.append(bundle.directory("app"))
        return len(tests) < 3

    def reset():
        raise Reset

    server, updater = web(self_test=self_test, reset=reset)
    for name in ("one.html", "two.html"):
        action = assign_page(server, name)
        updater.run_once()
        updater.run_once()
        assert action.status == "finished", action.entries
        assert tree(bundle.directory("app")) == {name: b"<html>"}
    assign_page(server, "bad.html")
    updater.run_once()
    raises(Reset, updater.run_once)
    assert tree(bundle.directory("app")) == {"two.html": b"<html>"}
    assert tests == ["app.a", "app.b", "app.a"]


def test_downloaded_only_leaves_nothing_for_the_next_update():
    server, updater = web()
    for name, update in (("one.html", "skip"), ("two.html", "forced")):
        action = assign_page(server, name, update)
        updater.run_once()
        updater.run_once()
        assert not action.is_active, action.status
    assert tree(bundle.directory("app")) == {"two.html": b"<html>"}


# --- with a cut


def _cut_everywhere(parts, flash, step=1):
    """Cut at each change of flash, one a run: all end with the new. Return how many there were."""
    cuts = 0
    board = Board(parts, flash)
    while board.live_to_the_cut(cuts + step):
        board.live()
        board.check(is_new=True)
        cuts += step
        board = Board(parts, flash)
    board.check(is_new=True)
    return cuts // step


def test_application_cut_at_every_change_of_the_filesystem():
    assert _cut_everywhere(["bApp"], HostFlash()) > 30


def test_firmware_and_application_cut_at_every_change_of_the_filesystem():
    assert _cut_everywhere(["bApp", "os"], HostFlash()) > 40


def test_firmware_and_application_cut_at_blocks_of_littlefs():
    assert _cut_everywhere(["bApp", "os"], LittleFlash()) > 40


def test_many_cuts_never_leave_half_a_bundle_or_a_wrong_report():
    for seed in range(40):
        random.seed(seed)
        parts = ["bApp", "os"][: 1 + seed % 2]
        board = Board(parts)
        board.live(cuts=[random.randint(1, 25) for _ in range(4)])
        board.live()
        board.check(is_new=board.action.status == "finished")
