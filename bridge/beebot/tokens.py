"""Stream tokens: one for each business space, which all replicas share and renew."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar
from uuid import uuid4

from bridge.beebot.request import StreamToken
from bridge.core.background import cancel_and_wait
from bridge.core.errors import BridgeError, Unavailable
from bridge.core.events import Observer, RenewalReason, TokenRenewed
from bridge.core.model import Robot
from bridge.core.outage import Outage
from bridge.core.robots import Robots

SERVICE = "beebot_gateway"
T = TypeVar("T")


class TokenCache(Protocol):
    """What the replicas share. Values are secret texts; every method raises `Unavailable`."""

    async def load(self, name: str) -> str | None: ...

    async def save(self, name: str, value: str, ttl_s: float) -> None: ...

    async def drop(self, name: str, value: str) -> bool:
        """Delete the entry if it is exactly this one."""
        ...

    async def claim(self, name: str, owner: str, lease_s: float) -> bool:
        """Become the one who renews; False while another one is."""
        ...

    async def release(self, name: str, owner: str) -> None:
        """End our own claim, and nobody else's."""
        ...


@dataclass(frozen=True, slots=True)
class TokenTiming:
    """Ages count from the start of the application; Beebot's own end is at two hours."""

    renew_s: float = 90 * 60  # from this age on one replica renews in the background
    max_age_s: float = (
        115 * 60
    )  # nobody uses it any more: the rest is for answers that still stream
    lease_s: float = 30  # of the claim to renew; must outlast an application
    poll_s: float = 0.1  # while another replica renews
    backoff_s: float = 1  # after a failed application, in this process; doubled up to ...
    longest_backoff_s: float = 60


def cache_name(endpoint: str, agent_key: str, key_id: str) -> str:
    """The cache entry of these credentials. `key_id` is the static access key id, empty for the
    credential chain: the ids of a role rotate.
    """
    text = f"{endpoint}\n{agent_key}\n{key_id or 'credential-chain'}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def encode_token(token: StreamToken) -> str:
    return json.dumps(asdict(token), sort_keys=True)


def decode_token(text: str) -> StreamToken | None:
    """None: another release wrote it, in a form that we do not know."""
    try:
        return StreamToken(**json.loads(text))
    except (ValueError, TypeError):
        return None


