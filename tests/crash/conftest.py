"""The server in memory of the device tests is used here, too; it needs the library."""

import sys

import interpreters

sys.path += [str(interpreters.ROOT / path) for path in ("lib", "boards/unix/cpython")]
sys.path.append(str(interpreters.DEVICE))
