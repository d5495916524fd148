"""`net` and `clock` of the interpreter that runs the tests, to be handed to http.Session."""

import sys

if sys.implementation.name == "micropython":
    import time as clock

    from hawkbit import net
else:
    import clock
    import net

__all__ = ("clock", "net")
