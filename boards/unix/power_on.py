"""One boot of the board in this process, on MicroPython's unix port or on CPython.

Started by simboard/process.py with its options as JSON in the environment, since an argument
of MicroPython's has at most 255 bytes. The exit code says how the boot ended.
"""

import json
import os
import sys

if __name__ == "__main__":
    if sys.implementation.name == "micropython":
        from simboard.unixport import boot
    else:
        from simboard.host import boot_process as boot
    boot(json.loads(os.getenv("SIMBOARD_OPTIONS")))
