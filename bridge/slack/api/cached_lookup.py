"""A cache: one call serves all who wait for the same value, which is then kept for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cachetools import LRUCache, TLRUCache

from bridge.core.errors import BridgeError

UNKNOWN_S = 60.0  # after a failure there is no other call for so long
MOST = 10_000

T = TypeVar("T")
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    value: T
    kept_s: float


class CachedLookup(Generic[T]):
    """If `ask` raises a `BridgeError`, the value is the last one that was known, else `unknown`.
    Whoever waits gets that value, too, when `timeout_s` have passed since the start of the call.
    The call goes on, and serves those who come later.
    """

    def __init__(  # noqa: PLR0913 - what is asked, and for how long it is waited for and kept
        self,
        name: str,
        ask: Callable[..., Awaitable[T]],
        unknown: T,
        *,
        kept_s: float,
        timeout_s: float,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`name` is that of the tasks, `most` how many answers are kept."""
        self._name = name
        self._ask = ask
        self._kept_s = kept_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._unknown = unknown
        self._fresh: TLRUCache[Key, _Entry[T]] = TLRUCache(
            most, ttu=lambda _key, entry, now: now + entry.kept_s, timer=clock
        )
        self._last: LRUCache[Key, T] = LRUCache(most)
        self._asking: dict[Key, tuple[float, asyncio.Task[T]]] = {}

    async def find(self, *key: str) -> T:
        """`key` is what `ask` is called with; if a part of it is empty, the value is `unknown`."""
        if not all(key):
            return self._unknown
        if entry := self._fresh.get(key):
            return entry.value
        deadline, asking = self._asking.get(key) or self._begin(key)
        done, _ = await asyncio.wait({asking}, timeout=max(deadline - self._clock(), 0))
        return asking.result() if done else self._last.get(key, self._unknown)

    def _begin(self, key: Key) -> tuple[float, asyncio.Task[T]]:
        asking = asyncio.create_task(self._learn(key), name=self._name)
        asking.add_done_callback(lambda _: self._asking.pop(key))
        self._asking[key] = (self._clock() + self._timeout_s, asking)
        return self._asking[key]

    async def _learn(self, key: Key) -> T:
        try:
            entry = _Entry(await self._ask(*key), self._kept_s)
        except BridgeError:
            entry = _Entry(self._last.get(key, self._unknown), UNKNOWN_S)
        self._fresh[key] = entry
        self._last[key] = entry.value
        return entry.value
