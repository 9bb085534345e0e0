"""Where the bot has introduced itself, so that it does so once on all replicas."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.store import keys
from bridge.store.connection import reach_redis

TTL = timedelta(days=90)


class RedisWelcomes:
    """Implements `Welcomes` of the Slack folder."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def claim(self, team: str, channel: str) -> bool:
        async with reach_redis():
            return bool(await self._redis.set(keys.welcome(team, channel), "1", nx=True, ex=TTL))

    async def release(self, team: str, channel: str) -> None:
        async with reach_redis():
            await self._redis.delete(keys.welcome(team, channel))
