"""make demo: updates on this computer: one succeeds, one goes back, one is a delta, one unsigned.

    python tools/demo.py [--firmware path.app-bin]

Starts `rollouts serve` and a simulated ESP32, publishes and assigns with the `rollouts`
command line, and asks the server at the end what it believes. Exits 1 when that is not what
it should be. Under 60 s, at most 55 lines.
"""

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import appimage
from rollouts.api import Hawkbit
from serving import serve, started

ROOT = Path(__file__).resolve().parent.parent
BOARD = ROOT / "boards" / "unix" / "board.py"
BIN = Path(sys.executable).parent
DEVICE = "demo-1"
SIZE = 1_600_000
TIMEOUT_S = 60


def say(who: str, text: str = "") -> None:
    print(f"{who:<8}{text}".rstrip(), flush=True)


class Narrator(threading.Thread):
    """Retells what the board prints: its states and its progress in one line."""

    def __init__(self, lines):
        super().__init__(daemon=True)
        self._lines = lines
        self._story = []
        self.log = []

    def run(self):
        for line in self._lines:
            self.log.append(line)
            self._retell(line.strip().removeprefix("hawkbit: "))

    def _retell(self, line):
        kind, _, text = line.partition(": ")
        if kind in ("state", "progress"):
            if text not in ("reporting", "idle"):
                self._story.append(text if kind == "state" else f"{text}%")
            return
        if self._story:
            say("board", " ".join(self._story))
            self._story = []
        if kind == "report":
            _, execution, finished, details = ast.literal_eval(text)
            line = f"report: {execution}/{finished}: {'; '.join(details)}"
        say("board", line)


