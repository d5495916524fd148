# SPDX-FileCopyrightText: 2026 the micropython-hawkbit authors
# SPDX-License-Identifier: MIT
"""A whole device from a few words:

    from hawkbit import board
    board.updater("https://hawkbit.example", "esp32-1", target_token="secret", ca="/ca.pem").run()

The only module with defaults for a whole board. Tests and special needs build the same from
its parts: Session, Client, Updater.
"""

import time

from micropython import const

from hawkbit import log, net, rollback
from hawkbit.client import Client
from hawkbit.http import Session
from hawkbit.journal import NVSStore
from hawkbit.settings import take
from hawkbit.updater import Updater

_FIRST_YEAR = const(2025)  # a clock that says less was never set
_TELL_S = const(10)


def updater(url, controller_id, tenant="DEFAULT", sinks=None, **settings):
    """Return the Updater of this board: firmware into the next OTA slot, the record in NVS.

    url: the server's. sinks: a dict part -> sink, beside "os".
    ca: what the server's certificate was signed with; cert, key: the device's, for a server that
    wants one. Each is the path of a file, or bytes, DER or PEM. insecure=True verifies nothing.
    trusted_keys: public keys, PEM, DER or the bare modulus: only what they signed is installed.
    settings: those of Session, Client and Updater. feed: one hook for all; without it the
    watchdog of rollback.guard() is fed. Raises ValueError for https without ca, TypeError for
    a setting that nobody has, OSError when a file cannot be read.
    """
    settings.setdefault("feed", rollback.feed)
    session = Session(net, time, _tls(url, settings))
    others = take(session, settings)
    client = Client(session, url, tenant, controller_id)
    others = take(client, others)
    others["feed"] = session.feed
    sinks = sinks or {}

    def is_on_trial():
        trials = [rollback] + [sink.trial for sink in sinks.values() if sink.trial]
        return any(trial.on_trial() for trial in trials)

    return Updater(client, lambda: _with_slot(sinks), NVSStore(), is_on_trial, **others)


def _tls(url, settings):
    # Takes out of `settings` what is TLS's.
    given = {name: settings.pop(name, None) for name in ("ca", "cert", "key", "insecure")}
    if url[:6].lower() != "https:":
        return None
    if not (given["ca"] or given["insecure"]):
        raise ValueError("https needs ca=: what the server's certificate was signed with")
    for name, value in given.items():
        if isinstance(value, str):
            with open(value, "rb") as f:
                given[name] = f.read()
    return net.context(**given)


def _with_slot(sinks):
    from hawkbit.slot import FirmwareSlot

    return dict(sinks, os=FirmwareSlot())


def wait_online(wlan, ntptime=None, feed=rollback.feed):
    """Wait until `wlan` is connected and, where the module `ntptime` is given, the clock is set:
    without the time every certificate is in the future. However long it takes: the chip keeps
    trying to connect, and a lost packet is no reason to give up. Says every 10 s how it stands.
    """
    _wait("the network, status %s", wlan.isconnected, wlan.status, feed)
    if ntptime:
        _wait("the time, %s", lambda: _has_time(ntptime), lambda: ntptime.host, feed)


def _has_time(ntptime):
    if time.gmtime()[0] >= _FIRST_YEAR:
        return True
    try:
        ntptime.settime()
    except (OSError, OverflowError):  # no answer, or one that makes no sense
        return False
    return time.gmtime()[0] >= _FIRST_YEAR


def _wait(what, is_there, status, feed):
    seconds = 0
    while not is_there():
        feed()
        if seconds % _TELL_S == _TELL_S - 1:
            log.line(log.INFO, "waiting for " + what, status())
        time.sleep(1)
        seconds += 1
