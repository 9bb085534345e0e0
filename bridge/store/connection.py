"""Opens Redis, or the in-process store that stands in for it, and translates its failures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from fakeredis import FakeAsyncRedis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from bridge.store.faults import unavailable

CertReqs = Literal["required", "none"]
TIMEOUT_S = 1.5  # Slack waits 3 s for its answer


@asynccontextmanager
async def open_redis(
    url: str,
    *,
    cert_reqs: CertReqs = "required",
    timeout_s: float = TIMEOUT_S,
    connections: int = 20,
) -> AsyncIterator[Redis]:
    """A client for `redis://` or `rediss://`; an empty `url` is an in-process store.

    Every command gives up after `timeout_s`. The default of 20 connections is what the smallest
    hosted plans allow.
    """
    client = _connect(url, cert_reqs, timeout_s, connections) if url else in_process()
    try:
        yield client
    finally:
        await client.aclose()


def in_process() -> Redis:
    # Its connections cost nothing, but by default it refuses the 101st.
    return FakeAsyncRedis(decode_responses=True, max_connections=10_000)


async def forget_expired(redis: Redis) -> None:
    """The in-process store keeps an expired key until somebody looks; a real Redis needs no help.

    DBSIZE looks at those that have expired, and at no other key.
    """
    if isinstance(redis, FakeAsyncRedis):
        await redis.dbsize()


def _connect(url: str, cert_reqs: CertReqs, timeout_s: float, connections: int) -> Redis:
    options: dict[str, Any] = {
        "decode_responses": True,
        # A new connection says nothing but its password before its first command. A greeting of
        # four more replies would not fit into `timeout_s` where Redis takes half a second for each,
        # and a connection that is given up while it greets leaves the next command without one.
        "protocol": 2,
        "driver_info": None,
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "health_check_interval": 30,
        "max_connections": connections,
        "timeout": timeout_s,  # how long a command waits for a connection that is free
        # One more try for a connection that the host closed while it idled; none after a time-out,
        # since the command may still run and Slack does not wait for a second one.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
    if url.startswith("rediss://"):
        options["ssl_cert_reqs"] = cert_reqs
    return Redis.from_pool(BlockingConnectionPool.from_url(url, **options))


@asynccontextmanager
async def reach_redis(timeout_s: float = TIMEOUT_S) -> AsyncIterator[None]:
    """One work, done within `timeout_s` or not at all: waiting for a connection, opening it and
    asking count together. Everything Redis may throw at us is `Unavailable` to the core.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except (RedisError, OSError, TimeoutError) as error:
        raise unavailable(error) from None
