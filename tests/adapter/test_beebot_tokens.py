"""One stream token serves all replicas, and is renewed once, whoever finds that it is old."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bridge.beebot.gateway import Gateway
from bridge.beebot.request import StreamToken
from bridge.beebot.sdk import StaticKey
from bridge.beebot.tokens import (
    StreamTokens,
    TokenCache,
    TokenTiming,
    cache_name,
    decode_token,
    encode_token,
)
from bridge.core.errors import BridgeError, CredentialsRejected, RateLimited, Unavailable
from bridge.core.events import Event, ServiceLost, ServiceRestored, TokenRenewed
from bridge.core.outage import Outage
from bridge.emulators.beebot import BeebotEmulator, GatewayFault
from bridge.store.connection import in_process, open_redis
from bridge.store.repositories import RedisTokenCache
from bridge.telemetry.http_server import Readiness

NAME = cache_name("http://127.0.0.1", "", "LTAI5tExampleKeyId")
TIMING = TokenTiming(lease_s=5, poll_s=0.01, backoff_s=30)


@dataclass
class Clock:
    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class ScriptedIssuer:
    """Gives numbered tokens, or fails with what was put into `failures`, after `gate` opened."""

    clock: Clock = field(default_factory=Clock)
    failures: list[BridgeError] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    applications: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    async def apply_for_stream_token(self) -> StreamToken:
        self.applications += 1
        number = self.applications
        await self.gate.wait()
        if self.failures:
            raise self.failures.pop(0)
        return StreamToken(f"token{number}", "channel", "secret", self.clock())


class CountingCache(RedisTokenCache):
    """Counts round trips; `on_claim` is what another replica does just before ours."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self.loads = 0
        self.drops = 0
        self.on_claim: StreamToken | None = None

    async def load(self, name: str) -> str | None:
        self.loads += 1
        return await super().load(name)

    async def drop(self, name: str, value: str) -> bool:
        self.drops += 1
        return await super().drop(name, value)

    async def claim(self, name: str, owner: str, lease_s: float) -> bool:
        if self.on_claim:
            await self.save(name, encode_token(self.on_claim), 60)
        return await super().claim(name, owner, lease_s)


@pytest.fixture
async def beebot() -> AsyncIterator[BeebotEmulator]:
    async with BeebotEmulator() as emulator:
        yield emulator


@pytest.fixture
def issuer() -> ScriptedIssuer:
    return ScriptedIssuer()


@pytest.fixture
def cache(redis: Redis) -> RedisTokenCache:
    return RedisTokenCache(redis)


def gateway_of(beebot: BeebotEmulator) -> Gateway:
    key = StaticKey("LTAI5tExampleKeyId", "ExampleAccessKeySecret0123456789")
    return Gateway(beebot.endpoint, key=key)


def replica(
    issuer: ScriptedIssuer,
    cache: TokenCache,
    timing: TokenTiming = TIMING,
    observe: Callable[[Event], None] = lambda _: None,
) -> StreamTokens:
    return StreamTokens(
        issuer.apply_for_stream_token,
        cache,
        name=NAME,
        timing=timing,
        observe=observe,
        clock=issuer.clock,
    )


@asynccontextmanager
async def running(*services: StreamTokens) -> AsyncIterator[None]:
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for service in services:
            group.create_task(service.run(stop))
        yield
        stop.set()


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - the store cannot tell us
            await asyncio.sleep(0.005)


async def test_fifty_cold_questions_on_three_replicas_cause_one_application(
    beebot: BeebotEmulator, cache: RedisTokenCache
) -> None:
    beebot.break_gateway(GatewayFault.slow(0.1))
    replicas = [
        StreamTokens(gateway_of(beebot).apply_for_stream_token, cache, name=NAME, timing=TIMING)
        for _ in range(3)
    ]

    tokens = await asyncio.gather(*(replicas[n % 3].current() for n in range(50)))

    assert len(set(tokens)) == 1
    assert len(beebot.applications) == 1


async def test_fifty_questions_on_three_replicas_renew_a_refused_token_once(
    beebot: BeebotEmulator, cache: RedisTokenCache
) -> None:
    replicas = [
        StreamTokens(gateway_of(beebot).apply_for_stream_token, cache, name=NAME, timing=TIMING)
        for _ in range(3)
    ]
    refused = await replicas[0].current()

    async def ask(tokens: StreamTokens) -> StreamToken:
        await tokens.current()
        await tokens.refused(refused)
        return await tokens.current()

    renewed = await asyncio.gather(*(ask(replicas[n % 3]) for n in range(50)))

    assert len(set(renewed)) == 1
    assert refused not in renewed
    assert len(beebot.applications) == 2


