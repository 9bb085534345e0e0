"""The promises of the mailboxes; each holds on the in-process store and on a real Redis."""

import asyncio
from dataclasses import replace

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from redis.asyncio import Redis

from bridge.core.commands import CommandResult
from bridge.core.model import (
    Answer,
    Ask,
    Robot,
    RobotId,
    SessionId,
    ThreadKey,
    TurnId,
    TurnRecord,
    turn_id,
)
from bridge.core.ports import Delivery, Depth, LeaseState
from bridge.store import keys
from bridge.store.connection import open_redis
from bridge.store.inbox import RedisInbox
from bridge.store.repositories import RedisOnce, RedisRobotSpaces
from tests.contract.inboxes import open_inbox

EMPTY = Depth(ready=0, running=0, open=0, dead=0)


@pytest.fixture
def inbox(redis: Redis) -> RedisInbox:
    return open_inbox(redis)


def question(ts: str, *, root: str = "1.0", user: str = "U1", addressed: bool = True) -> Ask:
    thread = ThreadKey("T1", "C1", root)
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, thread, user, ts, f"question {ts}", is_addressed=addressed)


async def taken(inbox: RedisInbox) -> Delivery:
    delivery = await inbox.take()
    assert delivery is not None
    return delivery


async def let_lease_lapse(redis: Redis, delivery: Delivery) -> None:
    await redis.zadd(keys.RUNNING, {delivery.ask.thread.encode(): 0})


async def test_a_question_comes_out_as_it_went_in(inbox: RedisInbox) -> None:
    ask = Ask(
        TurnId("t"), ThreadKey("T1", "D1", "1.0"), "U1", "1.0", "你好 <b>", is_dm=True, files=2
    )
    assert await inbox.enqueue(ask) is CommandResult.ACCEPTED
    delivery = await taken(inbox)
    assert (delivery.ask, delivery.attempt, delivery.record) == (ask, 0, TurnRecord())


async def test_the_same_turn_put_by_racing_replicas_is_stored_once(redis: Redis) -> None:
    replicas = [open_inbox(redis) for _ in range(4)]
    results = await asyncio.gather(*(replica.enqueue(question("1.0")) for replica in replicas))
    assert sorted(results) == [CommandResult.ACCEPTED] + 3 * [CommandResult.DUPLICATE]
    await replicas[0].done(await taken(replicas[0]))
    assert await replicas[1].enqueue(question("1.0")) is CommandResult.DUPLICATE
    assert await replicas[1].take() is None


async def test_a_burst_of_questions_is_stored_whole(inbox: RedisInbox) -> None:
    """More than the pool has connections (20), and few enough for 1.5 s on a very busy machine."""
    asks = [question(f"{number}.0", root=f"{number}.0") for number in range(50)]
    results = await asyncio.gather(*map(inbox.enqueue, asks))
    assert results == [CommandResult.ACCEPTED] * 50


async def test_a_thread_is_answered_in_order_and_by_one_replica_at_a_time(redis: Redis) -> None:
    here, there = open_inbox(redis), open_inbox(redis)
    for ts in ("1.0", "2.0", "3.0"):
        await here.enqueue(question(ts))
    for ts in ("1.0", "2.0", "3.0"):
        delivery = await taken(here)
        assert delivery.ask.ts == ts
        assert await there.take() is None
        assert await here.done(delivery) is LeaseState.HELD
    assert await here.depth() == EMPTY


async def test_questions_that_arrive_out_of_order_are_answered_in_order(
    inbox: RedisInbox,
) -> None:
    for ts in ("3.0", "1.0", "2.0"):
        await inbox.enqueue(question(ts, root="1.0"))
    for ts in ("1.0", "2.0", "3.0"):
        delivery = await taken(inbox)
        assert delivery.ask.ts == ts
        await inbox.done(delivery)


