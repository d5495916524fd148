# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""Which directory the application is in: for boot.py, so it is small.

For the path "/app": the application that came by cable is in /app and stays there. Updates
go to /app.a and /app.b in turn (see files.py). The pointer, /app.now, is one line,
`now,before,state`, that is renamed over the old one; without it /app is used, so removing it
goes back to the cable's.

state  what it says                             the next boot
good   `now` was confirmed                      runs it
new    `now` was activated                      runs it on trial
trial  `now` has booted once, not confirmed     goes back to `before`
back   `before` was on trial and was given up   runs `now`
"""

import os

from micropython import const

from hawkbit import rollback

NEW = const("new")
TRIAL = const("trial")
GOOD = const("good")
BACK = const("back")

running = {}  # path -> "", ".a" or ".b": what guard() chose


def guard(path, timeout_s=rollback.TIMEOUT_S, watchdog_s=None, timer_id=None):
    """Return the directory to import from: once per boot, in boot.py. Raises no OSError.

    On trial it arms the guard of rollback.py, which see; timeout_s None: none, where a hardware
    watchdog does it. Any reset before confirm() goes back, a wake from deep sleep too.
    """
    now, before, state = read(path)
    running[path] = now
    if state in (NEW, TRIAL):
        running[path] = before
        try:
            if state == NEW:
                write(path, now, before, TRIAL)
                running[path] = now
            else:
                write(path, before, now, BACK)
        except OSError:
            pass  # the flash is full: what cannot be counted is not tried
    if timeout_s and on_trial(path):
        rollback.arm(timeout_s, watchdog_s, timer_id)
    return directory(path)


def directory(path):
    """Return the directory in use since guard(), or since an update without a reset."""
    return path + running[path]


def on_trial(path):
    """Is the directory in use not confirmed yet?"""
    now, _, state = read(path)
    return state in (NEW, TRIAL) and running.get(path) == now


def confirm(path):
    """Keep the directory in use. May be called at every boot; rollback.confirm() comes after
    it, and disarms the guard."""
    now, before, _ = read(path)
    if on_trial(path):
        write(path, now, before, GOOD)


def read(path):
    """Return (now, before, state) of the pointer; without one, the cable's directory."""
    try:
        with open(path + ".now") as f:
            now, before, state = f.read().split(",")
        return now, before, state
    except (OSError, ValueError):  # none yet, or not ours
        return "", "", GOOD


def write(path, now, before, state):
    """Write the pointer beside, then rename: a power cut leaves the old one or the new one."""
    beside = path + ".now.new"
    with open(beside, "w") as f:
        f.write(",".join((now, before, state)))
    os.rename(beside, path + ".now")
