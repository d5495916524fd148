"""make bench-upload: `rollouts.api` against curl for one large file: its speed, its memory.

Each pair is one upload by each to `rollouts serve`, in alternating order, the request alone.
Fails under 0.7 of curl's speed (median of the pairs) and when the uploading process grows
beyond 120 MB.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from rollouts.api import Hawkbit
from rollouts.api.models import NewSoftwareModule
from rollouts.api.modules import sha256_of
from serving import serve

MIN_RATIO = 0.7
MAX_RSS_MB = 120
_LOGIN = ("admin", "admin")
# Runs in a process of its own, so that its memory is the upload's alone.
_UPLOADER = """
import json, resource, sys, time
from rollouts.api import Hawkbit
url, module, file, sha256 = sys.argv[1:]
with Hawkbit(url, "admin", "admin") as hawkbit:
    begin = time.perf_counter()
    hawkbit.modules.upload(int(module), file, "big.bin", sha256)
    seconds = time.perf_counter() - begin
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as folder, serve() as ready:
        file = Path(folder) / "big.bin"
        _write(file, options.megabytes)
        results = measure(ready["url"], file, options.pairs)
    ratio = statistics.median(curl_s / our_s for curl_s, our_s, _ in results)
    speed = options.megabytes / statistics.median(our_s for _, our_s, _ in results)
    size_mb = max(size_mb for *_, size_mb in results)
    print(
        f"{ratio:.2f} of curl's speed (at least {MIN_RATIO}), {speed:.0f} MB/s, "
        f"peak {size_mb:.0f} MB (under {MAX_RSS_MB})"
    )
    return 0 if ratio >= MIN_RATIO and size_mb < MAX_RSS_MB else 1


def _options():
    parser = argparse.ArgumentParser(prog="make bench-upload", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=5)
    return parser.parse_args()


def _write(file, megabytes):
    with file.open("wb") as stream:
        for _ in range(megabytes):
            stream.write(os.urandom(1 << 20))


def measure(url: str, file: Path, pairs: int) -> list[tuple[float, float, float]]:
    """Return (seconds of curl, seconds of ours, peak MB of ours) for each pair."""
    next_module, sha256 = _modules(url), sha256_of(file)
    results = []
    for number in range(pairs):
        curl_s = _curl(url, next_module(), file) if number % 2 else None
        our_s, size_mb = _ours(url, next_module(), file, sha256)
        results.append((curl_s or _curl(url, next_module(), file), our_s, size_mb))
    return results


def _ours(url, module, file, sha256):
    words = [sys.executable, "-c", _UPLOADER, url, str(module), str(file), sha256]
    return json.loads(subprocess.run(words, check=True, capture_output=True).stdout)


def _curl(url, module, file):
    target = f"{url}/rest/v1/softwaremodules/{module}/artifacts?filename=big.bin"
    words = f"curl -sS --fail -o {os.devnull} -w %{{time_total}} -u {':'.join(_LOGIN)}".split()
    # Without `Expect` it sends at once, as we do.
    words += ["-H", "Expect:", "-F", f"file=@{file}", target]
    return float(subprocess.run(words, check=True, capture_output=True).stdout)


def _modules(url):
    """Return a function that makes a new module and gives its id."""
    hawkbit = Hawkbit(url, *_LOGIN)
    numbers = iter(range(10_000))

    def new():
        module = NewSoftwareModule(name="bench", version=str(next(numbers)), type="os")
        return hawkbit.modules.create([module])[0].id

    return new


if __name__ == "__main__":
    sys.exit(main())
