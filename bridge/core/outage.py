"""One service as this process sees it: told once when lost and once when restored."""

import asyncio

from bridge.core.errors import BridgeError
from bridge.core.events import Observer, ServiceLost, ServiceRestored


class Outage:
    """`error` is why the service fails now, None while it works. `begun` is set while it fails.

    In one outage each advice is told once: different people correct "unreachable" and "token
    refused". `remaining_s` is how long to wait before the next try: `backoff_s`, doubled with each
    failure up to `longest_backoff_s`, or longer if the service asks for it.
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
