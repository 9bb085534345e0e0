"""Stop, reset and rating: what overtakes the questions that wait."""

import time
from dataclasses import dataclass, replace

import pytest
from redis.asyncio import Redis

from bridge.core.commands import CommandResult, Rate, Stop
from bridge.core.model import Ask, Kind, SessionId, Source, ThreadKey, TurnId, TurnRecord, turn_id
from bridge.core.ports import Delivery, LeaseState
from bridge.store import keys
from bridge.store.dead_letters import DeadLetters
from bridge.store.inbox import RedisInbox
from bridge.store.repositories import RedisAnswerSources, RedisOnce, RedisRatings
from tests.contract.inboxes import open_inbox

THREAD = ThreadKey("T1", "C1", "1.0")
SOON = "9999999999.0"  # after whatever begins in a test


@pytest.fixture
def inbox(redis: Redis) -> RedisInbox:
    return open_inbox(redis, session_ttl_s=60)


@dataclass
class Sessions:
    """What the next turn of a thread would be told."""

    redis: Redis

    async def find(self, thread: ThreadKey) -> str | None:
        found = await self.redis.get(keys.key(keys.SESSION, thread.encode()))
        return str(found) if found else None


@pytest.fixture
def sessions(redis: Redis) -> Sessions:
    return Sessions(redis)


def question(
    ts: str, *, thread: ThreadKey = THREAD, user: str = "U1", kind: Kind = Kind.ASK
) -> Ask:
    turn = turn_id(thread.team, thread.channel, f"message:{ts}")
    return Ask(turn, thread, user, ts, "?", kind=kind)


async def running(inbox: RedisInbox, ask: Ask) -> Delivery:
    await inbox.enqueue(ask)
    delivery = await inbox.take()
    assert delivery is not None
    assert delivery.ask == ask
    return delivery


