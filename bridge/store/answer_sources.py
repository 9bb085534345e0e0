"""What belongs to an answer and does not fit into its message."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from bridge.core.model import Source, TurnId
from bridge.store import keys
from bridge.store.connection import reach_redis

TTL = timedelta(days=7)
_SOURCES = TypeAdapter(list[Source])


class RedisAnswerSources:
    """Implements the port `AnswerSources`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def save(self, team: str, turn: TurnId, sources: Sequence[Source]) -> None:
        async with reach_redis():
            stored = _SOURCES.dump_json(list(sources))
            await self._redis.set(keys.sources(team, turn), stored, ex=TTL)

    async def find(self, team: str, turn: TurnId) -> list[Source]:
        """Empty where nothing is (any more)."""
        async with reach_redis():
            stored = await self._redis.get(keys.sources(team, turn))
        try:
            return _SOURCES.validate_json(stored or "[]")
        except ValidationError:
            return []
