"""Numbers for those whom the bot shall not know by name: the same in the whole life of a thread."""

from collections.abc import Sequence
from datetime import timedelta

from redis.asyncio import Redis

from bridge.core.model import ThreadKey
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.scripts import run_script


class RedisPseudonyms:
    """Implements `Pseudonyms` of the Slack folder; `ttl_s` slides with every use."""

    def __init__(self, redis: Redis, *, ttl_s: float) -> None:
        self._redis = redis
        self._ttl = timedelta(seconds=ttl_s)

    async def numbers(self, thread: ThreadKey, kind: str, ids: Sequence[str]) -> list[int]:
        key = keys.pseudonyms(thread, kind)
        ttl_ms = round(self._ttl.total_seconds() * 1000)
        async with reach_redis():
            said = await run_script(self._redis, "number", [key], [ttl_ms, *ids])
        return [int(one) for one in said]
