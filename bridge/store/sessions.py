"""Which Beebot session a thread talks to, shared by all replicas."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.core.model import SessionId, ThreadKey
from bridge.store import keys
from bridge.store.connection import reach_redis

VISIT_TTL = timedelta(days=90)


class RedisSessions:
    """Implements the port `Sessions`; `ttl_s` slides with every use."""

    def __init__(self, redis: Redis, *, ttl_s: float) -> None:
        self._redis = redis
        self._ttl = timedelta(seconds=ttl_s)

    async def find(self, thread: ThreadKey) -> SessionId | None:
        async with reach_redis():
            session = await self._redis.getex(keys.session(thread), px=self._ttl)
        return SessionId(str(session)) if session else None

    async def save(self, thread: ThreadKey, session: SessionId) -> None:
        async with reach_redis():
            await self._redis.set(keys.session(thread), session, px=self._ttl)

    async def is_first_visit(self, team: str, channel: str) -> bool:
        async with reach_redis():
            visit = keys.visit(team, channel)
            return bool(await self._redis.set(visit, "1", nx=True, ex=VISIT_TTL))
