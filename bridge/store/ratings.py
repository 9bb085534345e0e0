"""Who has said what of which answer, so that nothing is counted twice on whichever replica."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.core.commands import Rate
from bridge.store import keys
from bridge.store.connection import reach_redis

TTL = timedelta(days=7)


class RedisRatings:
    """Implements the port `Ratings`: of each person the thumb and, beside it, the reason. A reason
    given later is news; the same thumb again is none.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def add(self, rate: Rate) -> bool:
        key, said = _key(rate), _said(rate)
        async with reach_redis(), self._redis.pipeline() as pipe:
            pipe.hmget(key, list(said))
            pipe.hset(key, items=[part for pair in said.items() for part in pair])
            if rate.is_good:
                pipe.hdel(key, _reason(rate))  # it was given for the other thumb
            pipe.expire(key, TTL)
            before, *_ = await pipe.execute()
        return list(before) != list(said.values())

    async def remove(self, rate: Rate) -> None:
        """The reason, if one was given, else the thumb."""
        async with reach_redis():
            await self._redis.hdel(_key(rate), _reason(rate) if rate.comment else rate.user)


def _key(rate: Rate) -> str:
    return keys.rating(rate.thread.team, rate.answer_id)


def _said(rate: Rate) -> dict[str, str]:
    said = {rate.user: "good" if rate.is_good else "bad"}
    return said | ({_reason(rate): rate.comment} if rate.comment else {})


def _reason(rate: Rate) -> str:
    return f"{rate.user}:reason"
