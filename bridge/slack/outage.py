"""Tells once that a service is lost and once that it is back, and paces the tries in between."""

import asyncio
import time
from contextlib import suppress

from bridge.core.errors import BridgeError
from bridge.core.events import Observer, ServiceBack, ServiceLost


class Outage:
    """One service, seen through `lost` and `back`; `error` is what it fails of now, if it does.

    It is told again when somebody else must act: "unreachable" heals by itself, "token refused"
    is the operator's.
    """

    def __init__(
        self, service: str, observe: Observer, *, backoff_s: float, backoff_most_s: float
    ) -> None:
        self.error: BridgeError | None = None
        self._service = service
        self._observe = observe
        self._backoff_s = backoff_s
        self._backoff_most_s = backoff_most_s
        self._wait_s = backoff_s
        self._since = 0.0

    def lost(self, error: BridgeError) -> None:
        if self.error is None:
            self._since = time.monotonic()
        if self.error is None or self.error.needs_operator != error.needs_operator:
            self._observe(ServiceLost(self._service, error.reason))
        self.error = error

    def back(self) -> None:
        if self.error is not None:
            self._observe(ServiceBack(self._service, time.monotonic() - self._since))
        self.error = None
        self._wait_s = self._backoff_s

    async def pause(self, stop: asyncio.Event) -> None:
        """Wait before the next try, longer each time, but not beyond `stop`."""
        await until_set(stop, self._wait_s)
        self._wait_s = min(2 * self._wait_s, self._backoff_most_s)


async def until_set(stop: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            await stop.wait()