class Operator:
    """Runs the `rollouts` command line against `server`, and asks the server itself."""

    def __init__(self, server: dict):
        login = {key: server[key] for key in ("url", "user", "password")}
        words = {f"ROLLOUTS_{key.upper()}": value for key, value in login.items()}
        self._environment = {**os.environ, **words}
        self._hawkbit = Hawkbit(**login)

    def run(self, *arguments, shown=True, ok=(0,)) -> str:
        """Run one command; return its output."""
        if shown:
            say("$", "rollouts " + " ".join(Path(a).name for a in arguments))
        done = subprocess.run(
            [BIN / "rollouts", *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        if done.returncode not in ok:
            raise SystemExit(
                f"rollouts {arguments[0]} ended with {done.returncode}: {done.stderr.strip()}"
            )
        return done.stdout.strip()

    def wait_for_device(self, device: str = DEVICE) -> None:
        """Return when the device has registered itself."""
        deadline = time.monotonic() + TIMEOUT_S
        while not self._hawkbit.targets.known(device):
            if time.monotonic() > deadline:
                raise SystemExit("the board never polled")
            time.sleep(0.1)

    def release(self, image: Path, version: str, *options: str) -> str:
        """Publish, assign, wait for the end; return the action id."""
        told = self.run("publish", str(image), "--name", "demo", "--version", version, *options)
        for line in told.splitlines():
            if ".delta" in line:
                name, size, *_ = line.split("\t")
                say("", f"{name}: {size} bytes instead of {image.stat().st_size}")
        action = self.run("assign", f"demo:{version}", DEVICE).split()[0]
        self.run("watch", action, "--timeout", str(TIMEOUT_S), shown=False, ok=(0, 1))
        return action

    def view(self, action: str) -> dict:
        """Return what the server believes now."""
        targets = self._hawkbit.targets
        messages = [entry.messages for entry in targets.action_history(DEVICE, int(action))]
        told, installed = str(messages), targets.installed_set(DEVICE)
        return {
            "action": targets.action(DEVICE, int(action)).status,
            "target": targets.get(DEVICE).update_status,
            "installed": installed and installed.version,
            "by delta": ".delta from 0" in told and ".app-bin from 0" not in told,
            "last words": "; ".join(messages[-1]),
        }


def act(operator: Operator, image: Path, version: str, expected: dict, *options: str) -> bool:
    """Release `image`; is the server's view the expected one afterwards?"""
    view = operator.view(operator.release(image, version, *options))
    is_expected = all(view[key] == value for key, value in expected.items())
    say("server", "action {action}, target {target}, {installed} installed".format_map(view))
    say("", view["last words"])
    if not is_expected:
        print(f"expected {expected}, the server says {view}", file=sys.stderr)
    return is_expected


def acts(signed: tuple[str, str], with_delta: bool) -> Iterator[tuple]:
    """Yield title, version, what the server is to believe afterwards, options of `publish`."""
    good, bad = {"action": "finished", "target": "in_sync"}, {"action": "error", "target": "error"}
    two, four = good | {"installed": "2.0.0"}, good | {"installed": "4.0.0", "by delta": True}
    yield "one: version 2.0.0 is assigned, tested and confirmed", "2.0.0", two, *signed
    back = bad | {"installed": "2.0.0"}
    yield "two: version 3.0.0 fails its self-test, and the board goes back", "3.0.0", back, *signed
    if with_delta:  # a made image has nothing in common with a real one
        options = (*signed, "--delta-from", "demo:2.0.0")
        yield "three: version 4.0.0 comes as a delta from what runs", "4.0.0", four, *options
    yield "four: version 5.0.0 is not signed, and the board refuses it", "5.0.0", bad


def play(folder: Path, firmware: Path | None) -> bool:
    """Play the acts in `folder`; return whether they ended as they should."""
    flash = folder / "flash.bin"
    images = {}
    key = folder / "release-key.pem"
    signed = ("--sign", str(key))
    for version in ("1.0.0", "2.0.0", "3.0.0", "4.0.0", "5.0.0"):
        name = "self-test-fails" if version == "3.0.0" else "ok"
        images[version] = folder / f"demo-{version}.app-bin"
        images[version].write_bytes(appimage.make(name, version, SIZE, product="demo"))
    with serve("--polling-time", "00:00:01") as server:
        say("server", f"rollouts serve at {server['url']}, a local hawkBit")
        operator = Operator(server)
        operator.run("keygen", str(key))
        trusted = key.with_suffix(".pub.pem").read_text()
        flash_board(flash, images["1.0.0"], server, TRUSTED_KEYS=[trusted])
        say_what_runs_it()
        with started(
            [sys.executable, BOARD, "run", flash], stderr=subprocess.STDOUT, bufsize=1
        ) as board:
            narrator = Narrator(board.stdout)
            narrator.start()
            operator.wait_for_device()
            good = True
            for title, version, expected, *options in acts(signed, with_delta=not firmware):
                print(f"\nAct {title}")
                image = firmware if firmware and version == "2.0.0" else images[version]
                good &= act(operator, image, version, expected, *options)
        if not good:
            print("".join(narrator.log), file=sys.stderr)
        return good


def flash_board(
    flash: Path, image: Path, server: dict, device: str = DEVICE, **more: object
) -> None:
    """Make the flash of a board that knows the server, with `more` settings in its config.py."""
    settings = {
        "URL": server["url"],
        "GATEWAY_TOKEN": server["gatewayToken"],
        "CONTROLLER_ID": device,
        **more,
    }
    config = [f"{key}={value}" for key, value in settings.items()]
    command = [sys.executable, BOARD, "flash", flash, "--image", image, "--config", *config]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def say_what_runs_it() -> None:
    if (BIN / "micropython").exists():
        say("board", "a simulated ESP32 with 8 MiB of flash, run by MicroPython's unix port")
    else:
        say("board", "a simulated ESP32, run by CPython: there is no unix port for this system")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--firmware", type=Path, help="the image of act one, an .app-bin")
    firmware = parser.parse_args().firmware
    if firmware and not firmware.is_file():
        raise SystemExit(f"demo: FIRMWARE={firmware}: no such file")
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        good = play(Path(folder), firmware)
    end = "as they should" if good else "NOT as they should"
    print(f"\nAll updates ended {end}, in {time.monotonic() - started_s:.0f} s.")
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