async def test_the_copy_in_memory_serves_without_the_store(
    issuer: ScriptedIssuer, redis: Redis, cache: RedisTokenCache
) -> None:
    tokens = replica(issuer, cache)
    first = await tokens.current()
    await redis.flushall()

    assert await tokens.current() is first
    assert issuer.applications == 1


async def test_fifty_questions_ask_the_store_as_little_as_one(
    issuer: ScriptedIssuer, redis: Redis
) -> None:
    cache = CountingCache(redis)
    tokens = replica(issuer, cache)

    old, *_ = await asyncio.gather(*(tokens.current() for _ in range(50)))
    assert cache.loads == 2

    await asyncio.gather(*(tokens.refused(old) for _ in range(50)))
    assert cache.drops == 1


async def test_a_token_saved_between_the_look_and_the_claim_is_taken(
    issuer: ScriptedIssuer, redis: Redis
) -> None:
    cache = CountingCache(redis)
    cache.on_claim = StreamToken("theirs", "channel", "secret", issuer.clock())

    assert await replica(issuer, cache).current() == cache.on_claim
    assert issuer.applications == 0


async def test_only_the_token_that_failed_is_dropped(
    issuer: ScriptedIssuer, cache: RedisTokenCache
) -> None:
    slow, quick = replica(issuer, cache), replica(issuer, cache)
    old = await slow.current()
    await quick.refused(old)
    new = await quick.current()

    await slow.refused(old)

    assert await slow.current() == new
    assert await replica(issuer, cache).current() == new
    assert issuer.applications == 2


async def test_another_replicas_renewal_is_picked_up_after_a_refusal(
    issuer: ScriptedIssuer, cache: RedisTokenCache
) -> None:
    tokens = replica(issuer, cache)
    old = await tokens.current()
    newer = StreamToken("newer", "channel", "secret", issuer.clock())
    await cache.save(NAME, encode_token(newer), 60)

    await tokens.refused(old)

    assert await tokens.current() == newer
    assert issuer.applications == 1


async def test_a_token_is_used_for_115_minutes_and_no_longer(
    issuer: ScriptedIssuer, cache: RedisTokenCache
) -> None:
    tokens = replica(issuer, cache)
    first = await tokens.current()

    issuer.clock.now += 115 * 60 - 1
    assert await tokens.current() is first
    issuer.clock.now += 1
    assert await tokens.current() != first


async def test_the_age_counts_from_the_start_of_the_application(beebot: BeebotEmulator) -> None:
    began_at = 1_800_000_000.0
    clock = Clock(began_at)

    class Slow(Gateway):
        async def apply_for_stream_token(self, space: str = "") -> StreamToken:
            token = await super().apply_for_stream_token(space)
            clock.now += 9
            return token

    key = StaticKey("LTAI5tExampleKeyId", "ExampleAccessKeySecret0123456789")
    gateway = Slow(beebot.endpoint, key=key, clock=clock)

    assert (await gateway.apply_for_stream_token()).issued_at == began_at


async def test_what_the_store_holds_expires_with_the_token(
    issuer: ScriptedIssuer, redis: Redis, cache: RedisTokenCache
) -> None:
    await replica(issuer, cache).current()

    assert 6_890_000 < await redis.pttl("{bridge}:token:" + NAME) <= 6_900_000


async def test_a_form_that_nobody_knows_is_renewed(
    issuer: ScriptedIssuer, cache: RedisTokenCache
) -> None:
    await cache.save(NAME, '{"kind": "of another release"}', 60)

    assert (await replica(issuer, cache).current()).access_token == "token1"


