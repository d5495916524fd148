"""make soak: thousands of cycles on MicroPython's unix port, and no byte of heap is lost.

In the smallest heap in which a whole update works (see `bench.ram`) and 8 KiB more, with the stub
`esp32`, against a server that is in another mood at every poll. Exits 1 when the free memory
after a collection falls.
"""

import argparse
import socketserver
import sys
import tempfile
import threading
from pathlib import Path

import appimage
import crash.paths  # noqa: F401
import interpreters
from bench import ram
from fake_ddi import BASE, FakeServer, chunk, empty
from http_wire import Wire
from rollouts.testing import local_server
from size import KB, ROOT, compile_library

CYCLES = 5000
MORE = 8 * KB
STEP = 3  # cycles between two measurements; no divisor of the moods
UPDATE_SIZE = 20_000  # bytes of the update by which the heap is found
_TIMEOUT_S = 1800
_ANSWERS = 100  # on one connection, as hawkBit
_HTML = (200, {"Content-Type": "text/html"}, b"<html>Welcome to the hotel</html>")


class Weather:
    """A server with a new mood at every poll. What is open is force-quit then."""

    def __init__(self):
        self.polls = 0
        self._server = FakeServer()
        image = appimage.make(size=9008)
        wrong = self._server.add(image, "wrong.bin", hashes={"sha256": "0" * 64})
        no_image = self._server.add(bytes(9000), "none.bin")
        self._moods = (
            lambda: None,
            lambda: self._assign(chunk([wrong])),
            lambda: self._assign(chunk([wrong], part="nobody")),
            lambda: empty(503),
            lambda: _HTML,
            lambda: OSError("closed"),
            self._cancel,
            self._ask,
            lambda: empty(429),
            lambda: self._assign(chunk([no_image])),
        )

    def answer(self, request):
        """Return (status, headers, body); raises OSError for a connection that is closed."""
        if request.path == BASE:
            for action in self._server.actions:
                if action.is_active:
                    action.end("canceled")
            answer = self._moods[self.polls % len(self._moods)]()
            self.polls += 1
            if isinstance(answer, OSError):
                raise answer
            if answer:
                return answer
        return self._server.answer(request)

    def _assign(self, *chunks):
        # The last few are enough; ids go on, all of them with four digits.
        action = self._server.assign(chunks=list(chunks))
        action.id = str(1000 + self.polls % 9000)
        del self._server.actions[:-3]

    def _cancel(self):
        self._assign(chunk([self._server.add(bytes(9000))]))
        self._server.actions[-1].status = "canceling"

    def _ask(self):
        self._assign(chunk([self._server.add(bytes(9000))]))
        self._server.actions[-1].status = "wait_for_confirmation"


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        wire = Wire(self.server.answer)
        answered = 0
        while answered < _ANSWERS and (data := self.request.recv(4096)):
            try:
                for answer in wire.feed(data):
                    self.request.sendall(answer.head + answer.body)
                    answered += 1
            except OSError:
                break


class Server(socketserver.ThreadingTCPServer):
    """Serves `answer` on `url`, in a thread."""

    daemon_threads = True

    def __init__(self, answer):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


def smallest_heap(mpy: Path) -> int:
    """Return the smallest heap in which a whole update works, in bytes."""
    with local_server() as server:
        attempts = ram.Attempts(mpy, server, appimage.make(size=UPDATE_SIZE), "soak")
        return ram.smallest(lambda heap: attempts.complaint(heap, server.url))


def soak(mpy: Path, heap: int, cycles: int) -> tuple[list[int], int]:
    """Return the free bytes after every STEP cycles, and how many polls there were.

    Raises ram.Failed.
    """
    weather = Weather()
    with tempfile.TemporaryDirectory() as folder, Server(weather.answer) as server:
        ram.make_flash(Path(folder, "flash.bin"), appimage.make(size=4096))
        env = {"URL": server.url, "CYCLES": str(cycles), "STEP": str(STEP)}
        done = ram.run_unix("import soak", mpy, folder, heap, env, _TIMEOUT_S)
        server.shutdown()
    if done.returncode:
        raise ram.Failed(done.stdout + done.stderr)
    return [int(line) for line in done.stdout.split()], weather.polls


def has_fallen(free: list[int]) -> bool:
    """Is the least of the last quarter below the least of the second? The first warms up."""
    quarter = len(free) // 4
    return min(free[-quarter:]) < min(free[quarter : 2 * quarter])


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--cycles", type=int, default=CYCLES)
    args = parser.parse_args(argv)
    if reason := interpreters.reason_absent("unix"):
        print(f"make soak: not done: {reason}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        mpy = Path(folder)
        compile_library(ROOT / "lib" / "hawkbit", mpy / "hawkbit")
        compile_library(ROOT / "tests" / "ram", mpy)
        heap = smallest_heap(mpy) + MORE
        free, polls = soak(mpy, heap, args.cycles)
    fallen = has_fallen(free)
    print(f"{args.cycles} cycles with {polls} polls in a heap of {heap} bytes")
    print(f"free: {free[0]} bytes at first, {min(free)} to {max(free)}, {free[-1]} in the end")
    print("it fell" if fallen else "it did not fall")
    return 1 if fallen else 0


if __name__ == "__main__":
    sys.exit(main())
