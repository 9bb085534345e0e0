"""The stream token that replicas share: saved, loaded, dropped, and renewed by one of them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bridge.core.errors import Unavailable
from bridge.store import keys
from bridge.store.connection import open_redis
from bridge.store.repositories import RedisTokenCache

NAME = "0123abcd"


@pytest.fixture
def cache(redis: Redis) -> RedisTokenCache:
    return RedisTokenCache(redis)


async def test_what_was_saved_is_loaded_by_its_name(cache: RedisTokenCache) -> None:
    await cache.save(NAME, "one", 60)

    assert await cache.load(NAME) == "one"
    assert await cache.load("another") is None


async def test_a_token_is_forgotten_at_the_end_of_its_life(
    cache: RedisTokenCache, redis: Redis
) -> None:
    await cache.save(NAME, "one", 60)

    assert 59_000 < await redis.pttl(keys.key(keys.TOKEN, NAME)) <= 60_000


async def test_a_token_whose_life_is_over_is_not_saved(cache: RedisTokenCache) -> None:
    await cache.save(NAME, "one", -5)

    assert await cache.load(NAME) is None


async def test_exactly_the_token_that_failed_is_dropped(cache: RedisTokenCache) -> None:
    await cache.save(NAME, "newer", 60)

    assert not await cache.drop(NAME, "older")
    assert await cache.load(NAME) == "newer"
    assert await cache.drop(NAME, "newer")
    assert await cache.load(NAME) is None


async def test_one_of_many_gets_the_claim(cache: RedisTokenCache) -> None:
    claims = await asyncio.gather(*(cache.claim(NAME, f"owner{n}", 30) for n in range(20)))

    assert sum(claims) == 1


async def test_a_claim_ends_when_its_owner_releases_it(cache: RedisTokenCache) -> None:
    assert await cache.claim(NAME, "a", 30)

    await cache.release(NAME, "b")
    assert not await cache.claim(NAME, "b", 30)
    await cache.release(NAME, "a")
    assert await cache.claim(NAME, "b", 30)


async def test_a_claim_ends_by_itself_when_its_owner_falls_silent(
    cache: RedisTokenCache, redis: Redis
) -> None:
    await cache.claim(NAME, "a", 30)

    assert 29_000 < await redis.pttl(keys.key(keys.RENEWAL, NAME)) <= 30_000


class TestWithoutRedis:
    @pytest.fixture
    async def cache(self, tmp_path: Path) -> AsyncIterator[RedisTokenCache]:
        async with open_redis(f"unix://{tmp_path}/nobody.sock") as redis:
            yield RedisTokenCache(redis)

    async def test_every_call_is_unavailable(self, cache: RedisTokenCache) -> None:
        for call in (
            cache.load(NAME),
            cache.save(NAME, "one", 60),
            cache.drop(NAME, "one"),
            cache.claim(NAME, "a", 30),
            cache.release(NAME, "a"),
        ):
            with pytest.raises(Unavailable):
                await call
