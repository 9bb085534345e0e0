"""Scripts that are run at the same time share a round trip, and nothing else."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.core.errors import Unavailable
from bridge.store import keys
from bridge.store.connection import open_redis, reach_redis
from bridge.store.scripts import run_operation
from tests.conftest import RedisServer

NUMBERS = keys.PREFIX + "numbers"


async def number(redis: Redis, identifier: str) -> int:
    terms = {"ttl_ms": 60_000}
    (found,) = await run_operation(redis, "number", terms, [identifier], used=[NUMBERS])
    return int(found)


async def test_each_hears_its_own_result(redis: Redis) -> None:
    found = await asyncio.gather(*(number(redis, f"U{one}") for one in range(120)))
    assert sorted(found) == list(range(1, 121))
    assert await asyncio.gather(*(number(redis, f"U{one}") for one in range(120))) == found


async def test_a_server_that_knows_no_script_any_more_is_told_them(redis: Redis) -> None:
    assert await number(redis, "U1") == 1
    await redis.script_flush()
    found = await asyncio.gather(*(number(redis, name) for name in ("U1", "U2")))
    assert found == [1, 2]


async def test_one_that_fails_spoils_no_other(redis: Redis) -> None:
    await redis.set("text", "no hash")
    wrong = run_operation(redis, "number", {"ttl_ms": 60_000}, ["U1"], used=["text"])
    results = await asyncio.gather(wrong, number(redis, "U1"), return_exceptions=True)
    assert isinstance(results[0], ResponseError)
    assert results[1] == 1


async def test_those_made_at_once_are_read_at_once(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        await number(redis, "U1")
        before = (await redis.info("stats"))["total_reads_processed"]
        await asyncio.gather(*(number(redis, f"U{one}") for one in range(40)))
        after = (await redis.info("stats"))["total_reads_processed"]
        assert after - before <= 5


async def test_a_connection_that_the_server_has_closed_is_opened_again(redis_url: str) -> None:
    async with open_redis(redis_url) as redis, open_redis(redis_url) as other:
        before = await number(redis, "U1")
        await other.client_kill_filter(_type="normal", skipme=True)
        assert await number(redis, "U1") == before


async def test_a_server_that_is_gone_is_told_to_each(own_redis: RedisServer) -> None:
    async with open_redis(own_redis.url, timeout_s=0.3) as redis:
        await number(redis, "U1")
        own_redis.kill()

        async def reached() -> int:
            async with reach_redis():
                return await number(redis, "U1")

        found = await asyncio.gather(*(reached() for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in found] == [Unavailable] * 3


def test_a_script_that_there_is_not_is_a_mistake_of_ours() -> None:
    async def run() -> None:
        async with open_redis("") as redis:
            await run_operation(redis, "nothing", {})

    with pytest.raises(KeyError):
        asyncio.run(run())
