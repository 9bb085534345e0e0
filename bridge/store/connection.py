"""The connection to Redis, or to the in-process store that stands in for it: it is opened, used
within a time limit, and watched: does Redis do what the bridge needs?
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any, Literal

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError

from bridge.core.background import run_until, wait_for_event
from bridge.core.errors import BridgeError, NewerRelease, Unavailable, Unusable
from bridge.core.events import Observer
from bridge.core.outage import Outage
from bridge.store import keys, scripts
from bridge.store.faults import newer_release, unavailable
from bridge.store.scripts import TIMEOUT_S, run_operation

CertReqs = Literal["required", "none"]


@asynccontextmanager
async def open_redis(
    url: str,
    *,
    cert_reqs: CertReqs = "required",
    timeout_s: float = TIMEOUT_S,
    connections: int = 20,
) -> AsyncIterator[Redis]:
    """A client for `redis://` or `rediss://`; an empty `url` is an in-process store.

    `timeout_s` is for opening a connection, and for waiting for one that is free. The default of 20
    is what the smallest hosted plans allow.
    """
    client = _connect(url, cert_reqs, timeout_s, connections) if url else in_process()
    try:
        yield client
    finally:
        await scripts.stop_sending(client)
        await client.aclose()


# fakeredis is imported only where it is used: with a Redis the start need not wait for it.
# ruff: noqa: PLC0415


def in_process() -> Redis:
    from fakeredis import FakeAsyncRedis

    # Its connections cost nothing, but by default it refuses the 101st.
    return FakeAsyncRedis(decode_responses=True, max_connections=10_000, socket_timeout=None)


@contextmanager
def serve_in_process() -> Iterator[str]:
    """The URL of an in-process store that other processes of this machine reach, too."""
    from fakeredis import TcpFakeServer

    server = TcpFakeServer(("127.0.0.1", 0))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"redis://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _connect(url: str, cert_reqs: CertReqs, timeout_s: float, connections: int) -> Redis:
    options: dict[str, Any] = {
        "decode_responses": True,
        # A new connection says nothing but its password before its first command. A greeting of
        # four more replies would not fit into `timeout_s` where Redis takes half a second for each,
        # and a connection that is given up while it greets leaves the next command without one.
        "protocol": 2,
        "driver_info": None,
        # `reach_redis` has the time limit. With one of its own redis-py sends by way of
        # `asyncio.wait_for`, which up to Python 3.11 loses a cancellation that comes just then.
        "socket_timeout": None,
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
    """What is done within the block is done within `timeout_s` or not at all: waiting
    for a connection, opening it and asking count together. Everything Redis may throw at us is
    `Unavailable` to the core.
    """
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except (RedisError, OSError, TimeoutError) as error:
        raise unavailable(error) from None


async def probe(redis: Redis) -> None:
    """Run a script that does all that the others do, and check the schema. Raises `Unavailable`.

    A PING proves little: Redis answers it when it is full, when it is a read-only replica, and to a
    user who may run no script or touch other keys only.
    """
    async with reach_redis():
        await run_operation(redis, "probe", {}, used=[keys.PROBE])
    await check_schema(redis)


async def check_schema(redis: Redis) -> None:
    """Raises `NewerRelease` where what is stored may be in a form that this release misreads."""
    async with reach_redis():
        newest = await redis.get(keys.SCHEMA)
    if int(newest or 0) > keys.SCHEMA_VERSION:
        raise newer_release()


async def refuse_newer_release(redis: Redis) -> None:
    """Raises `NewerRelease`; where Redis is away, the process finds out when it is back."""
    try:
        await check_schema(redis)
    except NewerRelease:
        raise
    except Unavailable:
        pass


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """`version` and `policy` (Redis' maxmemory-policy) are empty where the host hides them."""

    round_trip_s: float
    version: str
    policy: str


async def inspect_store(redis: Redis) -> StoreFacts:
    """Raises `Unavailable`, also where Redis answers and refuses what the bridge needs."""
    async with reach_redis():
        await redis.ping()  # the first one pays for the connection, too
        began = time.monotonic()
        await redis.ping()
        round_trip_s = time.monotonic() - began
        info = await _info(redis)
    await probe(redis)
    version, policy = info.get("redis_version", ""), info.get("maxmemory_policy", "")
    return StoreFacts(round_trip_s, str(version), str(policy))


async def _info(redis: Redis) -> Mapping[str, Any]:
    """Not CONFIG GET: hosts forbid that far more often; some forbid INFO as well."""
    try:
        info: Mapping[str, Any] = await redis.info()
    except ResponseError:
        return {}
    return info


class RedisWatch:
    """A service, with the `ping` for the readiness. It probes every `probe_s`, never more often.

    In between others tell what they `report`. What Redis refuses counts until a probe goes through;
    that it cannot be reached, until it answers a PING.
    """

    def __init__(self, redis: Redis, observe: Observer, *, probe_s: float = 30.0) -> None:
        self._redis = redis
        self._probe_s = probe_s
        self._outage = Outage("redis", observe, backoff_s=0.5, longest_backoff_s=1)
        self._probed_at = float("-inf")

    def report(self, error: BridgeError) -> None:
        """A command of somebody's failed of this."""
        self._outage.record_failure(error)

    async def ping(self) -> None:
        """Raises `Unavailable`."""
        self._outage.raise_if_failing()
        async with reach_redis():
            await self._redis.ping()

    async def run(self, stop: asyncio.Event) -> None:
        await run_until(self._keep_looking(), stop)

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self._look()
            except Unavailable as error:
                self._outage.record_failure(error)
            if self._outage.error and not self._is_refused:
                await asyncio.sleep(self._outage.remaining_s)
            elif self._is_refused:
                await asyncio.sleep(self._next_probe_in_s)
            else:
                await wait_for_event(self._outage.begun, self._next_probe_in_s)

    async def _look(self) -> None:
        if self._next_probe_in_s <= 0:
            self._probed_at = _now()
            await probe(self._redis)
            self._outage.record_success()
        elif not self._is_refused:
            async with reach_redis():
                await self._redis.ping()
            self._outage.record_success()

    @property
    def _is_refused(self) -> bool:
        """Redis, or the way to it, is there, but not for us."""
        return isinstance(self._outage.error, Unusable)

    @property
    def _next_probe_in_s(self) -> float:
        return self._probed_at + self._probe_s - _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
