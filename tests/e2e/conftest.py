from collections.abc import AsyncIterator

import pytest

from bridge.store.connection import open_redis
from tests.e2e.stage import Stage, open_stage


@pytest.fixture
def transport() -> str:
    """How payloads reach the bridge; files whose promises hold for both ways set both."""
    return "http"


@pytest.fixture
async def stage(transport: str) -> AsyncIterator[Stage]:
    async with open_stage(socket_mode=transport == "socket mode") as stage:
        yield stage


@pytest.fixture
async def shared_stage(stage: Stage, redis_url: str) -> Stage:
    """A stage whose bridges share a real Redis."""
    await empty(redis_url)
    stage.environment["REDIS_URL"] = redis_url
    return stage


async def empty(redis_url: str) -> None:
    async with open_redis(redis_url) as redis:
        await redis.flushall()
