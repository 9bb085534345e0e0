"""What Slack refuses is remembered by method and channel."""

import pytest
from redis.asyncio import Redis

from bridge.slack.api.optional_methods import RefusedMethods
from bridge.store.repositories import RedisRefusedMethods
from tests.refused_methods import RefusedInMemory

HERE, THERE, ANYWHERE = ("T1", "m", "C1"), ("T1", "m", "C2"), ("T1", "m", "")


@pytest.fixture(params=["redis", "memory"])
def refused(request: pytest.FixtureRequest, redis: Redis) -> RefusedMethods:
    is_real = request.param == "redis"
    return RedisRefusedMethods(redis, ttl_s=60) if is_real else RefusedInMemory()


async def test_a_refusal_is_one_of_its_own_place(refused: RefusedMethods) -> None:
    assert not await refused.has_any(HERE, ANYWHERE)
    await refused.add(HERE)
    assert await refused.has_any(HERE, ANYWHERE)
    assert await refused.has_any(ANYWHERE, HERE)
    assert not await refused.has_any(THERE, ANYWHERE)


async def test_it_is_forgotten_after_a_while(redis: Redis) -> None:
    await RedisRefusedMethods(redis, ttl_s=60).add(HERE)
    (key,) = await redis.keys("*")
    assert 0 < await redis.pttl(key) <= 60_000
