"""Titles that are given once, in a store of their own."""

from redis.asyncio import Redis

from bridge.slack.outbound.session import SessionTitles
from bridge.store.connection import in_process
from bridge.store.repositories import RedisOnce
from bridge.telemetry.masking import masking


def titles_in(redis: Redis | None = None) -> SessionTitles:
    return SessionTitles(RedisOnce(redis or in_process(), "title", ttl_s=60), masking())
