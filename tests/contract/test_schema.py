"""Two releases on one Redis: the older one refuses what it would misread, and loses nothing."""

import asyncio

import pytest
from redis.asyncio import Redis

from bridge.core.commands import CommandResult
from bridge.core.errors import NewerRelease, Unavailable
from bridge.core.events import Event, ServiceLost
from bridge.core.model import Ask, ThreadKey, TurnRecord, turn_id
from bridge.core.ports import Delivery, LeaseState
from bridge.store import keys
from bridge.store.connection import RedisWatch, inspect_store
from bridge.store.inbox import RedisInbox
from tests.contract.inboxes import open_inbox

OLDER, OURS, NEWER = (keys.SCHEMA_VERSION + step for step in (-1, 0, 1))


def question(ts: str) -> Ask:
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, ThreadKey("T1", "C1", "1.0"), "U1", ts, "why?")


async def taken(inbox: RedisInbox) -> Delivery:
    delivery = await inbox.take()
    assert delivery is not None
    return delivery


@pytest.mark.parametrize("before", [None, OLDER])
async def test_whoever_stores_says_which_version_it_stores(
    redis: Redis, before: int | None
) -> None:
    if before is not None:
        await redis.set(keys.SCHEMA, before)
    await open_inbox(redis).enqueue(question("1.0"))
    assert await redis.get(keys.SCHEMA) == str(OURS)
    await redis.delete(keys.SCHEMA)
    await taken(RedisInbox(redis))
    assert await redis.get(keys.SCHEMA) == str(OURS)


async def test_what_an_older_release_has_stored_is_answered(redis: Redis) -> None:
    """The releases before the first version say none at all."""
    inbox = open_inbox(redis)
    await inbox.enqueue(question("1.0"))
    await redis.delete(keys.SCHEMA)
    delivery = await taken(inbox)
    assert delivery.ask == question("1.0")
    await redis.delete(keys.SCHEMA)
    assert await inbox.done(delivery) is LeaseState.HELD


async def test_beside_a_newer_release_nothing_is_taken_and_nothing_is_lost(redis: Redis) -> None:
    refused: list[Unavailable] = []
    older = open_inbox(redis, on_unavailable=refused.append)
    await older.enqueue(question("1.0"))
    delivery = await taken(older)
    await redis.set(keys.SCHEMA, NEWER)
    assert await older.enqueue(question("2.0")) is CommandResult.QUEUED
    with pytest.raises(NewerRelease):
        await older.take()
    assert await older.beat([delivery]) == [LeaseState.HELD]
    assert await older.record(delivery, TurnRecord(asks=1)) is LeaseState.HELD
    assert await older.done(delivery) is LeaseState.HELD
    assert [type(error) for error in refused] == [NewerRelease]
    assert await redis.get(keys.SCHEMA) == str(NEWER)
    await redis.set(keys.SCHEMA, OURS)  # as the newer release would
    assert (await taken(older)).ask == question("2.0")


async def test_a_running_one_is_not_ready_and_says_why_once(redis: Redis) -> None:
    events: list[Event] = []
    watch = RedisWatch(redis, events.append, probe_s=0.02)
    await redis.set(keys.SCHEMA, NEWER)
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    async with asyncio.timeout(30):
        while not events:  # noqa: ASYNC110 - nobody else announces it
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.1)
    with pytest.raises(NewerRelease) as refused:
        await watch.ping()
    assert refused.value.code == "NEWER_RELEASE"
    assert events == [
        ServiceLost(
            "redis",
            "redis (NEWER_RELEASE)",
            "A newer release of the bridge works on this Redis: deploy that release here too, for "
            "this one takes no question from it any more.",
        )
    ]
    stop.set()
    await running


async def test_the_doctor_finds_it_and_marks_nothing(redis: Redis) -> None:
    await inspect_store(redis)
    assert await redis.get(keys.SCHEMA) is None
    await redis.set(keys.SCHEMA, NEWER)
    with pytest.raises(NewerRelease):
        await inspect_store(redis)
