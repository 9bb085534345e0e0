"""The last failure to get a stream token, told again to all who ask before its time is over."""

import asyncio

from bridge.core.errors import BridgeError, RateLimited
from bridge.core.events import Observer, ServiceBack, ServiceLost

SERVICE = "beebot-gateway"


class Outage:
    """Nobody tries again for `backoff_s`, doubled from failure to failure."""

    def __init__(self, backoff_s: float, longest_backoff_s: float, *, observe: Observer) -> None:
        self._backoff_s = backoff_s
        self._longest_backoff_s = longest_backoff_s
        self._observe = observe
        self.error: BridgeError | None = None
        self._began_at = 0.0
        self._noted_at = 0.0
        self._pause_s = 0.0

    @property
    def remaining_s(self) -> float:
        return max(self._noted_at + self._pause_s - _now(), 0.0) if self.error else 0.0

    def share(self, *, noted_since: float = 0.0) -> None:
        """Raises the failure while nobody shall try again; `noted_since` is by the loop's clock."""
        if self.error and self.remaining_s and self._noted_at >= noted_since:
            raise self.error.with_traceback(None)

    def note(self, error: BridgeError) -> None:
        self._noted_at = _now()
        if self.error is None:
            self._began_at = self._noted_at
            self._observe(ServiceLost(SERVICE, error.reason))
        doubled = min(self._pause_s * 2, self._longest_backoff_s)
        wanted = error.after_s if isinstance(error, RateLimited) else 0.0
        self._pause_s = max(doubled, self._backoff_s, wanted)
        self.error = error

    def end(self) -> None:
        if self.error:
            self._observe(ServiceBack(SERVICE, _now() - self._began_at))
        self.error = None
        self._pause_s = 0.0


def _now() -> float:
    return asyncio.get_running_loop().time()
