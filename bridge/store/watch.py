"""Whether Redis does what the bridge needs: probed, and told once when it does not."""

import asyncio

from redis.asyncio import Redis

from bridge.core.background import run_until
from bridge.core.errors import BridgeError, Unavailable, Unusable
from bridge.core.events import Observer
from bridge.core.outage import Outage
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.scripts import run_script


async def probe(redis: Redis) -> None:
    """Run a script that does all that the others do. Raises `Unavailable`.

    A PING proves little: Redis answers it when it is full, when it is a read-only replica, and to a
    user who may run no script or touch other keys only.
    """
    async with reach_redis():
        await run_script(redis, "probe", [keys.PROBE], [])


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
        self._outage.lost(error)

    async def ping(self) -> None:
        """Raises `Unavailable`."""
        self._outage.check()
        async with reach_redis():
            await self._redis.ping()

    async def run(self, stop: asyncio.Event) -> None:
        await run_until(self._keep_looking(), stop)

    async def _keep_looking(self) -> None:
        while True:
            try:
                await self._look()
            except Unavailable as error:
                self._outage.lost(error)
            if self._outage.error and not self._is_refused:
                await asyncio.sleep(self._outage.remaining_s)
            elif self._is_refused:
                await asyncio.sleep(self._next_probe_in_s)
            else:
                await self._outage.begins(self._next_probe_in_s)

    async def _look(self) -> None:
        if self._next_probe_in_s <= 0:
            self._probed_at = _now()
            await probe(self._redis)
            self._outage.back()
        elif not self._is_refused:
            async with reach_redis():
                await self._redis.ping()
            self._outage.back()

    @property
    def _is_refused(self) -> bool:
        """Redis, or the way to it, is there, but not for us."""
        return isinstance(self._outage.error, Unusable)

    @property
    def _next_probe_in_s(self) -> float:
        return self._probed_at + self._probe_s - _now()


def _now() -> float:
    return asyncio.get_running_loop().time()
