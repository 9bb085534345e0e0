"""Erases what the store keeps about one person or one thread."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from bridge.core.model import TurnId
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.kept import BATCH, BATCH_S, Finder, Found, Kept, Whom
from bridge.store.repositories import FACTS
from bridge.store.scripts import run_operation

LOOK_S = 0.5  # between two looks whether an answer has stopped


class Erasure:
    """Every method raises `Unavailable`. `session_ttl_s` is how long a thread keeps its session."""

    def __init__(self, redis: Redis, whom: Whom, *, session_ttl_s: float) -> None:
        self._redis = redis
        self._finder = Finder(redis, whom)
        self._session_ms = round(session_ttl_s * 1000)

    async def find(self) -> Found:
        return await self._finder.find()

    async def stop(self, turns: Sequence[Kept], *, within_s: float) -> Sequence[TurnId]:
        """Erases these turns; those that run stop first. Returns which have not ended by then:
        what these still write down would outlive `erase`.
        """
        for one in turns:
            await self._run("delete", team=one.parts[0], turn=one.parts[1])
        until, left = time.monotonic() + within_s, turns
        while left := [one for one in left if not await self._erase_turn(one)]:
            if time.monotonic() > until:
                break
            await asyncio.sleep(LOOK_S)
        return [TurnId(one.parts[1]) for one in left]

    async def erase(self, others: Sequence[Kept]) -> None:
        """No turn among them."""
        for at in range(0, len(others), BATCH):
            batch = others[at : at + BATCH]
            async with reach_redis(BATCH_S), self._redis.pipeline() as pipe:
                for one in batch:
                    _erase(pipe, one)
                await pipe.execute()
        for one in others:
            if one.kind == keys.SESSION:
                await self._run("forget_session", thread=one.thread, session_ms=self._session_ms)
            if one.kind == keys.RATING and one.fields:
                await self._drop_unrated(one.key)

    async def _erase_turn(self, one: Kept) -> bool:
        return bool(await self._run("erase", thread=one.thread, turn=one.parts[1]))

    async def _drop_unrated(self, key: str) -> None:
        async with reach_redis():
            if set(await self._redis.hkeys(key)) <= FACTS:
                await self._redis.delete(key)

    async def _run(self, operation: str, **arguments: str | int) -> Any:
        async with reach_redis():
            return await run_operation(self._redis, operation, arguments)


def _erase(pipe: Pipeline, one: Kept) -> None:
    match one.kind:
        case keys.SESSION:
            pass  # by a script, which knows what runs there
        case keys.ENGAGED | keys.RATING if one.fields:
            pipe.hdel(one.key, *one.fields)
        case keys.NAMES if one.fields:
            user, number = one.fields
            pipe.hset(one.key, f"erased {number}", number)  # it is nobody else's from now on
            pipe.hdel(one.key, user)
        case _:
            pipe.delete(one.key)
