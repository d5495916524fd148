"""The power supply: counts what happens and says at which moment the power goes."""

from collections import namedtuple

# What is counted: one erase or program call, one network request, 4 KiB read from the network.
FLASH = "flash"
REQUEST = "request"
STREAM = "stream"
KINDS = (FLASH, REQUEST, STREAM)

BEFORE = "before"
MIDDLE = "middle"
AFTER = "after"
MOMENTS = (BEFORE, MIDDLE, AFTER)

# The power goes at the `number`-th (from 1) event of `kind`, counted over all boots.
Cut = namedtuple("Cut", ("kind", "number", "moment"))


class Supply:
    """Outlives the boots: `counts` goes on after a reset, `cuts` are left until they are made."""

    def __init__(self, cuts=(), counts=None):
        self.counts = counts or dict.fromkeys(KINDS, 0)
        self.cuts = [_check(cut) for cut in cuts]
        self.made = []

    def count(self, kind):
        """Count one event; return the moment of it at which the power goes, or None."""
        self.counts[kind] += 1
        for cut in self.cuts:
            if cut.kind == kind and cut.number == self.counts[kind]:
                self.cuts.remove(cut)
                self.made.append(cut)
                return cut.moment
        return None


def parse_cut(text):
    """Return the Cut of "flash:17:middle", as the command line writes it."""
    parts = text.split(":")
    if len(parts) != 3:
        raise ValueError("a cut is KIND:NUMBER:MOMENT, such as flash:17:middle, not " + text)
    return _check(Cut(parts[0], int(parts[1]), parts[2]))


def _check(cut):
    if cut.kind not in KINDS or cut.moment not in MOMENTS or cut.number < 1:
        raise ValueError("%r: kinds are %s, moments %s, numbers from 1" % (cut, KINDS, MOMENTS))
    return cut
