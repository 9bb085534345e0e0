"""The promises of the rate limits; each holds on the in-process store and on a real Redis."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bridge.core.limits import AcquireResult, Call, Priority, RateLimit
from bridge.store.buckets import RedisBuckets
from bridge.store.connection import open_redis
from tests.conftest import RedisServer

FINAL, FIRST, PROGRESS = Priority.FINAL, Priority.FIRST, Priority.PROGRESS
EVERY_S = 1.2  # between two edits
DAY_S = 86_400
LENGTH_S = 12.0
DEFAULT = RateLimit(50, burst=20)
LIMITS = {
    "post": RateLimit(60, burst=5, is_per_channel=True, grows_by="edit", ended_by="edit"),
    "edit": RateLimit(50, burst=20, grows_by="edit", ended_by="edit"),
    "start": RateLimit(20, burst=10, alike="stop", grows_by="append", ended_by="stop"),
    "append": RateLimit(100, burst=20, grows_by="append", ended_by="stop"),
    "stop": RateLimit(20, burst=10, grows_by="append", ended_by="stop"),
}


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Workspace:
    """Replicas that share one store and one clock."""

    def __init__(self, redis: Redis, jitter_s: float = 0.1) -> None:
        self.clock = Clock()
        self.redis = redis
        self.here, self.there = (
            RedisBuckets(redis, LIMITS, DEFAULT, jitter_s=jitter_s, clock=self.clock)
            for _ in range(2)
        )

    async def takes(self, *calls: Call) -> list[bool]:
        """Which of them may go at once, turn and turn about here and there."""
        both = (self.here, self.there)
        results = [
            await both[number % 2].acquire([call], LENGTH_S, 0.0)
            for number, call in enumerate(calls)
        ]
        return [result.wait_s == 0 for result in results]

    async def acquire(self, *calls: Call) -> AcquireResult:
        return await self.here.acquire(calls, LENGTH_S, 0.0)

    async def prove(self) -> None:
        """More than half of the guess is taken at once, and has rested."""
        await self.takes(*[call("edit")] * 11)
        self.clock.now += 30

    async def refuse(self, method: str, times: int = 8) -> None:
        """Eight times leave one call at once."""
        for _ in range(times):
            await self.here.shrink(call(method), 0, 1)
            self.clock.now += 30

    async def size(self, method: str = "edit") -> int:
        """How many calls go at once once the method has rested."""
        self.clock.now += 30
        return (await self.takes(*[call(method) for _ in range(30)])).count(True)


def call(
    method: str,
    priority: Priority = FINAL,
    turn: str = "",
    *,
    channel: str = "C1",
    longest_gap_s: float = 0.0,
) -> Call:
    return Call("T1", method, channel, priority, turn, longest_gap_s)


def firsts(method: str, count: int, longest_gap_s: float = 3.3) -> list[Call]:
    """First texts of `t0` and on, each in a channel of its own."""
    return [
        call(method, FIRST, f"t{number}", channel=f"C{number}", longest_gap_s=longest_gap_s)
        for number in range(count)
    ]


@pytest.fixture
def work(redis: Redis) -> Workspace:
    return Workspace(redis)


async def test_a_burst_goes_at_once_and_then_one_call_an_interval(work: Workspace) -> None:
    went = await work.takes(*[call("edit")] * 21)
    assert went == [True] * 19 + [False] * 2, "the last is kept for calls that arrive unevenly"
    assert (await work.acquire(call("edit"))).wait_s == pytest.approx(0.1)
    work.clock.now += 0.1
    assert (await work.acquire(call("edit"))).wait_s == 0
    assert (await work.acquire(call("edit"))).wait_s == pytest.approx(EVERY_S)


async def test_methods_and_channels_are_counted_apart(work: Workspace) -> None:
    await work.takes(*[call("edit")] * 30, *[call("post")] * 30)
    elsewhere = [call("stop"), call("post", channel="C2"), call("users.info")]
    assert await work.takes(*elsewhere) == [True] * 3


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.floats(0, 8), st.booleans()), max_size=60))
async def test_never_more_goes_than_the_limit_allows_however_calls_come(
    redis: Redis, coming: list[tuple[float, bool]]
) -> None:
    await redis.flushall()
    work = Workspace(redis, jitter_s=0.0)
    went: list[float] = []
    for pause_s, is_final in coming:
        work.clock.now += pause_s
        if await work.takes(call("edit", FINAL if is_final else PROGRESS, "t0")) == [True]:
            went.append(work.clock.now)
    for first, start in enumerate(went):
        for last, end in enumerate(went[first:], first):
            assert last - first + 1 <= 20 + (end - start) / EVERY_S + 0.01


class TestRefusals:
    async def test_where_one_method_takes_no_two_at_once_its_like_is_not_tried(
        self, work: Workspace
    ) -> None:
        await work.here.shrink(call("start"), 4, 2)
        assert await work.size("stop") == 9
        await work.here.shrink(call("start"), 1, 2)
        assert await work.size("stop") == 1
        assert await work.size("edit") == 19

    async def test_a_refusal_closes_the_method_for_every_replica(self, work: Workspace) -> None:
        result = await work.acquire(call("edit"))
        await work.here.shrink(call("edit"), result.ahead, 7)
        there = await work.there.acquire([call("edit")], LENGTH_S, 0.0)
        assert there.wait_s == pytest.approx(7, abs=0.2)
        assert await work.takes(call("post")) == [True], "other methods stay open"
        work.clock.now += 7
        assert await work.takes(call("edit"), call("edit")) == [True, False], "one call, no burst"

    async def test_so_many_as_slack_took_go_at_once_from_then_on(self, work: Workspace) -> None:
        await work.takes(*[call("edit")] * 6)
        result = await work.acquire(call("edit"))
        assert result.ahead == pytest.approx(6, abs=0.1)
        await work.here.shrink(call("edit"), result.ahead, 2)
        assert await work.size() == 5, "six, one of them kept"

    async def test_a_refusal_halves_the_burst_at_least(self, work: Workspace) -> None:
        await work.takes(*[call("edit")] * 15)
        await work.here.shrink(call("edit"), 15, 2)
        assert await work.size() == 9

    async def test_calls_under_way_together_are_punished_once(self, work: Workspace) -> None:
        await work.takes(*[call("edit")] * 15)
        for used in (15, 14, 16):
            await work.here.shrink(call("edit"), used, 2)
        assert await work.size() == 9

    async def test_no_refusal_leaves_less_than_one_call(self, work: Workspace) -> None:
        for _ in range(8):
            await work.here.shrink(call("edit"), 0, 1)
            work.clock.now += 30
        assert await work.size() == 1

    async def test_each_quiet_day_doubles_what_is_left_up_to_the_guess(
        self, work: Workspace
    ) -> None:
        await work.here.shrink(call("edit"), 3, 1)
        sizes = [await work.size()]
        for _ in range(4):
            work.clock.now += DAY_S
            sizes.append(await work.size())
        assert sizes == [2, 5, 11, 19, 19]


class TestPriorities:
    async def test_about_eight_answers_may_begin_that_everybody_sees_grow(
        self, work: Workspace
    ) -> None:
        await work.prove()
        assert (await work.takes(*firsts("post", 20))).count(True) == 8
        assert (await work.takes(*firsts("start", 20))).count(True) == 9, "then some stream"

    async def test_a_few_more_may_begin_that_grow_sluggishly(self, work: Workspace) -> None:
        await work.prove()
        await work.takes(*firsts("post", 20))
        assert (await work.takes(*firsts("post", 20, 5.0)[8:])).count(True) in {4, 5}

    async def test_a_third_of_the_guess_may_begin_before_slack_has_taken_many_at_once(
        self, work: Workspace
    ) -> None:
        assert (await work.takes(*firsts("post", 20, 5.0))).count(True) == 6

    async def test_it_is_told_whether_slack_has_taken_more_than_half_of_the_guess(
        self, work: Workspace
    ) -> None:
        told = [(await work.acquire(call("edit", PROGRESS, "t0"))).is_proven for _ in range(12)]
        assert told == [False] * 10 + [False, True]

    async def test_no_more_streams_begin_than_may_end_at_once(self, work: Workspace) -> None:
        assert (await work.takes(*firsts("start", 20, 5.0))).count(True) == 9

    async def test_starts_that_slack_refuses_hold_back_streams_but_no_ends(
        self, work: Workspace
    ) -> None:
        assert await work.takes(*firsts("start", 5)) == [True] * 5
        await work.here.shrink(call("start"), 4, 3)
        work.clock.now += 3
        assert await work.takes(*firsts("start", 6)[5:]) == [False]
        stops = [call("stop", FINAL, f"t{number}") for number in range(9)]
        assert await work.takes(*stops) == [True] * 9

    async def test_an_end_makes_room_for_another_beginning(self, work: Workspace) -> None:
        *_, late = firsts("post", 7)
        await work.takes(*firsts("post", 6))
        assert await work.takes(late) == [False]
        await work.takes(call("edit", FINAL, "t0"))
        work.clock.now += 2 * EVERY_S
        assert await work.takes(late) == [True]

    async def test_an_answer_that_needs_no_end_makes_room_too(self, work: Workspace) -> None:
        *_, late = firsts("post", 7)
        await work.takes(*firsts("post", 6))
        await work.there.release("T1", "t3")
        assert await work.takes(late) == [True]

    async def test_an_answer_whose_end_was_lost_holds_nothing_for_ever(
        self, work: Workspace
    ) -> None:
        await work.takes(*firsts("post", 6))
        work.clock.now += 331
        assert (await work.takes(*firsts("post", 9))).count(True) == 6

    async def test_progress_leaves_enough_for_every_end_that_is_near(self, work: Workspace) -> None:
        await work.prove()
        await work.takes(*firsts("post", 8))
        work.clock.now += LENGTH_S - 1
        while await work.takes(call("edit", PROGRESS, "t0")) == [True]:
            pass
        ends = [call("edit", FINAL, f"t{number}") for number in range(8)]
        assert (await work.takes(*ends)).count(True) == 7
        work.clock.now += 1
        assert await work.takes(ends[7]) == [True]

    async def test_who_has_waited_for_a_first_text_is_expected_to_end_sooner(
        self, work: Workspace
    ) -> None:
        await work.refuse("edit")
        (first,) = firsts("post", 1)
        await work.here.acquire([first], LENGTH_S, LENGTH_S - 1)
        assert await work.takes(call("edit", PROGRESS, "t0")) == [False]
        await work.here.release("T1", "t0")
        await work.here.acquire([first], LENGTH_S, 0.0)
        assert await work.takes(call("edit", PROGRESS, "t0")) == [True]

    async def test_an_answer_alone_is_edited_even_where_slack_takes_one_call_at_once(
        self, work: Workspace
    ) -> None:
        await work.refuse("edit")
        await work.takes(*firsts("post", 1))
        went = []
        for _ in range(40):
            work.clock.now += 1.0
            went += await work.takes(call("edit", PROGRESS, "t0"))
        assert went.count(True) >= 15

    async def test_a_whole_answer_is_posted_whatever_others_need(self, work: Workspace) -> None:
        await work.takes(*firsts("post", 20))
        assert await work.takes(call("post", FINAL, "t19", channel="C19")) == [True]

    async def test_streams_and_edits_are_two_budgets(self, work: Workspace) -> None:
        await work.takes(*firsts("start", 5))
        before = await work.acquire(call("edit", PROGRESS, "t9"))
        assert before.answers == 1
        assert before.left == pytest.approx(19, abs=0.2)
        result = await work.acquire(call("append", PROGRESS, "t0"))
        assert result.answers == 5
        assert result.left == pytest.approx(19, abs=0.2)
        await work.acquire(call("stop", FINAL, "t0"))
        result = await work.acquire(call("append", PROGRESS, "t1"))
        assert result.answers == 4

    async def test_of_several_calls_the_first_that_may_go_is_booked(self, work: Workspace) -> None:
        await work.takes(*firsts("post", 6))
        ways = [firsts(method, 7)[6] for method in ("post", "start")]
        result = await work.acquire(*ways)
        assert (result.wait_s, result.which, result.answers) == (0, 1, 1)
        assert await work.takes(*[call("start")] * 10) == [True] * 8 + [False] * 2
        result = await work.acquire(firsts("post", 9)[8], call("start", FIRST, "t8"))
        assert result.wait_s == pytest.approx(0.1), "the soonest"


class TestStoreAway:
    async def test_everything_may_go(self, own_redis: RedisServer) -> None:
        async with open_redis(own_redis.url, timeout_s=0.3) as redis:
            work = Workspace(redis)
            own_redis.kill()
            assert await work.takes(*[call("edit")] * 40) == [True] * 40
            await work.here.shrink(call("edit"), 0, 1)
            await work.here.release("T1", "t0")

    async def test_a_store_that_hangs_is_left_alone_for_a_while(
        self, own_redis: RedisServer
    ) -> None:
        async with open_redis(own_redis.url, timeout_s=0.2) as redis:
            work = Workspace(redis)
            own_redis.freeze()
            loop = asyncio.get_running_loop()
            await work.takes(call("edit"), call("edit"))
            began = loop.time()
            await work.takes(*[call("edit")] * 20)
            assert loop.time() - began < 2.0, "a twentieth of them waited for it"
            own_redis.thaw()
