"""What happens only once in a place, whichever replica does it."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.store import keys
from bridge.store.connection import reach_redis


class RedisOnce:
    """Implements the port `Once` for one kind of thing; it may happen again after `ttl_s`."""

    def __init__(self, redis: Redis, kind: str, *, ttl_s: float) -> None:
        self._redis = redis
        self._kind = kind
        self._ttl = timedelta(seconds=ttl_s)

    async def claim(self, *place: str) -> bool:
        async with reach_redis():
            key = keys.once(self._kind, *place)
            return bool(await self._redis.set(key, "1", nx=True, px=self._ttl))

    async def release(self, *place: str) -> None:
        async with reach_redis():
            await self._redis.delete(keys.once(self._kind, *place))
