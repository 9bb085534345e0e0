"""Faults that a test puts in the way of Web API calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

FaultKind = Literal["ratelimited", "error", "http", "reset", "hang", "lost_reply", "slow"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next calls of a method.

    `ratelimited`: 429 with Retry-After. `error`: HTTP 200 with that error code. `http`: `status`
    with an HTML page. `reset`: the connection breaks before the call counts. `hang`: no answer
    until the emulator stops. `lost_reply`: the call counts, then the connection breaks. `slow`:
    the call counts after `delay_s`.
    """

    method: str  # "*" for every method
    kind: FaultKind
    error: str = "internal_error"
    status: int = 500
    retry_after_s: int = 1
    delay_s: float = 1.0
    times: int | None = 1  # None: until cleared
    when: Callable[[dict[str, Any]], bool] | None = None  # looks at the call's arguments

    def concerns(self, method: str, args: dict[str, Any]) -> bool:
        return self.method in {"*", method} and (self.when is None or self.when(args))


class Faults:
    """The faults still to come, oldest first."""

    def __init__(self) -> None:
        self._pending: list[tuple[Fault, int | None]] = []

    def add(self, fault: Fault) -> None:
        self._pending.append((fault, fault.times))

    def clear(self) -> None:
        self._pending.clear()

    def take(self, method: str, args: dict[str, Any]) -> Fault | None:
        """The first fault that concerns this call; it counts as used once."""
        for index, (fault, left) in enumerate(self._pending):
            if fault.concerns(method, args):
                self._use(index, fault, left)
                return fault
        return None

    def _use(self, index: int, fault: Fault, left: int | None) -> None:
        if left == 1:
            del self._pending[index]
        elif left is not None:
            self._pending[index] = (fault, left - 1)
