"""Asks Slack what something is called, once for all who want to know, and keeps the answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cachetools import LRUCache, TLRUCache

from bridge.core.errors import BridgeError

KEPT_S = 86_400.0
UNKNOWN_S = 60.0  # after a failure Slack is not asked again for so long
MOST = 10_000

T = TypeVar("T")
Key = tuple[str, str]  # team, id


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    value: T
    kept_s: float


class CachedLookup(Generic[T]):
    """`ask` asks Slack. One call serves everybody who wants to know meanwhile, and all of them wait
    until `timeout_s` after its begin; it goes on, for those who come later. What was known before
    stays known while Slack fails, else it is `unknown`.
    """

    def __init__(
        self,
        name: str,
        ask: Callable[[str, str], Awaitable[T]],
        unknown: T,
        *,
        timeout_s: float = 1.0,
        most: int = MOST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ask = ask
        self._timeout_s = timeout_s
        self._clock = clock
        self._unknown = unknown
        self._fresh: TLRUCache[Key, _Entry[T]] = TLRUCache(
            most, ttu=lambda _key, entry, now: now + entry.kept_s, timer=clock
        )
        self._last: LRUCache[Key, T] = LRUCache(most)
        self._asking: dict[Key, tuple[float, asyncio.Task[T]]] = {}

    async def find(self, team: str, identifier: str) -> T:
        key = (team, identifier)
        if not identifier:
            return self._unknown
        if entry := self._fresh.get(key):
            return entry.value
        deadline, asking = self._asking.get(key) or self._begin(key)
        patience_s = max(deadline - self._clock(), 0)
        done, _ = await asyncio.wait({asking}, timeout=patience_s)
        return asking.result() if done else self._last.get(key, self._unknown)

    def _begin(self, key: Key) -> tuple[float, asyncio.Task[T]]:
        asking = asyncio.create_task(self._learn(key), name=self._name)
        asking.add_done_callback(lambda _: self._asking.pop(key))
        self._asking[key] = (self._clock() + self._timeout_s, asking)
        return self._asking[key]

    async def _learn(self, key: Key) -> T:
        try:
            entry = _Entry(await self._ask(*key), KEPT_S)
        except BridgeError:
            entry = _Entry(self._last.get(key, self._unknown), UNKNOWN_S)
        self._fresh[key] = entry
        self._last[key] = entry.value
        return entry.value
