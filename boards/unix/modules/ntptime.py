"""Module `ntptime`: the simulated board's clock is right already."""

host = "pool.ntp.org"


def settime():
    pass
