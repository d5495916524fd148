# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""The first boot of a new image: guard it, confirm it, or go back.

`guard()` is the first call of boot.py, so that an image that hangs, raises or cannot even
import the updater goes back. What blocks in C is stopped by a hardware watchdog only.
Any reset before `confirm()` goes back too: the bootloader sees to that.
"""

from esp32 import Partition
from micropython import const

from hawkbit import otadata

GUARD_TIMEOUT_S = const(3600 + 120)

_guard = None


def on_trial():
    """Is the running image not confirmed yet? Then nothing may be erased, and no deep sleep."""
    entry = otadata.running(Partition)
    return entry is not None and entry.state in (otadata.PENDING_VERIFY, otadata.NEW)


def guard(timeout_s=GUARD_TIMEOUT_S, timer_id=0):
    """Arm a timer that resets unless `confirm()` comes first; return on_trial().

    A bootloader with rollback never shows NEW to a running image. One without does, and
    there the second boot of an unconfirmed image goes back from here.
    """
    global _guard
    if not on_trial():
        return False
    entry = otadata.running(Partition)
    if entry.state == otadata.NEW and entry.count_boot() > 1:
        go_back()
    from machine import Timer, reset

    _guard = Timer(timer_id)
    _guard.init(mode=Timer.ONE_SHOT, period=timeout_s * 1000, callback=lambda _: reset())
    return True


def confirm():
    """Keep the running image, and disarm the guard. May be called at every boot."""
    global _guard
    if on_trial():
        Partition.mark_app_valid_cancel_rollback()
    if _guard:
        _guard.deinit()
        _guard = None


def revert():
    """Give the running image up, if it is on trial: the next boot takes the previous one.

    INVALID is what esp_ota_mark_app_invalid_rollback() writes, and stays as the trace of it.
    """
    if on_trial():
        otadata.running(Partition).rewrite(otadata.INVALID)


def go_back():
    """Revert and reset at once."""
    from machine import reset

    revert()
    reset()
