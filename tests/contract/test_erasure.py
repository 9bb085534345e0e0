"""What is kept about a person or a thread is erased whole, and nothing else is."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bridge.cli.forget import WORDS
from bridge.core.commands import Rate, Stop
from bridge.core.model import Ask, Kind, SessionId, Source, ThreadKey, TurnRecord, turn_id
from bridge.core.policy import Quotas
from bridge.core.ports import Delivery, LeaseState
from bridge.store import keys
from bridge.store.erasure import Erasure
from bridge.store.kept import Found, Whom
from bridge.store.repositories import (
    RedisAnswerSources,
    RedisOnce,
    RedisRatings,
    RedisStandIns,
)
from tests.contract.inboxes import open_inbox

QUOTAS = Quotas(person_per_day=100)
ALICE, BOB = "U0ALICE", "U0BOB"
CHANNEL = ThreadKey("T1", "C1", "1.0")  # both ask there
DIRECT = ThreadKey("T1", "D0ALICE", "5.0")  # Alice's own
ELSEWHERE = ThreadKey("T1", "C2", "7.0")  # Bob alone


def erasure_of(redis: Redis, whom: Whom) -> Erasure:
    return Erasure(redis, whom, session_ttl_s=3600)


async def erase(redis: Redis, whom: Whom) -> Found:
    """As `bridge forget` does."""
    erasure = erasure_of(redis, whom)
    found = await erasure.find()
    assert await erasure.stop(found.turns, within_s=0) == []
    now = await erasure.find()
    await erasure.erase(now.others)
    return replace(found, others=now.others)


def ask_of(thread: ThreadKey, user: str, ts: str) -> Ask:
    return Ask(turn_id("T1", thread.channel, f"message:{ts}"), thread, user, ts, f"asks {user}")


async def take(redis: Redis, ask: Ask, record: TurnRecord | None = None) -> Delivery:
    inbox = open_inbox(redis, quotas=QUOTAS)
    await inbox.enqueue(ask)
    delivery = await inbox.take()
    assert delivery is not None
    assert delivery.ask == ask
    return replace(delivery, record=record or TurnRecord())


async def converse(redis: Redis, thread: ThreadKey, user: str, ts: str) -> None:
    """All that the bridge ever stores of one question, but that it waits."""
    session = SessionId(f"s-{thread.channel}")
    inbox, ask = open_inbox(redis), ask_of(thread, user, ts)
    record = TurnRecord(asks=1, session=session)
    await inbox.done(await take(redis, ask, record))
    await inbox.bury(await take(redis, ask_of(thread, user, f"{ts}1"), record), "bug")
    reset = await take(redis, replace(ask_of(thread, user, f"{ts}2"), kind=Kind.RESET))
    await inbox.reset(reset)
    await inbox.done(reset)
    await inbox.done(await take(redis, ask_of(thread, user, f"{ts}3"), record))
    await inbox.done(await take(redis, replace(ask_of(thread, user, f"{ts}4"), bot="B0ALERT")))
    await inbox.stop(Stop(thread, user, ts))
    await RedisAnswerSources(redis).save(ask, [Source(1, "A guide")])
    rate = Rate(ask.turn, thread, user, session, f"answer-{user}-{ts}", is_good=False)
    await RedisRatings(redis).add(rate)
    await RedisRatings(redis).add(replace(rate, comment=f"{user} is not pleased"))
    await RedisStandIns(redis, ttl_s=60).numbers(thread, "person", [user, "U0OTHER"])
    await RedisOnce(redis, "handover", ttl_s=60).claim("T1", thread.channel, thread.root)
    await RedisOnce(redis, "welcome", ttl_s=60).claim("T1", thread.channel)
    await RedisOnce(redis, "declined", ttl_s=60).claim("T1", thread.channel, user, "guest")


async def dump(redis: Redis) -> set[str]:
    """Everything that is stored but claims: a line for each key and member, or field and value."""
    lines = set[str]()
    async for key in redis.scan_iter():
        match await redis.type(key):
            case "hash":
                lines |= {f"{key} {pair!r}" for pair in (await redis.hgetall(key)).items()}
            case "set":
                lines |= {f"{key} {member!r}" for member in await redis.smembers(key)}
            case "zset":
                lines |= {f"{key} {member!r}" for member in await redis.zrange(key, 0, -1)}
            case "string":
                lines.add(f"{key} {await redis.get(key)!r}")
    return {line for line in lines if not line.startswith(keys.CLAIM)}


def told_of(stored: set[str], word: str) -> set[str]:
    return {line for line in stored if word in line}


def kinds(stored: set[str]) -> set[str]:
    return {kind for kind in keys.ERASED for line in stored if line.startswith(kind)}


@pytest.fixture
async def _crowd(redis: Redis) -> None:
    """All kinds of keys, of Alice and of Bob; both wait in one thread, and Bob is answered."""
    for thread, user, ts in (
        (CHANNEL, ALICE, "1.0"), (CHANNEL, BOB, "2.0"), (DIRECT, ALICE, "5.0"),
        (ELSEWHERE, BOB, "7.0"),
    ):  # fmt: skip
        await converse(redis, thread, user, ts)
    await take(redis, ask_of(ELSEWHERE, BOB, "8.0"))
    for user, ts in ((BOB, "9.0"), (ALICE, "9.1")):
        await open_inbox(redis).enqueue(ask_of(CHANNEL, user, ts))
    assert kinds(await dump(redis)) >= keys.ERASED


def test_of_each_key_is_decided_whether_it_is_erased() -> None:
    named = {
        value
        for name, value in vars(keys).items()
        if name.isupper() and isinstance(value, str) and value != keys.PREFIX
    }
    assert named == keys.ERASED | keys.IMPERSONAL
    assert set() == keys.ERASED & keys.IMPERSONAL


@pytest.mark.usefixtures("_crowd")
async def test_nothing_of_a_person_is_left(redis: Redis) -> None:
    before = await dump(redis)
    found = await erase(redis, Whom(user=ALICE))
    after = await dump(redis)
    assert told_of(after, ALICE) == set()
    assert told_of(after, "D0ALICE") == set()
    assert found.sessions == {"s-C1", "s-D0ALICE"}
    assert found.teams == {"T1"}
    assert len(found.turns) == 3  # one waits, two are dead letters
    assert {one.kind for one in (*found.turns, *found.others)} == set(WORDS)  # or not counted
    assert told_of(after, ELSEWHERE.encode()) == told_of(before, ELSEWHERE.encode())
    assert told_of(after, f"{keys.RATING}T1:answer-{BOB}-2.0") != set()
    bob = await open_inbox(redis).take()
    assert bob is not None
    assert (bob.ask.user, bob.session) == (BOB, None)  # what Beebot remembers is of both


@pytest.mark.usefixtures("_crowd")
async def test_nothing_of_a_thread_is_left(redis: Redis) -> None:
    before = await dump(redis)
    found = await erase(redis, Whom(channel="C1", root="1.0"))
    after = await dump(redis)
    assert told_of(after, CHANNEL.encode()) == set()
    assert len(found.turns) == 4
    assert found.sessions == {"s-C1"}
    for thread in (DIRECT, ELSEWHERE):
        assert told_of(after, thread.encode()) == told_of(before, thread.encode())


@pytest.mark.usefixtures("_crowd")
async def test_looking_changes_nothing(redis: Redis) -> None:
    before = await dump(redis)
    found = await erasure_of(redis, Whom(user=ALICE)).find()
    assert len(found.turns) == 3
    assert await dump(redis) == before
    assert await erasure_of(redis, Whom(user="U0NOBODY")).find() == Found((), (), frozenset())


async def test_an_answer_that_runs_is_stopped_before_anything_is_erased(redis: Redis) -> None:
    inbox = open_inbox(redis)
    running = await take(redis, ask_of(CHANNEL, ALICE, "1.0"))
    erasure = erasure_of(redis, Whom(user=ALICE))
    found = await erasure.find()
    assert await erasure.stop(found.turns, within_s=0) == [running.ask.turn]
    assert await inbox.beat([running]) == [LeaseState.STOP]
    ended = replace(running, record=TurnRecord(asks=1, session=SessionId("s")))
    assert await inbox.done(ended) is LeaseState.HELD
    assert await erasure.stop(found.turns, within_s=0) == []
    await erasure.erase((await erasure.find()).others)
    assert told_of(await dump(redis), CHANNEL.encode()) == set()


async def test_whose_owner_fell_silent_is_erased_and_what_waits_behind_it_is_not(
    redis: Redis,
) -> None:
    inbox = open_inbox(redis, lease_s=0)
    silent = await take(redis, ask_of(CHANNEL, ALICE, "1.0"))
    lapsed = open_inbox(redis, lease_s=-1)
    await lapsed.beat([silent])
    await inbox.enqueue(ask_of(CHANNEL, BOB, "2.0"))
    await erase(redis, Whom(user=ALICE))
    assert await inbox.beat([silent]) == [LeaseState.LOST]
    bob = await inbox.take()
    assert bob is not None
    assert bob.ask.user == BOB


async def test_an_answer_to_somebody_else_does_not_bring_the_session_back(redis: Redis) -> None:
    inbox, session = open_inbox(redis), SessionId("s")
    await inbox.done(await take(redis, ask_of(CHANNEL, ALICE, "1.0"), TurnRecord(session=session)))
    bob = await take(redis, ask_of(CHANNEL, BOB, "2.0"))
    assert bob.session == session
    await erase(redis, Whom(user=ALICE))
    await inbox.done(replace(bob, record=TurnRecord(asks=1, session=session)))
    assert (await take(redis, ask_of(CHANNEL, BOB, "3.0"))).session is None


async def test_a_number_that_was_somebodys_is_nobody_elses(redis: Redis) -> None:
    stand_ins = RedisStandIns(redis, ttl_s=60)
    assert await stand_ins.numbers(CHANNEL, "person", [ALICE, BOB]) == [1, 2]
    await erase(redis, Whom(user=ALICE))
    assert await stand_ins.numbers(CHANNEL, "person", [BOB, ALICE]) == [2, 3]
