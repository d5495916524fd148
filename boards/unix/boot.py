"""First at every boot: an image on trial that hangs, raises or cannot import goes back."""

import machine

TRIAL_WATCHDOG_S = 20


def is_on_trial():
    """Guard the first boot of a new image. True also if it cannot even import its guard."""
    try:
        import config
        from hawkbit import rollback

        return rollback.guard(config.GUARD_S)
    except Exception as e:
        print("boot.py: no guard:", repr(e))
        return True


# An exception on trial ends at the prompt, where nobody feeds the watchdog.
if is_on_trial():
    print("boot.py: on trial until confirmed")
    machine.WDT(timeout=TRIAL_WATCHDOG_S * 1000)