class StreamTokens:
    """One token for all replicas: fifty cold questions on three of them cause one application.

    Within the process one task, which outlives whoever wanted it first; between processes a lease
    in the cache. The copy in memory serves until it ends or is refused; without the cache each
    replica helps itself.
    """

    def __init__(  # noqa: PLR0913 - where it comes from and goes, and what it is called there
        self,
        apply: Callable[[], Awaitable[StreamToken]],
        cache: TokenCache,
        *,
        name: str,
        service: str = SERVICE,
        timing: TokenTiming | None = None,
        observe: Observer = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`name` is the cache entry (`cache_name`), `service` is what the log calls its outage."""
        self._apply = apply
        self._cache = cache
        self._name = name
        self._timing = timing or TokenTiming()
        self._observe = observe
        self._clock = clock
        self._owner = uuid4().hex
        self._outage = Outage(
            service,
            observe,
            backoff_s=self._timing.backoff_s,
            longest_backoff_s=self._timing.longest_backoff_s,
        )
        self._obtaining: asyncio.Task[StreamToken] | None = None
        self._held: StreamToken | None = None
        self._refused: StreamToken | None = None
        self._reason = RenewalReason.COLD
        self._needed = asyncio.Event()

    async def current(self) -> StreamToken:
        """A token to ask with. Raises what the application failed with, for a while also to those
        who did not apply themselves.
        """
        return await self._obtain(self._timing.max_age_s)

    async def ping(self) -> None:
        """Raises what keeps us from a token. Getting one is the work of `run`: whoever pings does
        not wait for it, and cannot break it off.
        """
        max_age_s = self._timing.max_age_s
        if not (self._held_younger_than(max_age_s) or await self._load(max_age_s)):
            self._outage.raise_if_failing()
            raise Unavailable("no token yet")

    async def refused(self, token: StreamToken) -> None:
        """The stream host did not take this one: nobody may use it again."""
        if token == self._held:
            self._held, self._reason = None, RenewalReason.REFUSED
            self._needed.set()
        if token != self._refused:
            self._refused = token
            await self._unless_away(
                self._cache.drop(self._name, encode_token(token)), otherwise=False
            )

    async def run(self, stop: asyncio.Event) -> None:
        """Renew in the background until `stop`; a failure leaves the old token in use."""
        try:
            async with asyncio.TaskGroup() as group:
                keeper = group.create_task(self._keep_fresh(), name="beebot-tokens")
                await stop.wait()
                await cancel_and_wait(keeper)
        finally:
            if self._obtaining:
                await cancel_and_wait(self._obtaining)

    async def _keep_fresh(self) -> None:
        while True:
            with suppress(BridgeError):
                await self._obtain(self._timing.renew_s)
            self._needed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._next_renewal_in_s()):
                    await self._needed.wait()

    def _next_renewal_in_s(self) -> float:
        if self._outage.remaining_s or self._held is None:
            return max(self._outage.remaining_s, self._timing.poll_s)
        return max(self._timing.renew_s - self._age(self._held), self._timing.poll_s)

    async def _obtain(self, max_age_s: float) -> StreamToken:
        if held := self._held_younger_than(max_age_s):
            return held
        if self._obtaining is None or self._obtaining.done():
            self._obtaining = asyncio.create_task(self._replace(max_age_s), name="stream-token")
        return await asyncio.shield(self._obtaining)

    async def _replace(self, max_age_s: float) -> StreamToken:
        self._held = await self._load_or_renew(max_age_s)
        self._outage.record_success()
        self._reason = RenewalReason.AGED
        return self._held

    async def _load_or_renew(self, max_age_s: float) -> StreamToken:
        """The token of the cache, or a new one if nobody else is getting one."""
        while True:
            token = await self._load(max_age_s)
            if token:
                return token
            if self._outage.remaining_s:
                self._outage.raise_if_failing()
            async with self._claimed() as is_ours:
                if is_ours:
                    # Who held the claim before us may have saved one since we looked.
                    return await self._load(max_age_s) or await self._renew()
            await asyncio.sleep(self._timing.poll_s)

    async def _load(self, max_age_s: float) -> StreamToken | None:
        text = await self._unless_away(self._cache.load(self._name), otherwise=None)
        token = decode_token(text) if text else None
        if token is None or token == self._refused or self._age(token) >= max_age_s:
            return None
        return token

    @asynccontextmanager
    async def _claimed(self) -> AsyncIterator[bool]:
        claim = self._cache.claim(self._name, self._owner, self._timing.lease_s)
        is_ours = await self._unless_away(claim, otherwise=True)
        try:
            yield is_ours
        finally:
            if is_ours:
                release = self._cache.release(self._name, self._owner)
                await self._unless_away(release, otherwise=None)

    async def _renew(self) -> StreamToken:
        began_at = _now()
        try:
            token = await self._apply()
        except BridgeError as error:
            self._outage.record_failure(error)
            raise
        self._observe(TokenRenewed(self._reason, _now() - began_at))
        left_s = self._timing.max_age_s - self._age(token)
        save = self._cache.save(self._name, encode_token(token), left_s)
        await self._unless_away(save, otherwise=None)
        return token

    def _held_younger_than(self, max_age_s: float) -> StreamToken | None:
        return self._held if self._held and self._age(self._held) < max_age_s else None

    def _age(self, token: StreamToken) -> float:
        return self._clock() - token.issued_at

    async def _unless_away(self, call: Awaitable[T], *, otherwise: T) -> T:
        """While the cache is away we go on alone."""
        try:
            return await call
        except Unavailable:
            return otherwise


class SpaceTokens:
    """The tokens of the spaces in which `robots` are, kept fresh in the background; those of others
    are opened when they are wanted.
    """

    def __init__(self, robots: Robots, open_tokens: Callable[[Robot], StreamTokens]) -> None:
        """`open_tokens` is given one robot of the space."""
        self._open = open_tokens
        self._tokens: dict[str, StreamTokens] = {}
        for robot in robots:
            self.of(robot)
        self._kept = tuple(self._tokens.values())

    def of(self, robot: Robot) -> StreamTokens:
        if robot.space not in self._tokens:
            self._tokens[robot.space] = self._open(robot)
        return self._tokens[robot.space]

    async def ping(self) -> None:
        """Raises while a token is awaited, and where no space gives one. A space that refuses does
        not keep the robots of the others from answering.
        """
        failures = [one for one in await asyncio.gather(*map(_failure, self._kept)) if one]
        awaited = [one for one in failures if not one.needs_operator]
        if awaited or len(failures) == len(self._kept):
            raise (awaited or failures)[0]

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            for tokens in self._kept:
                group.create_task(tokens.run(stop))


async def _failure(tokens: StreamTokens) -> BridgeError | None:
    try:
        await tokens.ping()
    except BridgeError as error:
        return error.with_traceback(None)
    return None


def _now() -> float:
    return asyncio.get_running_loop().time()
