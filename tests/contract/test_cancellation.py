"""Whoever is cancelled while Redis is asked ends: on Python 3.11 `asyncio.wait_for` loses that."""

import asyncio

import pytest
from redis.asyncio import Redis

from bridge.core.background import cancel_and_wait
from bridge.store.connection import reach_redis


@pytest.mark.parametrize("ticks", range(12))
async def test_a_cancellation_is_never_lost_whenever_it_comes(redis: Redis, ticks: int) -> None:
    async def ask_for_ever() -> None:
        while True:
            async with reach_redis():
                await redis.ping()
            await asyncio.sleep(0)  # the in-process store answers without it

    await redis.ping()  # the connection is open
    asking = asyncio.create_task(ask_for_ever())
    for _ in range(ticks):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking], timeout=0.2)
    has_ended = asking.cancelled()
    await cancel_and_wait(asking)
    assert has_ended
