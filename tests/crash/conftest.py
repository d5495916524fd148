"""See paths.py."""

import crash.paths  # noqa: F401
