"""The one clock of the server: windows, timeforced and polling all ask it."""

import time


class Clock:
    """Real time plus an offset that tests set. Milliseconds since 1970, as on the wire."""

    def __init__(self) -> None:
        self._offset_ms = 0

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self._offset_ms

    def set(self, now_ms: int) -> None:
        """Make it `now_ms` now; it goes on running from there."""
        self._offset_ms += now_ms - self.now_ms()

    def advance(self, seconds: float) -> None:
        self._offset_ms += round(seconds * 1000)

    def reset(self) -> None:
        self._offset_ms = 0
