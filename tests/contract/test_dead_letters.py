"""What was given up is kept, looked at, retried and dropped."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bridge.core.commands import CommandResult, Stop
from bridge.core.model import Ask, SessionId, ThreadKey, TurnRecord, turn_id
from bridge.core.ports import LeaseState
from bridge.store import keys
from bridge.store.dead_letters import DeadLetters
from bridge.store.inbox import RedisInbox
from tests.contract.inboxes import open_inbox

ASK = Ask(turn_id("T1", "C1", "message:1.0"), ThreadKey("T1", "C1", "1.0"), "U1", "1.0", "why?")


@pytest.fixture
def inbox(redis: Redis) -> RedisInbox:
    return open_inbox(redis)


@pytest.fixture
async def letters(redis: Redis, inbox: RedisInbox) -> DeadLetters:
    """One question, given up."""
    await inbox.enqueue(ASK)
    delivery = await inbox.take()
    assert delivery is not None
    await inbox.record(delivery, TurnRecord(asks=1, partial="beca"))
    assert await inbox.bury(delivery, "ValueError") is LeaseState.HELD
    return DeadLetters(redis)


async def test_a_letter_tells_all_that_is_known(letters: DeadLetters) -> None:
    (letter,) = await letters.all()
    assert (letter.ask, letter.reason) == (ASK, "ValueError")
    assert letter.record.partial == "beca"
    assert await letters.find(ASK.turn[:8]) == [letter]
    assert await letters.find("ffffffff-none") == []


async def test_a_retried_letter_is_asked_again_once(
    letters: DeadLetters, inbox: RedisInbox
) -> None:
    (letter,) = await letters.all()
    assert await letters.retry(letter)
    assert not await letters.retry(letter)
    delivery = await inbox.take()
    assert delivery is not None
    assert (delivery.ask, delivery.attempt) == (ASK, 0)
    assert await inbox.done(delivery) is LeaseState.HELD
    assert await letters.all() == []


async def test_a_retried_letter_is_not_stopped_by_what_stopped_it_before(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(ASK)
    delivery = await inbox.take()
    assert delivery is not None
    assert await inbox.stop(Stop(ASK.thread, "U1", "2.0")) is CommandResult.STOPPING
    await inbox.bury(delivery, "ValueError")
    (letter,) = await DeadLetters(redis).all()
    await DeadLetters(redis).retry(letter)
    again = await inbox.take()
    assert again is not None
    assert await inbox.beat([again]) == [LeaseState.HELD]


async def test_a_thread_whose_turn_was_given_up_keeps_its_title(inbox: RedisInbox) -> None:
    await inbox.enqueue(ASK)
    delivery = await inbox.take()
    assert delivery is not None
    await inbox.bury(replace(delivery, record=TurnRecord(is_titled=True)), "ValueError")
    await inbox.enqueue(replace(ASK, turn=turn_id("T1", "C1", "message:2.0"), ts="2.0"))
    following = await inbox.take()
    assert following is not None
    assert following.is_titled


async def test_a_dropped_letter_leaves_nothing_behind(letters: DeadLetters, redis: Redis) -> None:
    (letter,) = await letters.all()
    assert await letters.drop(letter)
    assert not await letters.drop(letter)
    assert [key for key in await redis.keys("*") if "turn:" in str(key) or "dead" in str(key)] == []


async def test_a_letter_that_was_put_back_meanwhile_is_not_dropped(
    letters: DeadLetters, redis: Redis, inbox: RedisInbox
) -> None:
    (letter,) = await letters.all()
    assert await DeadLetters(redis).retry(letter)
    assert not await letters.drop(letter)
    delivery = await inbox.take()
    assert delivery is not None
    assert (delivery.ask, delivery.record.partial) == (ASK, "beca")


async def test_a_letter_keeps_what_the_store_had_not_been_told_when_it_died(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(ASK)
    delivery = await inbox.take()
    assert delivery is not None
    await inbox.record(delivery, TurnRecord(asks=1))
    known = TurnRecord(asks=1, session=SessionId("s"), pages=("9.1",), partial="because")
    await inbox.bury(replace(delivery, record=known), "why")
    (letter,) = await DeadLetters(redis).all()
    assert letter.record == known


async def test_letters_are_no_longer_counted_once_they_have_expired(
    letters: DeadLetters, redis: Redis, inbox: RedisInbox
) -> None:
    (letter,) = await letters.all()
    assert (await inbox.depth()).dead == 1
    member = f"{ASK.thread.encode()}|{ASK.turn}"
    week_ms = 7 * 86_400_000
    await redis.zadd(keys.DEAD, {member: letter.died_at * 1000 - week_ms + 60_000})
    assert (await inbox.depth()).dead == 1
    await redis.zadd(keys.DEAD, {member: letter.died_at * 1000 - week_ms - 60_000})
    assert (await inbox.depth()).dead == 0
    await inbox.sweep()
    assert await redis.zcard(keys.DEAD) == 0


async def test_a_letter_that_nobody_understands_is_shown_and_can_be_dropped(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(ASK)
    await redis.hset(keys.key(keys.TURN, "T1", ASK.turn), mapping={"command": "{", "record": "{"})
    assert await inbox.take() is None
    letters = DeadLetters(redis)
    (letter,) = await letters.all()
    assert (letter.ask.turn, letter.ask.thread, letter.ask.text) == (ASK.turn, ASK.thread, "why?")
    assert (letter.reason, letter.record) == ("unreadable", TurnRecord())
    assert await letters.drop(letter)
    assert await letters.all() == []


async def test_a_letter_that_nobody_understood_may_be_retried_by_a_release_that_does(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(ASK)
    command = await redis.hget(keys.key(keys.TURN, "T1", ASK.turn), "command")
    await redis.hset(keys.key(keys.TURN, "T1", ASK.turn), "command", "{")
    assert await inbox.take() is None
    letters = DeadLetters(redis)
    (letter,) = await letters.all()
    assert await letters.retry(letter)
    await redis.hset(keys.key(keys.TURN, "T1", ASK.turn), "command", str(command))
    delivery = await inbox.take()
    assert delivery is not None
    assert delivery.ask == ASK
