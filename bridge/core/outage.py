"""One service as this process sees it: told once when lost and once when restored."""

import asyncio

from bridge.core.errors import BridgeError
from bridge.core.events import Observer, ServiceLost, ServiceRestored


class Outage:
    """`error` is what the service fails of now, None where it does not; `begun` is set meanwhile.

    A failure that calls for other advice is told as well, each once in an outage: "unreachable" and
    "token refused" call for different people. Nobody shall try again before `remaining_s`:
    `backoff_s`, doubled from failure to failure up to `longest_backoff_s`, or as long as the
    service asks for.
    """

    def __init__(
        self,
        service: str,
        observe: Observer,
        *,
        backoff_s: float = 1.0,
        longest_backoff_s: float = 30.0,
    ) -> None:
        self.error: BridgeError | None = None
        self.begun = asyncio.Event()
        self._service = service
        self._observe = observe
        self._backoff_s = backoff_s
        self._longest_backoff_s = longest_backoff_s
        self._pause_s = 0.0
        self._began_at = 0.0
        self._failed_at = 0.0
        self._told: set[tuple[bool, str]] = set()

    @property
    def remaining_s(self) -> float:
        return max(self._failed_at + self._pause_s - _now(), 0.0) if self.error else 0.0

    def record_failure(self, error: BridgeError) -> None:
        self._failed_at = _now()
        if self.error is None:
            self._began_at = self._failed_at
        kind = (error.needs_operator, error.advice)
        if kind not in self._told:
            self._told.add(kind)
            self._observe(ServiceLost(self._service, error.description, error.advice))
        doubled_s = min(2 * self._pause_s, self._longest_backoff_s)
        self._pause_s = max(doubled_s, self._backoff_s, error.after_s)
        self.error = error.with_traceback(None)
        self.begun.set()

    def record_success(self) -> None:
        if self.error is not None:
            self._observe(ServiceRestored(self._service, _now() - self._began_at))
        self.error = None
        self._pause_s = 0.0
        self._told.clear()
        self.begun.clear()

    def raise_if_failing(self) -> None:
        if self.error:  # the same object each time: every raise would add to its traceback
            raise self.error.with_traceback(None)


def _now() -> float:
    return asyncio.get_running_loop().time()
