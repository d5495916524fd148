"""make bench-upload: `rollouts.api` against curl for one large file: its speed, its memory.

Each pair is one upload by each, in alternating order, the request alone; first to a bare
sink that only reads, then to `rollouts serve`. Fails under 0.7 of curl's speed (median of
the pairs) and when the uploading process grows beyond 120 MB.
"""

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

from rollouts.api import Hawkbit
from rollouts.api.models import NewSoftwareModule
from rollouts.api.upload import sha256_of
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


def main():
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "big.bin"
        _write(file, options.megabytes)
        sha256 = sha256_of(file)
        with _sink() as url:
            passed = _compare("bare sink", url, lambda: 1, file, sha256, options.pairs)
        with serve() as ready:
            url = ready["url"]
            passed &= _compare("rollouts serve", url, _modules(url), file, sha256, options.pairs)
    return 0 if passed else 1


def _options():
    parser = argparse.ArgumentParser(prog="make bench-upload", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--pairs", type=int, default=5)
    return parser.parse_args()


def _write(file, megabytes):
    with file.open("wb") as stream:
        for _ in range(megabytes):
            stream.write(os.urandom(1 << 20))


def _compare(name, url, next_module, file, sha256, pairs):
    """Print one line; return whether both bars were met. `next_module` gives a fresh id."""
    ratios, sizes_mb, speeds = [], [], []
    for number in range(pairs):
        times = {}
        for who in ("curl", "ours") if number % 2 else ("ours", "curl"):
            module = next_module()
            if who == "curl":
                times[who] = _curl(url, module, file)
            else:
                times[who], size_mb = _ours(url, module, file, sha256)
                sizes_mb.append(size_mb)
        ratios.append(times["curl"] / times["ours"])
        speeds.append(file.stat().st_size / times["ours"] / 1e6)
    ratio, size_mb = statistics.median(ratios), max(sizes_mb)
    print(
        f"{name}: {ratio:.2f} of curl's speed (at least {MIN_RATIO}), "
        f"{statistics.median(speeds):.0f} MB/s, peak {size_mb:.0f} MB (under {MAX_RSS_MB})"
    )
    return ratio >= MIN_RATIO and size_mb < MAX_RSS_MB


def _ours(url, module, file, sha256):
    words = [sys.executable, "-c", _UPLOADER, url, str(module), str(file), sha256]
    return json.loads(subprocess.run(words, check=True, capture_output=True).stdout)


def _curl(url, module, file):
    target = f"{url}/rest/v1/softwaremodules/{module}/artifacts?filename=big.bin"
    words = [
        "curl",
        "-sS",
        "--fail",
        "-o",
        os.devnull,
        "-w",
        "%{time_total}",
        "-u",
        ":".join(_LOGIN),
    ]
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


@contextlib.contextmanager
def _sink():
    """A server that reads a request as fast as it can, and answers as an upload is answered."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _accept(listener):
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection:
                _swallow(connection)


def _swallow(connection):
    head, block = b"", bytearray(1 << 20)
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    head, _, begun = head.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    left = int(headers["content-length"]) - len(begun)
    while left > 0:
        left -= connection.recv_into(block)
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(lines[0].split()[1]).query)
    hashes = {"sha256": query.get("sha256sum", [""])[0]}
    body = json.dumps({"id": 1, "providedFilename": "big.bin", "size": 1, "hashes": hashes})
    connection.sendall(
        f"HTTP/1.1 201 \r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )


if __name__ == "__main__":
    begin = time.monotonic()
    code = main()
    print(f"in {time.monotonic() - begin:.0f} s")
    sys.exit(code)
