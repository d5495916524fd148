"""What a board says on its serial line, and waiting for words of it rather than for seconds."""

import re
import threading
import time
from collections import namedtuple

# An emulator on a busy host may take minutes for one thing. It is never silent so long unless
# it hangs: an updater that waits for the next poll is given polls every few seconds.
SILENCE_S = 600

# lwIP's error, so often: the emulated radio lost its network, which it may on a busy host, and
# does not find back.
_LOST = "EHOSTUNREACH"
_LOST_TIMES = 3

_BOOT = re.compile(r"^rst:(0x\w+) ", re.MULTILINE)
POWER_ON = "0x1"
SOFTWARE = "0xc"  # machine.reset(), or a panic
_STATE = re.compile(r"^hawkbit: state: (\w+)", re.MULTILINE)
# What board_files.HEAP_TRACE prints.
_HEAP = re.compile(r"^heap: (.+): (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)

# Bytes of Python's heap, and of ESP-IDF's: `lowest` is the least that was ever free of it.
Heap = namedtuple("Heap", ("when", "used", "free", "idf_free", "idf_largest", "idf_lowest"))


class SilentError(Exception):
    """The words that were waited for did not come."""


class LostNetworkError(Exception):
    """It is the emulator's fault, and tells nothing about the board."""


class SerialLog:
    """Text as it comes in; `expect` goes through it once, from its beginning to its end."""

    def __init__(self, silence_s=SILENCE_S, clock=time.monotonic):
        self.text = ""
        self._at = 0  # how far it was gone through
        self._silence_s = silence_s
        self._clock = clock
        self._heard_s = clock()
        self._end_of_it = None  # why nothing more will come
        self._changed = threading.Condition()

    def add(self, data: bytes) -> None:
        with self._changed:
            self.text += data.decode(errors="backslashreplace").replace("\r", "")
            self._heard_s = self._clock()
            self._changed.notify_all()

    def begin(self) -> None:
        """Somebody speaks, or speaks again."""
        self._end_of_it = None

    def end(self, error: Exception) -> None:
        """Nothing more will come, because of that error."""
        with self._changed:
            self._end_of_it = error
            self._changed.notify_all()

    def expect(self, pattern: str) -> re.Match:
        """Return the next match, which is waited for. A `$` at its end means a whole line.

        Raises SilentError when the line is silent for silence_s before it comes; at once what
        end() was told; LostNetworkError.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        with self._changed:
            self._heard_s = self._clock()
            while not (found := wanted.search(self.text, self._at, self._end(pattern))):
                if self.text.count(_LOST, self._at) >= _LOST_TIMES:
                    self._at = len(self.text)  # told once
                    raise LostNetworkError("the emulated radio has lost its network: run it again")
                if self._end_of_it:
                    raise self._end_of_it
                left_s = self._heard_s + self._silence_s - self._clock()
                if left_s <= 0:
                    raise SilentError(self._complaint(pattern))
                self._changed.wait(left_s)
            self._at = found.end()
            return found

    def _end(self, pattern):
        return self.text.rfind("\n") + 1 if pattern.endswith("$") else len(self.text)

    def since(self) -> str:
        """Return what came after the last match."""
        return self.text[self._at :]

    def boots(self) -> list[str]:
        """Return the cause of each boot, such as POWER_ON, which all ROMs number alike."""
        return _BOOT.findall(self.text)

    def states(self) -> list[str]:
        return _STATE.findall(self.text)

    def heaps(self) -> list[Heap]:
        return [Heap(when, *map(int, numbers)) for when, *numbers in _HEAP.findall(self.text)]

    def _complaint(self, pattern):
        return f"silent for {self._silence_s:g} s before {pattern!r}; {self.last_words()}"

    def last_words(self) -> str:
        """Return the last lines since the last match, in a sentence."""
        last = "\n".join(self.since().splitlines()[-15:]) or "(nothing)"
        return f"the last that came:\n{last}"