class TestStop:
    async def test_the_running_answer_hears_of_it_with_its_next_beat(
        self, inbox: RedisInbox
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.STOPPING
        assert await inbox.beat([delivery]) == [LeaseState.STOP]

    async def test_what_waits_behind_it_stays(self, inbox: RedisInbox) -> None:
        delivery = await running(inbox, question("1.0"))
        await inbox.enqueue(question("1.5"))
        await inbox.stop(Stop(THREAD, "U1", "2.0"))
        await inbox.done(delivery)
        behind = await inbox.take()
        assert behind is not None
        assert behind.ask == question("1.5")
        assert await inbox.beat([behind]) == [LeaseState.HELD]

    async def test_it_never_binds_to_what_was_asked_after_it(self, inbox: RedisInbox) -> None:
        delivery = await running(inbox, question("3.0"))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        assert await inbox.beat([delivery]) == [LeaseState.HELD]

    async def test_only_the_asker_may_unless_anybody_may(self, redis: Redis) -> None:
        inbox = open_inbox(redis)
        delivery = await running(inbox, question("1.0", user="U1"))
        assert await inbox.stop(Stop(THREAD, "U2", "2.0")) is CommandResult.NOT_YOURS
        assert await inbox.beat([delivery]) == [LeaseState.HELD]
        anybody = open_inbox(redis, anybody_stops=True)
        assert await anybody.stop(Stop(THREAD, "U2", "2.0")) is CommandResult.STOPPING
        assert await inbox.beat([delivery]) == [LeaseState.STOP]

    async def test_a_button_stops_its_own_answer_and_no_other(self, inbox: RedisInbox) -> None:
        first, second = question("1.0"), question("1.5")
        delivery = await running(inbox, first)
        await inbox.enqueue(second)
        await inbox.done(delivery)
        assert await inbox.take() is not None
        assert (
            await inbox.stop(Stop(THREAD, "U1", "2.0", turn=first.turn)) is CommandResult.NOT_FOUND
        )
        assert (
            await inbox.stop(Stop(THREAD, "U1", "2.1", turn=second.turn)) is CommandResult.STOPPING
        )

    async def test_a_question_that_nobody_has_taken_yet_is_stopped_once_it_is(
        self, inbox: RedisInbox
    ) -> None:
        await inbox.enqueue(question("1.0"))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.STOPPING
        delivery = await inbox.take()
        assert delivery is not None
        assert await inbox.beat([delivery]) == [LeaseState.STOP]

    async def test_an_answer_handed_over_stays_stopped(self, inbox: RedisInbox) -> None:
        delivery = await running(inbox, question("1.0"))
        await inbox.record(delivery, TurnRecord(asks=1))
        await inbox.give_back(delivery)
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.STOPPING
        taken = await inbox.take()
        assert taken is not None
        assert await inbox.beat([taken]) == [LeaseState.STOP]

    async def test_where_nothing_runs_there_is_nothing_to_stop(self, inbox: RedisInbox) -> None:
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        await inbox.done(await running(inbox, question("1.0")))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND

    async def test_anywhere_means_the_newest_that_runs_in_the_channel(
        self, inbox: RedisInbox
    ) -> None:
        threads = {ts: ThreadKey("T1", "D1", ts) for ts in ("1.0", "2.0", "4.0")}
        deliveries = [
            await running(inbox, question(ts, thread=thread)) for ts, thread in threads.items()
        ]
        other = await running(inbox, question("2.5", thread=ThreadKey("T1", "D11", "2.5")))
        stop = Stop(ThreadKey("T1", "D1", "3.0"), "U1", "3.0", is_anywhere=True)
        assert await inbox.stop(stop) is CommandResult.STOPPING
        assert await inbox.beat([*deliveries, other]) == [
            LeaseState.HELD, LeaseState.STOP, LeaseState.HELD, LeaseState.HELD,
        ]  # fmt: skip

    async def test_the_same_wish_delivered_again_stops_nothing_that_came_next(
        self, inbox: RedisInbox
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        await inbox.enqueue(question("1.5"))
        stop = Stop(THREAD, "U1", SOON)
        assert await inbox.stop(stop) is CommandResult.STOPPING
        await inbox.done(delivery)
        behind = await inbox.take()
        assert behind is not None
        assert await inbox.stop(stop) is CommandResult.DUPLICATE
        assert await inbox.beat([behind]) == [LeaseState.HELD]

    async def test_a_request_that_comes_late_stops_nothing_that_began_after_it(
        self, inbox: RedisInbox
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        await inbox.enqueue(question("1.5"))
        await inbox.done(delivery)
        behind = await inbox.take()
        assert behind is not None
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        assert await inbox.beat([behind]) == [LeaseState.HELD]
        assert await inbox.stop(Stop(THREAD, "U1", SOON)) is CommandResult.STOPPING

    async def test_a_request_that_is_nobody_elses_business_is_declined_once(
        self, inbox: RedisInbox
    ) -> None:
        await running(inbox, question("1.0", user="U1"))
        assert await inbox.stop(Stop(THREAD, "U2", "2.0")) is CommandResult.NOT_YOURS
        assert await inbox.stop(Stop(THREAD, "U2", "2.0")) is CommandResult.DUPLICATE

    async def test_a_request_that_found_nothing_may_be_answered_again(
        self, inbox: RedisInbox
    ) -> None:
        """What it is answered with may have got lost on the way."""
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        await running(inbox, question("1.0"))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND

    async def test_a_button_binds_to_its_answer_whatever_the_clocks_say(
        self, inbox: RedisInbox
    ) -> None:
        """A question out of a modal bears the time of our own clock."""
        ahead = question("3.0")
        delivery = await running(inbox, ahead)
        assert (
            await inbox.stop(Stop(THREAD, "U1", "2.0", turn=ahead.turn)) is CommandResult.STOPPING
        )
        assert await inbox.beat([delivery]) == [LeaseState.STOP]

    async def test_what_an_older_release_has_put_is_its_askers_as_well(
        self, inbox: RedisInbox, redis: Redis
    ) -> None:
        ask = question("3.0", user="U1")
        delivery = await running(inbox, ask)
        await redis.hdel(keys.key(keys.TURN, "T1", ask.turn), "since", "user", "ts")
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        assert await inbox.stop(Stop(THREAD, "U2", "4.0")) is CommandResult.NOT_YOURS
        assert await inbox.beat([delivery]) == [LeaseState.HELD]

    @pytest.mark.parametrize("command", ["", '{"turn": "half a wri'])
    async def test_a_turn_of_which_nothing_readable_is_left_cannot_be_stopped(
        self, inbox: RedisInbox, redis: Redis, command: str
    ) -> None:
        ask = question("1.0")
        await inbox.enqueue(ask)
        key = keys.key(keys.TURN, "T1", ask.turn)
        await (redis.hset(key, "command", command) if command else redis.delete(key))
        assert await inbox.stop(Stop(THREAD, "U1", "2.0")) is CommandResult.NOT_FOUND
        assert await inbox.take() is None


async def answered(inbox: RedisInbox, ts: str, session: str) -> None:
    """A question of the thread, answered in this session."""
    delivery = await running(inbox, question(ts))
    await inbox.done(replace(delivery, record=TurnRecord(asks=1, session=SessionId(session))))


class TestSession:
    @pytest.mark.parametrize("is_buried", [False, True])
    async def test_the_thread_knows_it_as_soon_as_the_turn_is_over(
        self, inbox: RedisInbox, sessions: Sessions, redis: Redis, *, is_buried: bool
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        known = replace(delivery, record=TurnRecord(asks=1, session=SessionId("s")))
        assert await sessions.find(THREAD) is None
        end = inbox.bury(known, "why") if is_buried else inbox.done(known)
        assert await end is LeaseState.HELD
        assert await sessions.find(THREAD) == "s"
        assert 0 < await redis.pttl(keys.key(keys.SESSION, THREAD.encode())) <= 60_000

    async def test_a_turn_without_one_leaves_the_threads_alone(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        await answered(inbox, "1.0", "s")
        await inbox.done(await running(inbox, question("2.0")))
        assert await sessions.find(THREAD) == "s"

    async def test_whoever_lost_the_turn_does_not_say_what_its_session_was(
        self, inbox: RedisInbox, sessions: Sessions, redis: Redis
    ) -> None:
        late = await running(inbox, question("1.0"))
        late = replace(late, record=TurnRecord(asks=1, session=SessionId("late")))
        await redis.zadd(keys.RUNNING, {THREAD.encode(): 0})
        assert await inbox.take()
        assert await inbox.done(late) is LeaseState.LOST
        assert await inbox.bury(late, "why") is LeaseState.LOST
        assert await sessions.find(THREAD) is None

    @pytest.mark.parametrize(("since", "kept"), [("", "s"), ("newer", "newer")])
    async def test_after_the_store_was_emptied_it_is_kept_unless_there_is_a_newer_one(
        self, inbox: RedisInbox, sessions: Sessions, redis: Redis, since: str, kept: str
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        await redis.flushall()
        if since:
            await answered(inbox, "2.0", since)
        known = replace(delivery, record=TurnRecord(asks=1, session=SessionId("s")))
        assert await inbox.done(known) is LeaseState.GONE
        assert await sessions.find(THREAD) == kept

    async def test_a_turn_given_back_takes_along_what_the_store_had_not_been_told(
        self, inbox: RedisInbox
    ) -> None:
        delivery = await running(inbox, question("1.0"))
        known = TurnRecord(asks=1, session=SessionId("s"), has_frames=True, partial="It r")
        assert await inbox.give_back(replace(delivery, record=known)) is LeaseState.HELD
        again = await inbox.take()
        assert again is not None
        assert again.record == known


class TestReset:
    async def test_the_session_is_forgotten_when_its_turn_has_come(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        await answered(inbox, "1.0", "old")
        reset = await running(inbox, question("2.0", kind=Kind.RESET))
        assert await sessions.find(THREAD) == "old"
        assert await inbox.reset(reset) is LeaseState.HELD
        assert await sessions.find(THREAD) is None

    async def test_what_waits_before_it_is_still_asked_in_the_old_session(
        self, inbox: RedisInbox
    ) -> None:
        first = await running(inbox, question("1.0"))
        await inbox.enqueue(question("1.5"))
        await inbox.enqueue(question("2.0", kind=Kind.RESET))
        await inbox.done(replace(first, record=TurnRecord(session=SessionId("old"))))
        second = await inbox.take()
        assert second is not None
        assert (second.ask.ts, second.session) == ("1.5", "old")

    async def test_who_has_lost_the_turn_resets_nothing(
        self, redis: Redis, sessions: Sessions
    ) -> None:
        inbox = RedisInbox(redis, lease_s=0)
        await answered(inbox, "1.0", "old")
        reset = await running(inbox, question("2.0", kind=Kind.RESET))
        assert await inbox.take() is not None
        assert await inbox.reset(reset) is LeaseState.LOST
        assert await sessions.find(THREAD) == "old"

    async def test_a_question_of_before_that_is_asked_later_writes_no_session_back(
        self, redis: Redis, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        dead = await running(inbox, question("1.0"))
        await inbox.bury(dead, "a bug")
        reset = await running(inbox, question("2.0", kind=Kind.RESET))
        await inbox.reset(reset)
        await inbox.done(reset)
        (letter,) = await DeadLetters(redis).all()
        assert await DeadLetters(redis).retry(letter)
        again = await inbox.take()
        assert again is not None
        await inbox.done(replace(again, record=TurnRecord(session=SessionId("old"))))
        assert await sessions.find(THREAD) is None
        await answered(inbox, "2.1", "new")
        assert await sessions.find(THREAD) == "new"

    async def test_a_second_delivery_of_a_reset_forgets_no_newer_session(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        reset = await running(inbox, question("2.0", kind=Kind.RESET))
        await inbox.reset(reset)
        await inbox.done(reset)
        await answered(inbox, "2.1", "new")
        assert await inbox.enqueue(question("2.0", kind=Kind.RESET)) is CommandResult.DUPLICATE
        assert await sessions.find(THREAD) == "new"

    async def test_a_reset_that_comes_later_than_a_newer_session_leaves_it_alone(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        await answered(inbox, "3.0", "new")
        assert await inbox.enqueue(question("2.0", kind=Kind.RESET)) is CommandResult.OVERTAKEN
        assert await inbox.take() is None
        assert await sessions.find(THREAD) == "new"

    async def test_a_reset_that_waited_for_a_later_question_leaves_its_session_alone(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        later = await running(inbox, question("3.0"))
        await inbox.enqueue(question("2.0", kind=Kind.RESET))
        await inbox.done(replace(later, record=TurnRecord(session=SessionId("new"))))
        reset = await inbox.take()
        assert reset is not None
        assert await inbox.reset(reset) is LeaseState.HELD
        assert await sessions.find(THREAD) == "new"

    async def test_a_reset_that_an_old_post_was_edited_into_counts_from_the_edit(
        self, inbox: RedisInbox, sessions: Sessions
    ) -> None:
        await answered(inbox, "3.0", "old")
        reset = replace(question("2.0", kind=Kind.RESET), asked_ts="4.0")
        assert await inbox.enqueue(reset) is CommandResult.ACCEPTED
        taken = await inbox.take()
        assert taken is not None
        await inbox.reset(taken)
        assert await sessions.find(THREAD) is None

    async def test_a_human_is_called_once_in_a_thread(self, redis: Redis) -> None:
        once, place = RedisOnce(redis, "handover", ttl_s=60), THREAD.encode()
        assert await once.claim(place)
        assert not await once.claim(place)
        assert await once.claim("elsewhere")
        await once.release(place)
        assert await once.claim(place)


class TestRating:
    GOOD = Rate(TurnId("t"), THREAD, "U1", SessionId("s"), "a", is_good=True)
    BAD = Rate(TurnId("t"), THREAD, "U1", SessionId("s"), "a", is_good=False)
    WHY = Rate(TurnId("t"), THREAD, "U1", SessionId("s"), "a", is_good=False, comment="wrong")

    async def test_the_same_word_counts_once_and_another_is_news(self, redis: Redis) -> None:
        one, other = RedisRatings(redis), RedisRatings(redis)
        assert await one.add(self.GOOD)
        assert not await other.add(self.GOOD)
        assert await other.add(self.BAD)
        assert await one.add(self.WHY)
        assert not await one.add(self.WHY)

    async def test_the_same_thumb_after_the_reason_is_no_news(self, redis: Redis) -> None:
        ratings = RedisRatings(redis)
        assert await ratings.add(self.BAD)
        assert await ratings.add(self.WHY)
        assert not await ratings.add(self.BAD)
        assert not await ratings.add(self.WHY)

    async def test_a_reason_counts_again_for_who_has_changed_sides(self, redis: Redis) -> None:
        ratings = RedisRatings(redis)
        for rate in (self.WHY, self.GOOD, self.BAD, self.WHY):
            assert await ratings.add(rate)

    async def test_a_reason_that_did_not_get_through_leaves_the_thumb_as_it_was(
        self, redis: Redis
    ) -> None:
        ratings = RedisRatings(redis)
        await ratings.add(self.BAD)
        await ratings.add(self.WHY)
        await ratings.remove(self.WHY)
        assert not await ratings.add(self.BAD)
        assert await ratings.add(self.WHY)

    async def test_who_rated_what_is_told_for_a_week(self, redis: Redis) -> None:
        ratings = RedisRatings(redis)
        for rate in (self.BAD, self.WHY, replace(self.GOOD, user="U2")):
            await ratings.add(rate)
        await ratings.add(replace(self.GOOD, answer_id="b", user="U3"))
        await redis.expire("{bridge}:rating:T1:b", 86_400)  # six days ago
        bad, good, old = await ratings.all()
        assert (bad.user, bad.is_good, bad.reason, bad.answer_id) == ("U1", False, "wrong", "a")
        assert (good.user, good.is_good, good.reason) == ("U2", True, "")
        assert (bad.thread, bad.turn, bad.session) == (THREAD.encode(), "t", "s")
        assert old.user == "U3"
        assert 5.9 * 86_400 < bad.rated_at - old.rated_at < 6.1 * 86_400
        assert abs(bad.rated_at - time.time()) < 60
        assert 0 < await redis.ttl("{bridge}:rating:T1:a") <= 7 * 86_400

    async def test_what_did_not_get_through_may_be_said_again(self, redis: Redis) -> None:
        ratings = RedisRatings(redis)
        assert await ratings.add(self.GOOD)
        await ratings.remove(self.GOOD)
        assert await ratings.add(self.GOOD)


async def test_sources_are_kept_whole_and_missed_calmly(redis: Redis) -> None:
    answer_sources, sources = (
        RedisAnswerSources(redis),
        [Source(1, "指南 <b>", "「引文」"), Source(2, "Two")],
    )
    await answer_sources.save(Ask(TurnId("t"), THREAD, "U1", "1.0", "how?"), sources)
    assert await answer_sources.find("T1", TurnId("t")) == sources
    assert await answer_sources.find("T1", TurnId("other")) == []
    assert 0 < await redis.ttl("{bridge}:sources:T1:t") <= 7 * 86_400