async def test_an_answer_that_was_begun_goes_on_before_an_earlier_question_that_came_late(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(question("2.0"))
    first = await taken(inbox)
    await inbox.enqueue(question("1.0"))
    await let_lease_lapse(redis, first)
    again = await taken(inbox)
    assert again.ask.ts == "2.0"
    await inbox.give_back(again)
    assert (await taken(inbox)).ask.ts == "2.0"


async def test_threads_do_not_wait_for_each_other(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0", root="1.0"))
    await inbox.enqueue(question("2.0", root="2.0"))
    assert [(await taken(inbox)).ask.ts, (await taken(inbox)).ask.ts] == ["1.0", "2.0"]


async def test_a_reply_without_mention_counts_only_from_who_addressed_the_bot(
    inbox: RedisInbox,
) -> None:
    assert await inbox.enqueue(question("1.5", addressed=False)) is CommandResult.NOT_ENGAGED
    await inbox.enqueue(question("1.0", user="U1"))
    assert (
        await inbox.enqueue(question("1.6", user="U2", addressed=False))
        is CommandResult.NOT_ENGAGED
    )
    assert await inbox.enqueue(question("1.5", addressed=False)) is CommandResult.QUEUED


async def test_what_was_said_before_the_first_mention_is_no_follow_up_however_late_it_comes(
    inbox: RedisInbox,
) -> None:
    await inbox.enqueue(question("1.4"))
    assert await inbox.enqueue(question("1.3", addressed=False)) is CommandResult.NOT_ENGAGED
    await inbox.enqueue(question("1.2"))  # an earlier mention that was late as well
    assert await inbox.enqueue(question("1.3", addressed=False)) is CommandResult.QUEUED


async def test_a_beat_holds_the_lease_and_a_silent_owner_loses_it(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    await let_lease_lapse(redis, first)
    assert await inbox.beat([first]) == [LeaseState.HELD]
    assert await inbox.take() is None
    await let_lease_lapse(redis, first)
    assert await inbox.take(may_reclaim=False) is None
    second = await taken(inbox)
    assert (second.ask, second.attempt) == (first.ask, 1)
    assert await inbox.beat([first, second]) == [LeaseState.LOST, LeaseState.HELD]


async def test_whoever_lost_a_turn_can_change_nothing_of_it(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    await let_lease_lapse(redis, first)
    second = await taken(inbox)
    assert await inbox.record(first, TurnRecord(asks=9)) is LeaseState.LOST
    assert await inbox.done(first) is LeaseState.LOST
    assert await inbox.give_back(first) is LeaseState.LOST
    assert await inbox.bury(first, "late") is LeaseState.LOST
    assert await inbox.done(second) is LeaseState.HELD
    assert await inbox.beat([first]) == [LeaseState.LOST], "the turn was finished by somebody else"


async def test_the_record_reaches_whoever_takes_over(redis: Redis, inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    record = TurnRecord(
        asks=2, asked_at=1.5, session=SessionId("s"), has_frames=True, pages=("9.1", "9.2"),
        answer=Answer("**答**", options=("a",)),
    )  # fmt: skip
    assert await inbox.record(first, record) is LeaseState.HELD
    await let_lease_lapse(redis, first)
    assert (await taken(inbox)).record == record


async def test_a_turn_given_back_goes_first_and_counts_no_attempt(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0", root="1.0"))
    await inbox.enqueue(question("2.0", root="2.0"))
    for _ in range(5):
        delivery = await taken(inbox)
        assert (delivery.ask.ts, delivery.attempt) == ("1.0", 0)
        assert await inbox.give_back(delivery) is LeaseState.HELD


async def test_an_emptied_store_is_told_from_a_lost_turn(redis: Redis, inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    delivery = await taken(inbox)
    await redis.flushall()
    assert await inbox.beat([delivery]) == [LeaseState.GONE]
    assert await inbox.record(delivery, TurnRecord()) is LeaseState.GONE
    await inbox.enqueue(question("2.0"))
    await taken(inbox)
    assert await inbox.beat([delivery]) == [LeaseState.GONE]
    assert await inbox.done(delivery) is LeaseState.GONE


async def test_a_question_that_waited_for_longer_than_its_claim_is_answered_once(
    redis: Redis, inbox: RedisInbox
) -> None:
    old, new = question("1.0"), question("2.0")
    await inbox.enqueue(old)
    await redis.delete(keys.key(keys.CLAIM, "T1", old.turn))
    await inbox.enqueue(new)
    first = await taken(inbox)
    assert first.ask == old
    assert await inbox.beat([first]) == [LeaseState.HELD]
    assert await inbox.done(first) is LeaseState.HELD
    assert (await taken(inbox)).ask == new


async def test_a_question_that_waits_takes_the_edited_text(inbox: RedisInbox) -> None:
    running, waiting = question("1.0"), question("2.0")
    await inbox.enqueue(running)
    await inbox.enqueue(waiting)
    first = await taken(inbox)
    edited = replace(waiting, text="edited", attached="| a |", files=1)
    assert not await inbox.edit(replace(running, text="too late"))
    assert await inbox.edit(edited)
    assert not await inbox.edit(replace(waiting, turn=TurnId("unknown")))
    await inbox.done(first)
    assert (await taken(inbox)).ask == edited
    assert not await inbox.edit(replace(running, text="answered long ago"))


async def test_a_deleted_question_leaves_the_queue_or_is_stopped(inbox: RedisInbox) -> None:
    running, waiting, last = question("1.0"), question("2.0"), question("3.0")
    for ask in (running, waiting, last):
        await inbox.enqueue(ask)
    first = await taken(inbox)
    assert await inbox.delete("T1", waiting.turn)
    assert await inbox.beat([first]) == [LeaseState.HELD]
    assert await inbox.delete("T1", running.turn)
    assert await inbox.beat([first]) == [LeaseState.STOP]
    await inbox.done(first)
    assert (await taken(inbox)).ask == last
    assert not await inbox.delete("T1", waiting.turn)


async def test_a_beat_writes_down_what_is_new_of_a_turn(redis: Redis, inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    grown = replace(first, record=TurnRecord(asks=1, partial="half an an"))
    assert await inbox.beat([grown]) == [LeaseState.HELD]
    await let_lease_lapse(redis, first)
    second = await taken(inbox)
    assert second.record == grown.record
    late = replace(first, record=TurnRecord(asks=1, partial="half an answer"))
    assert await inbox.beat([late]) == [LeaseState.LOST]
    await let_lease_lapse(redis, second)
    assert (await taken(inbox)).record == grown.record


@pytest.mark.parametrize("way", ["given back", "lapsed", "swept"])
async def test_a_begun_question_that_is_deleted_while_nobody_has_it_is_stopped_by_who_takes_it(
    redis: Redis, inbox: RedisInbox, way: str
) -> None:
    begun, following = question("1.0"), question("2.0")
    await inbox.enqueue(begun)
    await inbox.enqueue(following)
    first = await taken(inbox)
    await inbox.record(first, TurnRecord(asks=1, pages=("9.1",), partial="half an an"))
    if way == "given back":
        await inbox.give_back(first)
        assert await inbox.delete("T1", begun.turn)
    else:
        assert await inbox.delete("T1", begun.turn)
        await let_lease_lapse(redis, first)
    if way == "swept":
        await redis.zrem(keys.RUNNING, first.ask.thread.encode())
        await redis.zadd(keys.OPEN, {f"{first.ask.thread.encode()}|{begun.turn}": 0})
        assert await inbox.sweep() == 1
    second = await taken(inbox)
    assert (second.ask, second.record.pages) == (begun, ("9.1",))
    assert await inbox.beat([second]) == [LeaseState.STOP]
    assert await inbox.done(second) is LeaseState.HELD
    third = await taken(inbox)
    assert third.ask == following
    assert await inbox.beat([third]) == [LeaseState.HELD]


async def test_a_question_given_back_before_anything_was_written_down_is_taken_out(
    inbox: RedisInbox,
) -> None:
    ask = question("1.0")
    await inbox.enqueue(ask)
    await inbox.give_back(await taken(inbox))
    assert await inbox.delete("T1", ask.turn)
    assert await inbox.depth() == EMPTY


async def test_a_dead_question_can_be_deleted_no_more(inbox: RedisInbox) -> None:
    ask = question("1.0")
    await inbox.enqueue(ask)
    first = await taken(inbox)
    await inbox.record(first, TurnRecord(asks=1))
    await inbox.bury(first, "why")
    assert not await inbox.delete("T1", ask.turn)


async def test_a_stop_never_reaches_the_next_question(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    await inbox.enqueue(question("2.0"))
    first = await taken(inbox)
    await inbox.delete("T1", first.ask.turn)
    await inbox.done(first)
    assert await inbox.beat([await taken(inbox)]) == [LeaseState.HELD]


async def test_deleting_the_only_waiting_question_leaves_nothing_behind(inbox: RedisInbox) -> None:
    ask = question("1.0")
    await inbox.enqueue(ask)
    assert await inbox.delete("T1", ask.turn)
    assert await inbox.take() is None
    assert await inbox.depth() == EMPTY


async def test_a_buried_turn_is_kept_apart_and_the_next_one_goes_on(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    await inbox.enqueue(question("2.0"))
    assert await inbox.bury(await taken(inbox), "too many attempts") is LeaseState.HELD
    assert (await inbox.depth()).dead == 1
    assert (await taken(inbox)).ask.ts == "2.0"


async def test_a_record_that_nobody_understands_costs_what_it_says_and_no_more(
    redis: Redis, inbox: RedisInbox
) -> None:
    ask = question("1.0")
    await inbox.enqueue(ask)
    await redis.hset(
        keys.key(keys.TURN, "T1", ask.turn), "record", '{"answer": {"text": "of old"}}'
    )
    delivery = await taken(inbox)
    assert (delivery.ask, delivery.record) == (ask, TurnRecord())


@pytest.mark.parametrize("command", [None, '{"turn": "half a wri'])
async def test_a_command_that_nobody_understands_is_put_aside_for_the_next_one(
    redis: Redis, inbox: RedisInbox, command: str | None
) -> None:
    poison = question("1.0")
    for ask in (poison, question("2.0"), question("3.0", root="3.0")):
        await inbox.enqueue(ask)
    key = keys.key(keys.TURN, "T1", poison.turn)
    await (redis.hset(key, "command", command) if command else redis.hdel(key, "command"))
    assert [ask.ts for ask in await inbox.waiting(10)] == ["3.0"]
    assert {(await taken(inbox)).ask.ts, (await taken(inbox)).ask.ts} == {"2.0", "3.0"}
    assert await inbox.depth() == Depth(ready=0, running=2, open=2, dead=1)


async def test_over_the_limit_threads_wait_in_order_and_hold_no_lease(redis: Redis) -> None:
    here, there = open_inbox(redis, limit=2), open_inbox(redis, limit=2)
    for ts in ("1.0", "2.0", "3.0", "4.0"):
        await here.enqueue(question(ts, root=ts))
    first, _second = await taken(here), await taken(there)
    assert await here.take() is None
    assert await there.take() is None
    assert [ask.ts for ask in await here.waiting(10)] == ["3.0", "4.0"]
    await here.done(first)
    assert (await taken(there)).ask.ts == "3.0"


async def test_a_turn_that_fell_out_of_all_sets_is_scheduled_again(
    redis: Redis, inbox: RedisInbox
) -> None:
    lost = question("1.0", root="1.0")
    await inbox.enqueue(lost)
    await inbox.enqueue(question("2.0", root="2.0"))
    await redis.zrem(keys.READY, lost.thread.encode())
    assert await inbox.sweep() == 0, "both turns were touched a moment ago"
    for member in await redis.zrange(keys.OPEN, 0, -1):
        await redis.zadd(keys.OPEN, {str(member): 0})
    assert await inbox.sweep() == 1
    assert {(await taken(inbox)).ask.ts, (await taken(inbox)).ask.ts} == {"1.0", "2.0"}


async def test_a_sweep_frees_what_has_expired_in_the_in_process_store() -> None:
    server = FakeServer()
    redis = FakeAsyncRedis(server=server, decode_responses=True)
    inbox = open_inbox(redis, session_ttl_s=0.001)
    for number in range(10):
        await inbox.enqueue(question(f"{number}.0", root=f"{number}.0"))
        await inbox.done(await taken(inbox))
    await asyncio.sleep(0.01)
    kept = server.dbs[0]._dict  # any other look frees it, too
    assert len(kept) == 21, "a claim and an engagement each, and the version of it all"
    await inbox.sweep()
    assert len(kept) == 11, "the claims, for two days, and the version"


async def test_what_a_process_put_wakes_its_own_worker(inbox: RedisInbox) -> None:
    waiting = asyncio.create_task(inbox.arrival(timeout_s=30))
    await inbox.enqueue(question("1.0"))
    async with asyncio.timeout(20):
        await waiting


async def test_a_waiting_worker_takes_a_question_in_the_round_trip_that_stores_it(
    redis_url: str,
) -> None:
    async with open_redis(redis_url) as redis:
        inbox = open_inbox(redis)

        async def reads() -> int:
            return int((await redis.info("stats"))["total_reads_processed"])

        async def look() -> Delivery:
            await inbox.arrival(timeout_s=30)
            return await taken(inbox)

        async def put_and_take(ts: str) -> None:
            looking = asyncio.create_task(look())
            await asyncio.sleep(0)
            await inbox.enqueue(question(ts, root=ts))
            assert (await looking).ask.ts == ts

        await put_and_take("1.0")  # from here on Redis knows the scripts
        before = await reads()
        await put_and_take("2.0")
        assert await reads() - before == 2, "the second is that of the count itself"


async def test_every_key_but_the_shared_sets_has_a_time_to_live_or_an_end(
    redis: Redis, inbox: RedisInbox
) -> None:
    await inbox.enqueue(question("1.0"))
    delivery = await taken(inbox)
    await inbox.record(delivery, TurnRecord(asks=1))
    await inbox.done(delivery)
    left = {str(key): await redis.pttl(key) for key in await redis.keys("*")}
    assert left.pop(keys.SCHEMA) == -1, "it stays, as the shared sets do"
    assert set(left) == {
        keys.key(keys.CLAIM, "T1", delivery.ask.turn),
        keys.key(keys.ENGAGED, delivery.ask.thread.encode()),
    }
    assert all(ttl > 0 for ttl in left.values())


async def test_a_question_is_known_for_two_days_after_its_end(
    redis: Redis, inbox: RedisInbox
) -> None:
    """An edit that names the bot anew may be a day old, and Slack may bring it a day late."""
    await inbox.enqueue(question("1.0"))
    delivery = await taken(inbox)
    await redis.pexpire(keys.key(keys.CLAIM, "T1", delivery.ask.turn), 60_000)
    await inbox.beat([delivery])
    await inbox.done(delivery)
    two_days_ms = 48 * 3_600_000
    left_ms = await redis.pttl(keys.key(keys.CLAIM, "T1", delivery.ask.turn))
    assert two_days_ms - 60_000 < left_ms <= two_days_ms


def with_session(delivery: Delivery, session: str, robot: str) -> Delivery:
    record = TurnRecord(asks=1, robot=Robot(RobotId(robot)), session=SessionId(session))
    return replace(delivery, record=record)


async def test_a_thread_keeps_its_session_and_whose_it_is(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    assert (first.session, first.robot) == (None, None)
    await inbox.done(with_session(first, "s1", "chatbot-cn-a"))
    await inbox.enqueue(question("2.0"))
    second = await taken(inbox)
    assert (second.session, second.robot) == ("s1", "chatbot-cn-a")
    await inbox.bury(with_session(second, "s2", "chatbot-cn-b"), "reason")
    await inbox.enqueue(question("3.0"))
    third = await taken(inbox)
    assert (third.session, third.robot) == ("s2", "chatbot-cn-b")


async def test_a_session_that_an_older_release_wrote_is_nobodys_we_know(
    redis: Redis, inbox: RedisInbox
) -> None:
    """During a deploy it may write one over that of a newer release, and leaves the robot as is."""
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    await inbox.done(with_session(first, "s1", "chatbot-cn-a"))
    await redis.set(keys.key(keys.SESSION, first.ask.thread.encode()), "s2")
    await inbox.enqueue(question("2.0"))
    second = await taken(inbox)
    assert (second.session, second.robot) == ("s2", None)


async def test_the_space_of_a_robot_is_remembered(redis: Redis) -> None:
    spaces = RedisRobotSpaces(redis)
    await spaces.save(RobotId("chatbot-cn-a"), "space")
    assert await spaces.find(RobotId("chatbot-cn-a")) == "space"
    assert await spaces.find(RobotId("chatbot-cn-b")) == ""


async def test_a_thread_that_was_given_a_title_is_known_to_have_one(inbox: RedisInbox) -> None:
    await inbox.enqueue(question("1.0"))
    first = await taken(inbox)
    assert not first.is_titled
    await inbox.done(replace(first, record=TurnRecord(is_titled=True)))
    await inbox.enqueue(question("2.0"))
    await inbox.enqueue(question("3.0", root="3.0"))
    assert [(await taken(inbox)).is_titled for _ in range(2)] == [True, False]


async def test_a_title_that_a_person_gave_counts(inbox: RedisInbox, redis: Redis) -> None:
    await RedisOnce(redis, "title", ttl_s=60).claim("T1", "C1", "1.0")
    await inbox.enqueue(question("1.0"))
    assert (await taken(inbox)).is_titled
