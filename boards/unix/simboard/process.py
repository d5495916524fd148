"""Boots of a flash file, each in a process of its own: MicroPython's unix port, or CPython."""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

from simboard.chip import MICROPYTHON
from simboard.host import FIRMWARE, GOES_ON, UNIX, Ended
from simboard.state import EXIT_CODES

_HOW = {code: how for how, code in EXIT_CODES.items()}
_KILLED = -9  # by its own timer, see unixport
_TERMINATED = -15  # by boot(timeout_s)


def default_interpreter():
    """The unix port beside this Python, else this Python."""
    found = Path(sys.executable).with_name("micropython")
    return str(found if found.exists() else sys.executable)


class ProcessBoard:
    """A board whose flash is a file; see host.Board for one inside this process.

    `cuts`: as "flash:17:middle", made once each. `on_line`: gets each line it prints.
    """

    def __init__(
        self,
        flash_file,
        interpreter=None,
        firmware=FIRMWARE,
        cuts=(),
        rollback=True,
        app_rollback=True,
        virtual_clock=False,
        strict=True,
        micropython=MICROPYTHON,
        on_line=print,
    ):
        self.interpreter = interpreter or default_interpreter()
        self.on_line = on_line
        self._process = None
        self._state = Path(f"{flash_file}.state")
        self._options = {
            "flash": str(Path(flash_file).resolve()),
            "firmware": [str(folder) for folder in firmware],
            "cuts": list(cuts),
            "rollback": rollback,
            "app_rollback": app_rollback,
            "virtual_clock": virtual_clock,
            "strict": strict,
            "micropython": micropython,
        }

    def boot(self, timeout_s=None):
        """Boot once; return Ended. Raises TimeoutError, and RuntimeError when the
        simulation itself failed."""
        process = subprocess.Popen(
            [self.interpreter, str(UNIX / "power_on.py")],
            env={**os.environ, "SIMBOARD_OPTIONS": json.dumps(self._options)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._process = process
        supervisor = threading.Timer(timeout_s or threading.TIMEOUT_MAX, process.terminate)
        supervisor.start()
        try:
            for line in process.stdout:
                self.on_line(line.rstrip("\n"))
            return self._ended(process.wait())
        finally:
            supervisor.cancel()
            process.kill()
            process.wait()
            process.stdout.close()

    def run(self, max_boots=20, timeout_s=None):
        """Boot again until the program ends; a sleep takes its time. Return all Ended.

        `timeout_s`: of each boot.
        """
        ends = []
        while len(ends) < max_boots:
            ends.append(self.boot(timeout_s))
            if ends[-1].how not in GOES_ON:
                break
            time.sleep((ends[-1].sleep_ms or 0) / 1000)
        return ends

    def end(self):
        """End the boot that another thread waits for: it gets a TimeoutError."""
        if self._process:
            self._process.terminate()

    def power_off(self):
        """Forget what RTC memory kept: the next boot is a power-on."""
        self._state.unlink(missing_ok=True)

    def _ended(self, code):
        if code == _TERMINATED:
            raise TimeoutError("the simulated board ran longer than it was given")
        if code != _KILLED and code not in _HOW:
            raise RuntimeError(f"the simulated board failed with exit code {code}")
        state = json.loads(self._state.read_text())
        if code != _KILLED and state["how"] != _HOW[code]:
            raise RuntimeError(f"exit code {code}, but {self._state} says {state['how']}")
        return Ended(state["how"], state["sleep_ms"])
