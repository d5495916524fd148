"""make bench-polls: what a poll costs `rollouts serve`, with 1,000 devices in a SQLite file.

All devices are registered first and have nothing to install; then they poll, one after the
other, on kept connections over loopback. Processor time is what a busy machine changes least.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import httpx
from serving import serve


def measure(devices: int, polls: int) -> tuple[float, float]:
    """Return polls in a second, and milliseconds of the server's processor time for each."""
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder, "serve.db"))
        with serve("--db", database) as ready, _client(ready) as client:
            paths = [f"device-{number}" for number in range(devices)]
            for path in paths:
                client.get(path).raise_for_status()
                data = {"mode": "merge", "data": {"hw_model": "esp32"}}
                client.put(f"{path}/configData", json=data).raise_for_status()
            return _poll(client, ready["pid"], (paths * (polls // devices + 1))[:polls])


def _client(ready: dict) -> httpx.Client:
    base = f"{ready['url']}/{ready['tenant']}/controller/v1/"
    login = {"Authorization": f"GatewayToken {ready['gatewayToken']}"}
    return httpx.Client(base_url=base, headers=login, trust_env=False)


def _poll(client: httpx.Client, pid: int, paths: list[str]) -> tuple[float, float]:
    begin_s, begin_cpu_s = time.perf_counter(), _cpu_s(pid)
    for path in paths:
        answer = client.get(path)
        if answer.status_code != 200 or "_links" in answer.json():
            raise SystemExit(f"{path} is not idle: {answer.status_code} {answer.text}")
    cpu_ms = (_cpu_s(pid) - begin_cpu_s) * 1000 / len(paths)
    return len(paths) / (time.perf_counter() - begin_s), cpu_ms


def _cpu_s(pid: int) -> float:
    """Seconds that a process had of the processors. Linux."""
    fields = Path(f"/proc/{pid}/schedstat").read_text().split()
    return int(fields[0]) / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-polls", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--polls", type=int, default=10_000)
    options = parser.parse_args()
    rate, cpu_ms = measure(options.devices, options.polls)
    print(f"{rate:.0f} polls in a second, {cpu_ms:.2f} ms of processor time for each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
