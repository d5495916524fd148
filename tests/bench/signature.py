"""make bench-signature: what checking one RSA-3072 signature takes on MicroPython's unix port.

Import and check as .mpy in a heap of 32 KiB; the fastest of 50, since the machine may be busy.
Exits 1 over the bar.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import interpreters
from size import ROOT, compile_library

BAR_US = 3000
HEAP = "32k"
_PROGRAM = """
import time
from hawkbit import signature
us = []
for _ in range(50):
    start = time.ticks_us()
    modulus = signature.modulus(bytes.fromhex("%s"))
    if not signature.is_signed(%r, bytes.fromhex("%s"), [modulus]):
        raise ValueError("a right signature was refused")
    us.append(time.ticks_diff(time.ticks_us(), start))
print(min(us))
"""


def measure() -> int:
    """Return the microseconds of reading a key and checking a signature with it."""
    lines = (ROOT / "tests" / "device" / "signatures.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    [key] = [row[2] for row in rows if row[:2] == ["key", "rsa3072"]]
    [(signature, text)] = [(r[2], r[4]) for r in rows if r[:2] == ["right", "openssl dgst"]]
    with tempfile.TemporaryDirectory() as folder:
        compile_library(ROOT / "lib" / "hawkbit", Path(folder, "hawkbit"))
        program = _PROGRAM % (key, text.encode(), signature)
        command = [interpreters.unix_port(), "-X", f"heapsize={HEAP}", "-c", program]
        env = {**os.environ, "MICROPYPATH": folder}
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"make bench-signature: {done.stdout}{done.stderr}")
    return int(done.stdout)


def main() -> int:
    argparse.ArgumentParser(prog="make bench-signature", description=__doc__).parse_args()
    if reason := interpreters.reason_absent("unix"):
        print(f"make bench-signature: not measured: {reason}")
        return 0
    us = measure()
    print(f"an RSA-3072 signature: {us / 1000:.1f} ms in a heap of {HEAP}, bar {BAR_US / 1000} ms")
    return 0 if us <= BAR_US else 1


if __name__ == "__main__":
    sys.exit(main())
