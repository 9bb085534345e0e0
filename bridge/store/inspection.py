"""What a check-up wants to know of Redis: that it answers, how fast, and what it may throw away."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from bridge.store.connection import reach_redis
from bridge.store.watch import probe


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """`version` and `policy` (Redis' maxmemory-policy) are empty where the host hides them."""

    round_trip_s: float
    version: str
    policy: str


async def inspect_store(redis: Redis) -> StoreFacts:
    """Raises `Unavailable`, also where Redis answers and refuses what the bridge needs."""
    async with reach_redis():
        await redis.ping()  # the first one pays for the connection, too
        began = time.monotonic()
        await redis.ping()
        round_trip_s = time.monotonic() - began
        info = await _info(redis)
    await probe(redis)
    version, policy = info.get("redis_version", ""), info.get("maxmemory_policy", "")
    return StoreFacts(round_trip_s, str(version), str(policy))


async def _info(redis: Redis) -> Mapping[str, Any]:
    """Not CONFIG GET: hosts forbid that far more often; some forbid INFO as well."""
    try:
        info: Mapping[str, Any] = await redis.info()
    except ResponseError:
        return {}
    return info
