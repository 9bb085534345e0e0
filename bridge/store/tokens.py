"""The stream token that all replicas share, and the lease of the one who renews it."""

from redis.asyncio import Redis

from bridge.store import keys
from bridge.store.connection import reach_redis

_DELETE_IF_EQUAL = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
    return redis.call('DEL', KEYS[1])
end
return 0
"""


class RedisTokenCache:
    """Texts by name; what they mean is known to who saves them. Secret: they enter no log."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._delete_if_equal = redis.register_script(_DELETE_IF_EQUAL)

    async def load(self, name: str) -> str | None:
        async with reach_redis():
            text = await self._redis.get(keys.token(name))
        return None if text is None else str(text)

    async def save(self, name: str, value: str, ttl_s: float) -> None:
        """A value whose time is over already is not saved."""
        if ttl_s >= 0.001:
            async with reach_redis():
                await self._redis.set(keys.token(name), value, px=int(ttl_s * 1000))

    async def drop(self, name: str, value: str) -> bool:
        return await self._delete(keys.token(name), value)

    async def claim(self, name: str, owner: str, lease_s: float) -> bool:
        """One owner at a time, for `lease_s` at most; a second claim of ours is refused, too."""
        async with reach_redis():
            return bool(
                await self._redis.set(keys.renewal(name), owner, nx=True, px=int(lease_s * 1000))
            )

    async def release(self, name: str, owner: str) -> None:
        await self._delete(keys.renewal(name), owner)

    async def _delete(self, key: str, expected: str) -> bool:
        async with reach_redis():
            return bool(await self._delete_if_equal(keys=[key], args=[expected]))
