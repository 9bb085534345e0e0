"""Who has said what of which answer, so that nothing is counted twice on whichever replica."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.core.commands import Rate
from bridge.store import keys
from bridge.store.connection import reach_redis

TTL = timedelta(days=7)


class RedisRatings:
    """Implements the port `Ratings`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def note(self, rate: Rate) -> bool:
        key, said = _key(rate), _said(rate)
        async with reach_redis(), self._redis.pipeline() as pipe:
            pipe.hget(key, rate.user)
            pipe.hset(key, rate.user, said)
            pipe.expire(key, TTL)
            before, *_ = await pipe.execute()
        return str(before or "") != said

    async def forget(self, rate: Rate) -> None:
        async with reach_redis():
            await self._redis.hdel(_key(rate), rate.user)


def _key(rate: Rate) -> str:
    return keys.rating(rate.thread.team, rate.answer_id)


def _said(rate: Rate) -> str:
    """A reason given later is news; the same thumb again is none."""
    return f"{'good' if rate.is_good else 'bad'}:{rate.comment}"
