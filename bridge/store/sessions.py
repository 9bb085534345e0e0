"""Which Beebot session a thread talks to, shared by all replicas."""

from datetime import timedelta

from redis.asyncio import Redis

from bridge.core.model import SessionId, ThreadKey
from bridge.store import keys
from bridge.store.connection import reach_redis


class RedisSessions:
    """Implements the port `Sessions`; `ttl_s` slides with every use."""

    def __init__(self, redis: Redis, *, ttl_s: float) -> None:
        self._redis = redis
        self._ttl = timedelta(seconds=ttl_s)

    async def find(self, thread: ThreadKey) -> SessionId | None:
        async with reach_redis():
            session = await self._redis.getex(keys.session(thread), px=self._ttl)
        return SessionId(str(session)) if session else None
