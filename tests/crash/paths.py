"""Puts on the path what the server in memory needs: the library, and the device tests' fakes."""

import sys

from interpreters import DEVICE, ROOT

sys.path += [str(ROOT / "lib"), str(ROOT / "boards" / "unix" / "cpython"), str(DEVICE)]
