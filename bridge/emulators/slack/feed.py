"""Tells whoever waits that something changed: tests (`until`) and the demo page (`subscribe`)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Feed:
    """Change records for subscribers, a bare wake-up for those who wait for a condition."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._waiting: set[asyncio.Future[None]] = set()

    def publish(self, kind: str, **fields: Any) -> None:
        """Hand `{"type": kind, ...}` to every subscriber; the values must be fit for JSON."""
        for subscription in self._subscriptions:
            subscription.queue.put_nowait({"type": kind, **fields})
        self.wake()

    def wake(self) -> None:
        """Let every `until` look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    def subscribe(self) -> "Subscription":
        subscription = Subscription(self._subscriptions)
        self._subscriptions.add(subscription)
        return subscription

    def close(self) -> None:
        """End every subscription."""
        for subscription in self._subscriptions:
            subscription.queue.put_nowait(None)

    async def until(self, predicate: Callable[[], T], timeout_s: float) -> T:
        """Wait until the predicate gives something true, and return that.

        Raises:
            TimeoutError: It stayed false for `timeout_s`.
        """
        async with asyncio.timeout(timeout_s):
            while not (found := predicate()):
                await self._change()
        return found

    async def _change(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)


class Subscription:
    """Changes since the moment of subscribing: `async for change in slack.subscribe()`.

    It ends with the emulator; as a context manager also on the way out.
    """

    def __init__(self, registry: "set[Subscription]") -> None:
        self.queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._registry = registry

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        change = await self.queue.get()
        if change is None:
            raise StopAsyncIteration
        return change

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._registry.discard(self)
