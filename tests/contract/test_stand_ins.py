"""Who has no name for the bot has a number: the same in the whole life of a thread."""

import asyncio

from redis.asyncio import Redis

from bridge.core.model import ThreadKey
from bridge.store.repositories import RedisStandIns

THREAD = ThreadKey("T1", "C1", "1.0")


async def test_numbers_count_from_one_in_each_thread_and_kind(redis: Redis) -> None:
    stand_ins = RedisStandIns(redis, ttl_s=60)
    assert await stand_ins.numbers(THREAD, "person", ["U1", "U2", "U1"]) == [1, 2, 1]
    assert await stand_ins.numbers(THREAD, "person", ["U3", "U2"]) == [3, 2]
    assert await stand_ins.numbers(THREAD, "channel", ["C7"]) == [1]
    assert await stand_ins.numbers(ThreadKey("T1", "C1", "2.0"), "person", ["U3"]) == [1]


async def test_replicas_that_number_at_once_agree(redis: Redis) -> None:
    first, second = (RedisStandIns(redis, ttl_s=60) for _ in range(2))
    found = await asyncio.gather(
        *(one.numbers(THREAD, "person", ["U1", "U2"]) for one in (first, second) * 5)
    )
    assert found == [[1, 2]] * 10


async def test_they_are_forgotten_a_while_after_their_last_use(redis: Redis) -> None:
    await RedisStandIns(redis, ttl_s=60).numbers(THREAD, "person", ["U1"])
    (key,) = await redis.keys("*names*")
    assert 0 < await redis.pttl(key) <= 60_000
