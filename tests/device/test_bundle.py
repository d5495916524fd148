"""The boot part: which directory is used, counted trials, the guard's timer."""

import os

from hawkbit import bundle, guard
from power import Power, PowerCut, remove
from runner import raises

APP = "app"


def boot(pointer=None, timeout_s=None):
    """Return what guard() says at a fresh boot with that text in the pointer."""
    remove("app.now")
    if pointer is not None:
        with open("app.now", "w") as f:
            f.write(pointer)
    return reboot(timeout_s)


def reboot(timeout_s=None):
    bundle.running.clear()
    Power().supply(bundle)
    return bundle.guard(APP, timeout_s)


def pointer():
    with open("app.now") as f:
        return f.read()


class FakeTimer:
    """machine.Timer; `armed` is the one that runs."""

    PERIODIC = 1
    armed = None

    def __init__(self, timer_id):
        self.timer_id = timer_id

    def init(self, mode, period, callback):
        assert mode == self.PERIODIC
        self.period_ms = period
        self.callback = callback
        FakeTimer.armed = self

    def deinit(self):
        FakeTimer.armed = None


def test_without_a_pointer_the_directory_of_the_cable_is_used():
    assert boot() == "app"
    assert not bundle.on_trial(APP)
    assert "app.now" not in os.listdir()


def test_confirmed_bundle_is_used_at_every_boot_without_a_write():
    assert boot(".b,.a,good") == "app.b"
    assert reboot() == "app.b"
    assert pointer() == ".b,.a,good" and not bundle.on_trial(APP)


def test_new_bundle_has_one_boot_on_trial_and_goes_back_at_the_next():
    assert boot(".b,.a,new") == "app.b"
    assert bundle.on_trial(APP) and pointer() == ".b,.a,trial"
    assert reboot() == "app.a"
    assert not bundle.on_trial(APP) and pointer() == ".a,.b,back"
    assert reboot() == "app.a"
    assert pointer() == ".a,.b,back"


def test_first_bundle_goes_back_to_the_directory_of_the_cable():
    assert boot(".a,,trial") == "app"
    assert pointer() == ",.a,back"
    assert reboot() == "app"


def test_confirmed_on_trial_it_stays():
    boot(".b,.a,new")
    bundle.confirm(APP)
    assert pointer() == ".b,.a,good" and not bundle.on_trial(APP)
    assert reboot() == "app.b"


def test_confirm_of_what_is_not_on_trial_writes_nothing():
    for text in (".b,.a,good", ".a,.b,back"):
        boot(text)
        power = Power(cut_at=1)
        power.supply(bundle)
        bundle.confirm(APP)
        assert pointer() == text


def test_activated_but_not_booted_is_not_on_trial():
    boot(".a,.a,good")
    bundle.write(APP, ".b", ".a", bundle.NEW)
    assert not bundle.on_trial(APP)
    bundle.confirm(APP)
    assert pointer() == ".b,.a,new"


def test_full_flash_at_the_first_boot_is_no_trial():
    # What cannot be counted could hang at every boot.
    boot(".a,.a,good")
    bundle.write(APP, ".b", ".a", bundle.NEW)
    power = Power()
    power.error = OSError(28)
    power.supply(bundle)
    assert bundle.guard(APP, None) == "app.a"
    assert not bundle.on_trial(APP) and pointer() == ".b,.a,new"
    assert reboot() == "app.b"


def test_full_flash_at_the_second_boot_goes_back_all_the_same():
    boot(".b,.a,new")
    power = Power()
    power.error = OSError(28)
    power.supply(bundle)
    for _ in range(2):
        assert bundle.guard(APP, None) == "app.a"
        assert not bundle.on_trial(APP)
        bundle.confirm(APP)
    assert pointer() == ".b,.a,trial"


def test_damaged_pointer_is_the_directory_of_the_cable():
    for text in ("", ".b", ".b,.a", "a,b,c,d", "\0" * 10, "\xff" * 3):
        assert boot(text) == "app", text


def test_power_cut_while_the_trial_is_counted_leaves_the_old_pointer_or_the_new():
    for text, after in ((".b,.a,new", ".b,.a,trial"), (".b,.a,trial", ".a,.b,back")):
        changes = 1
        while True:
            boot(".a,.a,good")
            with open("app.now", "w") as f:
                f.write(text)
            power = Power(cut_at=changes)
            power.supply(bundle)
            try:
                bundle.guard(APP, None)
                break
            except PowerCut:
                assert pointer() == text
            changes += 1
        assert changes == 5  # open, write, close, rename
        assert pointer() == after


def test_trial_is_guarded_by_a_timer_until_confirmed():
    resets = []
    kept = guard.Timer, guard.reset
    guard.Timer, guard.reset = FakeTimer, lambda: resets.append(1)
    try:
        assert boot(".b,.a,good", timeout_s=60) == "app.b"
        assert FakeTimer.armed is None
        assert boot(".b,.a,new", timeout_s=60) == "app.b"
        timer = FakeTimer.armed
        assert timer.period_ms == 1000 and timer.timer_id == -2
        for _ in range(59):
            timer.callback(timer)
        assert guard.elapsed_s() == 59 and resets == []
        timer.callback(timer)
        assert len(resets) == 1
        bundle.confirm(APP)
        guard.disarm()
        timer.callback(timer)
        assert FakeTimer.armed is None and len(resets) == 1
        assert boot(".b,.a,trial", timeout_s=60) == "app.a"
        assert FakeTimer.armed is None
    finally:
        guard.disarm()
        guard.Timer, guard.reset = kept


def test_guard_is_armed_once_and_on_the_timer_that_was_asked_for():
    kept = guard.Timer
    guard.Timer = FakeTimer
    try:
        for asked, number in ((None, -2), (0, 0), (2, 2)):
            guard.limit_s = None
            guard.arm(60, None, asked)
            timer = FakeTimer.armed
            timer.callback(timer)
            guard.arm(10, None, 3)
            assert FakeTimer.armed is timer and timer.timer_id == number
            assert (guard.limit_s, guard.elapsed_s()) == (60, 1)
    finally:
        guard.disarm()
        guard.Timer = kept


class PortTimer(FakeTimer):
    """Finds its timer by the arithmetic of that version's ports/esp32/machine_timer.c."""

    def __init__(self, timer_id):
        if self.version >= (1, 25):
            if timer_id >= 2 * self.in_a_group or timer_id < 0 and self.version < (1, 29):
                raise ValueError("invalid Timer number")
        elif self.version < (1, 24) or self.chip != "C3":
            assert timer_id & 1 < self.in_a_group, (timer_id, self.chip, self.version)
        super().__init__(timer_id)


def test_guard_takes_a_timer_that_the_chip_has():
    kept = guard.Timer
    guard.Timer = PortTimer
    try:
        for PortTimer.chip, PortTimer.in_a_group in (("ESP32", 2), ("C3", 1), ("C6", 1)):
            last = 2 * PortTimer.in_a_group - 1
            for minor, number in ((23, -2), (24, -2), (25, last), (28, last), (29, -2)):
                PortTimer.version = (1, minor)
                guard.limit_s = None
                guard.arm(60, None, None)
                assert FakeTimer.armed.timer_id == number
    finally:
        guard.disarm()
        guard.Timer = kept


def test_directory_before_guard_is_a_key_error():
    bundle.running.clear()
    raises(KeyError, bundle.directory, APP)
