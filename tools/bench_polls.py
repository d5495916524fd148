"""make bench-polls: polls of 1,000 devices at `rollouts serve`, and at gooseBit beside it.

All devices are registered first and have nothing to install. Then both servers are asked in
turn, some seconds each, over kept connections on loopback; both keep their devices in a
SQLite file. `rollouts serve` checks a token at each poll, gooseBit by default asks for none.
Median of the pairs; exits 1 when `rollouts serve` answers fewer polls a second. Where gooseBit
cannot be installed, `rollouts serve` is measured alone.
"""

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import goosebit
from rich.console import Console
from rich.table import Table
from serving import serve

BAR = 1.0
DEVICES = 1000
CONNECTIONS = 20
PAIRS = 5
SECONDS = 4.0
OURS, THEIRS = "rollouts serve", "gooseBit"
_TIMEOUT_S = 20
_CONFIG_DATA = b'{"mode":"merge","data":{"hw_model":"esp32"}}'

Rates = dict[str, float]  # polls per second, by the name of the server


class Device:
    """A controller id, on a connection that it may share with others."""

    def __init__(self, connection: http.client.HTTPConnection, name: str, authorization: str):
        self._connection = connection
        self._path = f"/DEFAULT/controller/v1/{name}"
        self._headers = {"Authorization": authorization} if authorization else {}

    def register(self) -> None:
        """Poll for the first time and say what it is; then there is nothing left to do."""
        self._request("GET", self._path)
        self._request("PUT", f"{self._path}/configData", _CONFIG_DATA)

    def poll(self) -> None:
        """Raises SystemExit when there is something to do."""
        answer = self._request("GET", self._path)
        if b"href" in answer or b"sleep" not in answer:
            raise SystemExit(f"{self._path} is not idle: {answer}")

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """Return the body of the answer. Raises SystemExit unless it is 200."""
        headers = {**self._headers, "Content-Type": "application/json"} if body else self._headers
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as e:
            raise SystemExit(f"{method} {path} at {self._connection.host}: {e}")
        if answer.status != http.client.OK:
            raise SystemExit(f"{method} {path} was answered {answer.status}: {content[:200]}")
        return content


class Fleet:
    """The registered devices of one server; a few connections share them."""

    def __init__(self, host: str, authorization: str, devices: int):
        self._host = host
        self._authorization = authorization
        names = [f"device-{number}" for number in range(devices)]
        self._shares = [names[first::CONNECTIONS] for first in range(min(CONNECTIONS, devices))]
        # One after the other: gooseBit answers 500 when two are new at the same moment.
        with self._connected(names) as everyone:
            for device in everyone:
                device.register()

    def polls_per_second(self, seconds: float) -> float:
        """Poll for so long on all connections at once, one device after the other on each."""

        def poll(names):
            with self._connected(names) as devices:
                return _poll(devices, begin + seconds)

        with ThreadPoolExecutor(len(self._shares)) as pool:
            begin = time.perf_counter()
            polls = sum(pool.map(poll, self._shares))
            return polls / (time.perf_counter() - begin)

    @contextmanager
    def _connected(self, names: list[str]) -> Iterator[list[Device]]:
        """Devices on a new connection: servers close one that idles, as in the other's turn."""
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT_S)
        with closing(connection):
            yield [Device(connection, name, self._authorization) for name in names]


def _poll(devices: list[Device], deadline: float) -> int:
    polls = 0
    while time.perf_counter() < deadline:
        devices[polls % len(devices)].poll()
        polls += 1
    return polls


def measure(devices: int, pairs: int, seconds: float, beside: bool) -> list[Rates]:
    """Return a pair of rates for each turn. beside: gooseBit too, which is installed."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ready = stack.enter_context(serve("--db", str(Path(folder, "serve.db"))))
        token = f"GatewayToken {ready['gatewayToken']}"
        fleets = {OURS: Fleet(urlsplit(ready["url"]).netloc, token, devices)}
        if beside:
            host = stack.enter_context(goosebit.running(Path(folder)))
            fleets[THEIRS] = Fleet(host, "", devices)
        results = []
        for number in range(pairs):
            names = list(fleets) if number % 2 else list(reversed(fleets))
            results.append({name: fleets[name].polls_per_second(seconds) for name in names})
        return results


def table(results: list[Rates]) -> Table:
    title = "Polls answered in a second"
    names = [name for name in (THEIRS, OURS) if name in results[0]]
    grid = Table("pair", *names, *(["ratio"] if THEIRS in names else []), title=title)
    for column in grid.columns:
        column.justify = "right"
    for number, rates in enumerate(results, 1):
        cells = [f"{rates[name]:.0f}" for name in names]
        if THEIRS in names:
            cells.append(f"{rates[OURS] / rates[THEIRS]:.2f}")
        grid.add_row(str(number), *cells)
    return grid


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-polls", description=__doc__)
    parser.add_argument("--devices", type=int, default=DEVICES)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each turn")
    options = parser.parse_args()
    try:
        goosebit.install()
        results = measure(options.devices, options.pairs, options.seconds, beside=True)
    except goosebit.Unavailable as e:
        print(f"{OURS} alone, since gooseBit cannot be had: {e}")
        results = measure(options.devices, options.pairs, options.seconds, beside=False)
    Console().print(table(results))
    ours = statistics.median(rates[OURS] for rates in results)
    if THEIRS not in results[0]:
        print(f"median of {len(results)} turns: {ours:.0f} a second; no bar without gooseBit")
        return 0
    ratio = statistics.median(rates[OURS] / rates[THEIRS] for rates in results)
    print(f"median of {len(results)} pairs: {ratio:.2f} of gooseBit's rate, bar {BAR}")
    return 0 if ratio >= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
