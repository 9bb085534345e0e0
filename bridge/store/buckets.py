"""The calls that a workspace has left of each rate limit, counted in one place for all replicas."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis

from bridge.core.errors import Unavailable
from bridge.core.limits import AcquireResult, Call, RateLimit
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.scripts import run_operation


class RedisBuckets:
    """Implements the port `Buckets`. `default` is the limit of the methods not listed.

    `jitter_s` is how unevenly calls arrive that left evenly; `clock` (seconds) is for tests:
    otherwise the server's counts. After a failure the store is left alone for `respite_s`, and
    everything may go.
    """

    def __init__(
        self,
        redis: Redis,
        limits: Mapping[str, RateLimit],
        default: RateLimit,
        *,
        jitter_s: float = 0.1,
        respite_s: float = 5.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._redis = redis
        self._limits = limits
        self._default = default
        self._jitter_s = jitter_s
        self._respite_s = respite_s
        self._clock = clock
        self._away_until = 0.0

    async def acquire(
        self, calls: Sequence[Call], length_s: float, waited_s: float
    ) -> AcquireResult:
        used: list[str] = []
        each: list[str | int] = []
        for call in calls:
            limit = self._limit_of(call.method)
            grows_by, ended_by = limit.grows_by or call.method, limit.ended_by or call.method
            used += [*self._keys_of(call), *_keys(call.team, grows_by), *_keys(call.team, ended_by)]
            used.append(keys.key(keys.SHOWN, call.team, ended_by))
            each += [limit.part_of(call), _ms(call.longest_gap_s)]
            for method in (call.method, grows_by, ended_by):
                each += _rate(self._limit_of(method))
        reply = await self._run(
            "acquire",
            used,
            each,
            **self._clock_terms(),
            turn=calls[0].turn,
            waited=_ms(waited_s),
            length=_ms(length_s),
        )
        if reply is None:
            return AcquireResult()
        wait_ms, number, ahead, left, answers, is_proven = map(int, reply)
        return AcquireResult(
            wait_ms / 1000, number - 1, ahead, left / 1000, answers, bool(is_proven)
        )

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        limit, used = self._limit_of(call.method), self._keys_of(call)
        if limit.alike:
            used.append(keys.key(keys.BURST, call.team, limit.alike))
        interval, guess = _rate(limit)
        terms = {"interval": interval, "guess": guess, "ahead": ahead, "after": _ms(after_s)}
        await self._run("shrink", used, **self._clock_terms(), **terms)

    async def release(self, team: str, turn: str) -> None:
        ends = {limit.ended_by for limit in self._limits.values() if limit.ended_by}
        used = [keys.key(keys.SHOWN, team, method) for method in sorted(ends)]
        await self._run("release", used, turn=turn)

    def _limit_of(self, method: str) -> RateLimit:
        return self._limits.get(method, self._default)

    def _keys_of(self, call: Call) -> list[str]:
        is_per_channel = self._limit_of(call.method).is_per_channel
        return _keys(call.team, call.method, *([call.channel] if is_per_channel else []))

    def _clock_terms(self) -> dict[str, str | int]:
        now = "" if self._clock is None else _ms(self._clock())
        return {"now": now, "jitter": _ms(self._jitter_s)}

    async def _run(
        self, name: str, used: list[str], more: Sequence[str | int] = (), /, **terms: str | int
    ) -> Any:
        """None while the store is away."""
        if time.monotonic() < self._away_until:
            return None
        try:
            async with reach_redis():
                return await run_operation(self._redis, name, terms, more, used=used)
        except Unavailable:
            self._away_until = time.monotonic() + self._respite_s
            return None


def _keys(team: str, method: str, *channel: str) -> list[str]:
    return [keys.key(keys.BUCKET, team, method, *channel), keys.key(keys.BURST, team, method)]


def _rate(limit: RateLimit) -> tuple[int, int]:
    """Milliseconds between two calls, and how many go at once."""
    return _ms(limit.interval_s), limit.burst


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
