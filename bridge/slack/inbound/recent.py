"""What was done a moment ago, so that it is not done again at once; in this process alone."""

import time
from collections.abc import Callable, Hashable

MOST = 10_000


class Recent:
    """Holds at most `most` things; the oldest goes first."""

    def __init__(self, *, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._done: dict[Hashable, tuple[float, object]] = {}

    def note(self, key: Hashable, what: object, *, for_s: float) -> None:
        self._done.pop(key, None)
        while len(self._done) >= self._most:
            del self._done[next(iter(self._done))]
        self._done[key] = (self._clock() + for_s, what)

    def holds(self, key: Hashable, what: object) -> bool:
        """Just this was noted, and its time is not over."""
        until, noted = self._done.get(key, (float("-inf"), None))
        return self._clock() < until and noted == what