class TestInTheBackground:
    async def test_a_token_is_there_before_anybody_asks(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        async with running(replica(issuer, cache)):
            await eventually(lambda: issuer.applications == 1)

    async def test_an_aged_token_is_renewed_by_one_of_three_replicas(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        events: list[Event] = []
        timing = replace(TIMING, renew_s=0.2)
        issuer.clock = Clock()
        replicas = [replica(issuer, cache, timing, events.append) for _ in range(3)]
        (old,) = {await tokens.current() for tokens in replicas}
        issuer.clock.now += 1

        async with running(*replicas), asyncio.timeout(60):
            while old in [await tokens.current() for tokens in replicas]:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

        assert issuer.applications == 2
        assert [e.why for e in events if isinstance(e, TokenRenewed)] == ["cold", "aged"]

    async def test_questions_use_the_old_token_while_the_new_one_is_fetched(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        tokens = replica(issuer, cache)
        old = await tokens.current()
        issuer.clock.now += 91 * 60
        issuer.gate.clear()

        async with running(tokens):
            await eventually(lambda: issuer.applications == 2)
            assert await tokens.current() is old
            issuer.gate.set()

    async def test_a_failed_renewal_leaves_the_old_token_in_use(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        events: list[Event] = []
        tokens = replica(issuer, cache, observe=events.append)
        old = await tokens.current()
        issuer.clock.now += 91 * 60
        issuer.failures.append(Unavailable("beebot fails"))

        async with running(tokens):
            await eventually(lambda: ServiceLost("beebot_gateway", "beebot fails") in events)
        assert await tokens.current() is old

    async def test_a_refused_token_is_replaced_without_waiting_for_a_question(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        tokens = replica(issuer, cache)
        async with running(tokens):
            await eventually(lambda: issuer.applications == 1)
            await tokens.refused(await tokens.current())
            await eventually(lambda: issuer.applications == 2)

    async def test_a_stop_does_not_wait_for_an_application(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        issuer.gate.clear()
        async with running(replica(issuer, cache)):
            await eventually(lambda: issuer.applications == 1)
        assert await cache.claim(NAME, "another replica", 5), "it may go on at once"


class TestFailures:
    async def test_a_failure_is_told_to_all_who_waited_and_not_repeated_by_each(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        issuer.failures.append(CredentialsRejected("no"))
        tokens = replica(issuer, cache)

        asked = [tokens.current() for _ in range(50)]
        answers = await asyncio.gather(*asked, return_exceptions=True)

        assert {type(answer) for answer in answers} == {CredentialsRejected}
        assert issuer.applications == 1

    async def test_nobody_tries_again_before_the_backoff_is_over(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        issuer.failures.append(Unavailable("down"))
        tokens = replica(issuer, cache)

        for _ in range(3):
            with pytest.raises(Unavailable):
                await tokens.current()
        assert issuer.applications == 1

    async def test_fifty_who_are_told_a_failure_do_not_ask_the_store_one_by_one(
        self, issuer: ScriptedIssuer, redis: Redis
    ) -> None:
        cache = CountingCache(redis)
        issuer.failures.append(Unavailable("down"))
        tokens = replica(issuer, cache)

        await asyncio.gather(*(tokens.current() for _ in range(50)), return_exceptions=True)

        assert cache.loads == 2

    async def test_the_backoff_grows_to_its_limit_and_begins_anew_after_a_success(self) -> None:
        outage = Outage("beebot", lambda _: None, backoff_s=10, longest_backoff_s=30)
        pauses = []
        for _ in range(3):
            outage.record_failure(Unavailable("down"))
            pauses.append(round(outage.remaining_s))
        outage.record_success()
        outage.record_failure(Unavailable("down"))

        assert [*pauses, round(outage.remaining_s)] == [10, 20, 30, 10]

    async def test_a_throttled_application_waits_as_long_as_it_was_told(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        issuer.failures.append(RateLimited("throttled", after_s=100))
        tokens = replica(issuer, cache, replace(TIMING, backoff_s=0))

        for _ in range(2):
            with pytest.raises(RateLimited):
                await tokens.current()
        assert issuer.applications == 1

    async def test_it_heals_by_itself_and_says_so_once(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        events: list[Event] = []
        issuer.failures += [Unavailable("down"), Unavailable("down"), Unavailable("down")]
        timing = replace(TIMING, backoff_s=0.01, longest_backoff_s=0.02)
        tokens = replica(issuer, cache, timing, events.append)

        async with running(tokens):
            await eventually(lambda: any(isinstance(e, ServiceRestored) for e in events))

        assert [type(e) for e in events] == [ServiceLost, TokenRenewed, ServiceRestored]

    async def test_a_replica_takes_over_when_the_holder_of_the_lease_fails(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        failing = ScriptedIssuer(failures=[Unavailable("down")])
        failing.gate.clear()
        first, second = replica(failing, cache), replica(issuer, cache)
        leading = asyncio.create_task(first.current())
        await eventually(lambda: failing.applications == 1)
        following = asyncio.create_task(second.current())

        failing.gate.set()

        with pytest.raises(Unavailable):
            await leading
        assert (await following).access_token == "token1"

    async def test_a_replica_takes_over_when_the_holder_of_the_lease_is_gone(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        assert await cache.claim(NAME, "a process that was killed", 0.05)

        assert (await replica(issuer, cache).current()).access_token == "token1"

    @pytest.mark.parametrize("is_there_another", [True, False])
    async def test_an_application_outlives_the_question_that_caused_it(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache, is_there_another: bool
    ) -> None:
        issuer.gate.clear()
        tokens = replica(issuer, cache)
        stopped = asyncio.create_task(tokens.current())
        waiting = [asyncio.create_task(tokens.current())] if is_there_another else []
        await eventually(lambda: issuer.applications == 1)

        stopped.cancel()
        await asyncio.wait([stopped])
        issuer.gate.set()

        answers = await asyncio.gather(*waiting, tokens.current())
        assert {answer.access_token for answer in answers} == {"token1"}
        assert issuer.applications == 1


class TestPing:
    async def test_it_reports_and_does_not_apply(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        with pytest.raises(Unavailable, match="no token yet"):
            await replica(issuer, cache).ping()
        assert issuer.applications == 0

    async def test_a_token_in_memory_or_in_the_store_will_do(
        self, issuer: ScriptedIssuer, redis: Redis, cache: RedisTokenCache
    ) -> None:
        here, there = replica(issuer, cache), replica(issuer, cache)
        await here.current()

        await there.ping()
        await redis.flushall()
        await here.ping()

    async def test_a_token_that_is_too_old_or_refused_will_not(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        aging, refusing = replica(issuer, cache), replica(issuer, cache)
        await refusing.refused(await refusing.current())
        with pytest.raises(Unavailable):
            await refusing.ping()

        await aging.current()
        issuer.clock.now += 115 * 60
        with pytest.raises(Unavailable):
            await aging.ping()

    async def test_it_tells_what_the_application_failed_with(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        issuer.failures.append(CredentialsRejected("no"))
        tokens = replica(issuer, cache)
        with pytest.raises(CredentialsRejected):
            await tokens.current()

        for _ in range(2):
            with pytest.raises(CredentialsRejected, match="no"):
                await tokens.ping()
        assert issuer.applications == 1

    async def test_impatient_pings_cost_no_application(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        """The port answers, and the host asks, before the services have started."""
        issuer.gate.clear()
        tokens = replica(issuer, cache)
        ready = Readiness({"beebot": tokens.ping}, timeout_s=20, retry_s=0)

        assert await ready.failing() == {"beebot": "no token yet"}
        async with running(tokens):
            await eventually(lambda: issuer.applications == 1)
            assert await ready.failing() == {"beebot": "no token yet"}
            issuer.gate.set()
            await tokens.current()
            assert await ready.failing() == {}
        assert issuer.applications == 1


class TestWithoutTheStore:
    @pytest.fixture
    async def cache(self, tmp_path: Path) -> AsyncIterator[RedisTokenCache]:
        async with open_redis(f"unix://{tmp_path}/nobody.sock") as redis:
            yield RedisTokenCache(redis)

    async def test_a_replica_helps_itself_once(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        tokens = replica(issuer, cache)

        answers = await asyncio.gather(*(tokens.current() for _ in range(20)))

        assert len(set(answers)) == 1
        assert issuer.applications == 1

    async def test_a_refused_token_is_not_used_again(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        tokens = replica(issuer, cache)
        old = await tokens.current()

        await tokens.refused(old)

        assert await tokens.current() != old

    async def test_a_late_refusal_of_the_old_token_costs_not_the_new_one(
        self, issuer: ScriptedIssuer, cache: RedisTokenCache
    ) -> None:
        tokens = replica(issuer, cache)
        old = await tokens.current()
        await tokens.refused(old)
        new = await tokens.current()

        await tokens.refused(old)

        assert await tokens.current() == new
        assert issuer.applications == 2

    async def test_a_refused_token_is_not_taken_from_a_store_that_missed_the_refusal(
        self, issuer: ScriptedIssuer
    ) -> None:
        class Forgetful(RedisTokenCache):
            async def drop(self, name: str, value: str) -> bool:
                raise Unavailable(f"redis cannot drop {name} {len(value)}")

        tokens = replica(issuer, Forgetful(in_process()))
        old = await tokens.current()

        await tokens.refused(old)

        assert await tokens.current() != old


def test_each_set_of_credentials_has_an_entry_of_its_own() -> None:
    names = {
        cache_name(endpoint, agent_key, key_id)
        for endpoint in ("a", "b")
        for agent_key in ("", "space")
        for key_id in ("", "LTAI1", "LTAI2")
    }

    assert len(names) == 12


def test_a_token_comes_back_from_the_store_as_it_was() -> None:
    token = StreamToken("a", "b", "c", 1_800_000_000.123456)

    assert decode_token(encode_token(token)) == token
