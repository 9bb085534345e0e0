"""Slack's wall clock: hands out timestamps that never repeat; tests may move it forward."""

import time


class Clock:
    """Everything that lapses in the emulator (streams, status, trigger ids, budgets) asks here."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._last_us = 0

    def now(self) -> float:
        """Unix time in seconds."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def stamp(self) -> str:
        """A message `ts`: seconds and microseconds as a string, larger than all before."""
        self._last_us = max(self._last_us + 1, int(self.now() * 1_000_000))
        seconds, micros = divmod(self._last_us, 1_000_000)
        return f"{seconds}.{micros:06d}"
