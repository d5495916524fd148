"""First at every boot: an image on trial that hangs, raises or cannot import goes back.

Copied onto the board by `make install`; the application is main.py.
"""

import machine

# Longer than anything that main.py does without feeding: a TLS handshake, a DNS lookup.
TRIAL_WATCHDOG_S = 60


def is_on_trial():
    """Guard the first boot of a new image. True also if it cannot even import its guard."""
    try:
        from hawkbit import rollback

        return rollback.guard()
    except Exception as e:
        print("boot: no guard:", repr(e))
        return True


# An exception on trial ends at the prompt, where nobody feeds the watchdog: it resets, and
# before confirm() every reset goes back. It also ends what blocks in C, out of reach of the
# guard's timer. Without an update there is no trial, and no watchdog from here.
if is_on_trial():
    machine.WDT(timeout=TRIAL_WATCHDOG_S * 1000)
