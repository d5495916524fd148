"""One boot of the board in this process: `micropython power_on.py OPTIONS`, or `python3`.

OPTIONS is the JSON that simboard/process.py writes. The exit code says how the boot ended.
"""

import json
import sys

if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    if sys.implementation.name == "micropython":
        from simboard.unixport import boot
    else:
        from simboard.host import boot_process as boot
    boot(options)
