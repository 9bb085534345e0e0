"""One service as this process sees it: told once when lost and once when back, tried ever less."""

import asyncio
from contextlib import suppress

from bridge.core.background import wait_for_event
from bridge.core.errors import BridgeError
from bridge.core.events import Observer, ServiceBack, ServiceLost


class Outage:
    """`error` is what the service fails of now, if it does.

    What calls for other advice is told as well, each once in an outage: "unreachable" and "token
    refused" call for different people. Between two tries lie `backoff_s`, doubled from failure to
    failure up to `longest_backoff_s`, or as long as the service asks for.
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
        self._service = service
        self._observe = observe
        self._backoff_s = backoff_s
        self._longest_backoff_s = longest_backoff_s
        self._pause_s = 0.0
        self._began_at = 0.0
        self._failed_at = 0.0
        self._told: set[tuple[bool, str]] = set()
        self._has_begun = asyncio.Event()

    @property
    def remaining_s(self) -> float:
        """How long nobody shall try again."""
        return max(self._failed_at + self._pause_s - _now(), 0.0) if self.error else 0.0

    def lost(self, error: BridgeError) -> None:
        self._failed_at = _now()
        if self.error is None:
            self._began_at = self._failed_at
        kind = (error.needs_operator, error.advice)
        if kind not in self._told:
            self._told.add(kind)
            self._observe(ServiceLost(self._service, error.cause, error.advice))
        doubled_s = min(2 * self._pause_s, self._longest_backoff_s)
        self._pause_s = max(doubled_s, self._backoff_s, error.after_s)
        self.error = error.with_traceback(None)
        self._has_begun.set()

    def back(self) -> None:
        if self.error is not None:
            self._observe(ServiceBack(self._service, _now() - self._began_at))
        self.error = None
        self._pause_s = 0.0
        self._told.clear()
        self._has_begun.clear()

    def share(self) -> None:
        """Raise the failure while nobody shall try again."""
        if self.remaining_s:
            self.check()

    def check(self) -> None:
        """Raise the failure if there is one. It is the same object each time, and every raise adds
        to the traceback that it came with.
        """
        if self.error:
            raise self.error.with_traceback(None)

    async def begins(self, timeout_s: float | None = None) -> None:
        """Return while there is an outage, and after `timeout_s` in any case."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._has_begun.wait()

    async def pause(self, stop: asyncio.Event) -> None:
        """Wait until it may be tried again, but not beyond `stop`."""
        await wait_for_event(stop, self.remaining_s)


def _now() -> float:
    return asyncio.get_running_loop().time()
