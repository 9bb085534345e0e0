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

    async def is_first_handover(self, thread: ThreadKey) -> bool:
        """True once for each thread."""
        async with reach_redis():
            return bool(await self._redis.set(keys.handover(thread), "1", nx=True, px=self._ttl))

    async def forget_handover(self, thread: ThreadKey) -> None:
        """The call did not get through; it may be made again."""
        async with reach_redis():
            await self._redis.delete(keys.handover(thread))

    async def is_first_visit(self, team: str, channel: str) -> bool:
        async with reach_redis():
            visit = keys.visit(team, channel)
            return bool(await self._redis.set(visit, "1", nx=True, ex=VISIT_TTL))
