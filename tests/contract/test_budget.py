"""The promises of the budget; each holds on the in-process store and on a real Redis."""

import asyncio
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from bridge.core.ports import Expense, Priority, Tariff
from bridge.store import keys
from bridge.store.budget import Learning, RedisBudget
from bridge.store.connection import open_redis
from tests.conftest import RedisServer

FINAL, FIRST, BETWEEN = Priority.FINAL, Priority.FIRST, Priority.BETWEEN
EVERY_S = 1.2  # between two edits
USUAL = Tariff(50)
TARIFFS = {
    "post": Tariff(60, is_per_channel=True, ended_by="edit"),
    "status": Tariff(600),
}


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Slack:
    """The service as it really counts; `burst` is what the budget does not know."""

    def __init__(self, clock: Clock, burst: int, interval_s: float = EVERY_S) -> None:
        self._clock = clock
        self._room_s = interval_s * (burst - 1)
        self._interval_s = interval_s
        self._booked = 0.0

    def takes(self) -> bool:
        start = max(self._booked, self._clock.now)
        if start - self._clock.now > self._room_s + 1e-6:
            return False
        self._booked = start + self._interval_s
        return True


def edit(turn: str, priority: Priority) -> Expense:
    return Expense("T1", "edit", "C1", priority, turn)


def post(turn: str, priority: Priority = FIRST, channel: str = "C1") -> Expense:
    return Expense("T1", "post", channel, priority, turn)


def status(turn: str) -> Expense:
    return Expense("T1", "status", "C1", FIRST, turn)


class Workspace:
    """Replicas that share one store and one clock."""

    def __init__(self, redis: Redis, learning: Learning | None = None) -> None:
        self.clock = Clock()
        self.redis = redis
        self.here, self.there = (
            RedisBudget(redis, TARIFFS, USUAL, learning=learning, clock=self.clock)
            for _ in range(2)
        )

    async def know_burst(self, size: int, method: str = "edit") -> None:
        """As if learned, and nothing tried for a while."""
        rest = (self.clock.now + 600) * 1000
        await self.redis.hset(keys.burst("T1", method), mapping={"size": size, "rest": rest})

    async def pay(self, calls: int) -> None:
        """As if so many had gone since the last refusal."""
        await self.redis.set(keys.taken("T1"), calls, ex=600)

    async def burst(self, method: str = "edit") -> int:
        return int(await self.redis.hget(keys.burst("T1", method), "size") or 1)

    async def waits(self, *expenses: Expense) -> list[float]:
        return [await self.here.spend(expense) for expense in expenses]

    async def gather(self, answers: int) -> None:
        """So many answers, `t0` and on, show that they are at work."""
        await self.waits(*(status(f"t{number}") for number in range(answers)))


@pytest.fixture
def work(redis: Redis) -> Workspace:
    return Workspace(redis)


async def test_a_burst_that_is_known_goes_at_once_and_then_one_call_an_interval(
    work: Workspace,
) -> None:
    await work.know_burst(4)
    waits = await work.waits(*(edit(f"t{n}", FINAL) for n in range(6)))
    assert waits[:3] == [0, 0, 0], "the fourth is kept for calls that arrive unevenly"
    assert waits[3] == pytest.approx(0.1)
    work.clock.now += waits[3]
    assert await work.here.spend(edit("t3", FINAL)) == 0
    assert await work.here.spend(edit("t4", FINAL)) == pytest.approx(EVERY_S)


async def test_final_texts_go_in_the_order_in_which_they_came_on_whatever_replica(
    work: Workspace,
) -> None:
    await work.know_burst(1)
    budgets = [work.here, work.there]
    waiting = [f"t{9 - n}" for n in range(6)]
    for number, turn in enumerate(waiting):
        await budgets[number % 2].spend(edit(turn, FINAL))
        work.clock.now += 0.001
    went = waiting[:1]
    while len(went) < len(waiting):
        work.clock.now += 0.05
        for turn in sorted(set(waiting) - set(went)):
            if await work.there.spend(edit(turn, FINAL)) == 0:
                went.append(turn)
    assert went == waiting


async def test_nobody_takes_the_place_of_a_final_text_that_waits(work: Workspace) -> None:
    await work.know_burst(1)
    assert await work.waits(edit("a", FINAL), edit("b", FINAL)) == [0, pytest.approx(1.3)]
    work.clock.now += 1.3
    assert await work.there.spend(edit("c", BETWEEN)) > 0
    assert await work.there.spend(edit("d", FIRST)) > 0
    assert await work.there.spend(edit("e", FINAL)) > 0
    assert await work.here.spend(edit("b", FINAL)) == 0


async def test_a_status_that_would_come_seconds_late_stands_in_no_line(work: Workspace) -> None:
    waits = [await work.here.spend(status(f"t{number}")) for number in range(60)]
    assert max(waits) > 3
    assert 0 < await work.redis.zcard(keys.line("T1", "status")) <= 30


async def test_a_final_text_overtakes_first_texts_that_wait(work: Workspace) -> None:
    await work.know_burst(1, "post")
    await work.waits(post("a"), post("b"), post("c"))
    work.clock.now += 0.01
    await work.here.spend(post("d", FINAL))
    work.clock.now += 1.1
    assert await work.here.spend(post("b")) > 0
    assert await work.here.spend(post("d", FINAL)) == 0


async def test_who_waits_in_line_and_never_comes_back_blocks_nobody(work: Workspace) -> None:
    await work.know_burst(1)
    await work.waits(edit("a", FINAL), edit("gone", FINAL))
    work.clock.now += 0.01
    waits = [await work.here.spend(edit("b", FINAL))]
    began = work.clock.now
    while waits[-1] > 0:
        work.clock.now += waits[-1]
        waits.append(await work.here.spend(edit("b", FINAL)))
    assert work.clock.now - began < 5
    assert await work.redis.zcard(keys.line("T1", "edit")) == 0


async def test_a_refusal_closes_the_method_for_every_replica_and_then_one_call_goes(
    work: Workspace,
) -> None:
    await work.know_burst(8)
    assert await work.here.spend(edit("a", FINAL)) == 0
    await work.here.close(edit("a", FINAL), 7)
    assert await work.there.spend(edit("b", FINAL)) >= 7
    assert await work.there.spend(edit("c", BETWEEN)) > 0
    assert await work.there.spend(post("c")) == 0, "other methods stay open"
    work.clock.now += 7
    assert await work.there.spend(edit("b", FINAL)) > 0, "whom Slack refused comes first"
    assert await work.here.spend(edit("a", FINAL)) == 0
    assert await work.there.spend(edit("b", FINAL)) == pytest.approx(EVERY_S)


async def test_posts_are_counted_by_channel(work: Workspace) -> None:
    await work.know_burst(1, "post")
    assert await work.waits(post("a", FINAL, "C1"), post("b", FINAL, "C2")) == [0, 0]
    assert await work.here.spend(post("c", FINAL, "C1")) == pytest.approx(1.1)


class TestLearning:
    async def test_one_call_at_a_time_goes_beyond_what_is_known(self, work: Workspace) -> None:
        assert await work.here.spend(edit("a", FINAL)) == 0
        assert await work.here.spend(edit("b", FINAL)) == 0, "the probe"
        assert 0 < await work.there.spend(edit("c", FINAL)) <= 0.1
        await work.here.confirm(edit("b", FINAL))
        assert await work.burst() == 2
        work.clock.now += 0.1
        assert await work.there.spend(edit("c", FINAL)) == 0

    async def test_one_probe_at_a_time_goes_out_of_all_channels(self, work: Workspace) -> None:
        assert await work.waits(post("a", FINAL, "C1"), post("b", FINAL, "C1")) == [0, 0]
        assert await work.there.spend(post("c", FINAL, "C2")) == 0
        assert await work.there.spend(post("d", FINAL, "C2")) > 0
        await work.here.confirm(post("b", FINAL, "C1"))
        work.clock.now += 0.1
        assert await work.there.spend(post("d", FINAL, "C2")) == 0

    async def test_a_refused_probe_is_the_last_for_a_while_and_costs_nothing_learned(
        self, work: Workspace
    ) -> None:
        for turn in "abc":
            assert await work.here.spend(edit(turn, FINAL)) == 0
            await work.here.confirm(edit(turn, FINAL))
        assert await work.here.spend(edit("d", FINAL)) == 0
        await work.here.close(edit("d", FINAL), 1)
        assert await work.burst() == 3
        work.clock.now += 1
        assert await work.waits(edit("d", FINAL), edit("e", FINAL)) == [0, pytest.approx(EVERY_S)]
        work.clock.now += 600
        assert await work.waits(*(edit(f"n{n}", FINAL) for n in range(2))) == [0, 0]

    async def test_a_refusal_of_what_was_thought_affordable_halves_the_burst_once(
        self, work: Workspace
    ) -> None:
        await work.know_burst(9)
        assert await work.waits(edit("a", FINAL), edit("b", FINAL)) == [0, 0]
        await work.here.close(edit("a", FINAL), 2)
        await work.there.close(edit("b", FINAL), 2)
        assert await work.burst() == 4

    async def test_a_probe_whose_outcome_is_never_known_teaches_nothing(
        self, work: Workspace
    ) -> None:
        assert await work.waits(edit("a", FINAL), edit("b", FINAL)) == [0, 0]
        work.clock.now += 3.1
        assert await work.here.spend(edit("b", FINAL)) == 0, "it goes again, and is no probe"
        await work.here.confirm(edit("b", FINAL))
        assert await work.burst() == 1

    async def test_as_many_probes_go_at_once_as_calls_have_paid_for(self, work: Workspace) -> None:
        await work.pay(300)
        assert await work.waits(*(edit(turn, FINAL) for turn in "abcd")) == [0, 0, 0, 0]
        assert await work.there.spend(edit("e", FINAL)) > 0
        for turn in "cbd":  # in whatever order they are taken
            await work.here.confirm(edit(turn, FINAL))
        assert await work.burst() == 4
        assert await work.there.spend(edit("e", FINAL)) == 0

    async def test_probes_that_are_never_heard_of_again_make_room_for_others(
        self, work: Workspace
    ) -> None:
        await work.pay(300)
        await work.waits(*(edit(turn, FINAL) for turn in "abcde"))
        work.clock.now += 3.1
        assert await work.there.spend(edit("e", FINAL)) == 0
        await work.there.confirm(edit("e", FINAL))
        assert await work.burst() == 3, "of the four before it, Slack still counts more than one"

    async def test_a_probe_that_is_taken_beside_one_that_is_refused_counts(
        self, work: Workspace
    ) -> None:
        await work.pay(300)
        await work.waits(*(edit(turn, FINAL) for turn in "abcd"))
        await work.here.close(edit("d", FINAL), 1)
        await work.here.confirm(edit("b", FINAL))
        await work.here.confirm(edit("c", FINAL))
        assert await work.burst() == 3
        work.clock.now += 1
        assert await work.waits(edit("d", FINAL), edit("e", FINAL)) == [0, pytest.approx(EVERY_S)]

    async def test_what_no_answer_waits_for_tries_nothing(self, work: Workspace) -> None:
        assert await work.here.spend(edit("", FINAL)) == 0
        assert await work.here.spend(edit("", BETWEEN)) > 0
        assert await work.here.spend(edit("", FINAL)) > 0
        work.clock.now += 1.3
        assert await work.here.spend(edit("", FINAL)) == 0

    async def test_what_was_learned_is_kept_for_a_day(self, work: Workspace) -> None:
        await work.waits(edit("a", FINAL), edit("b", FINAL))
        await work.here.confirm(edit("b", FINAL))
        assert 86_000_000 < await work.redis.pttl(keys.burst("T1", "edit")) <= 86_400_000


class TestDebts:
    async def test_no_more_is_shown_early_than_ends_can_be_paid_but_for_a_few(
        self, work: Workspace
    ) -> None:
        await work.know_burst(3)
        shown = [await work.here.spend(post(f"t{n}", channel=f"C{n}")) == 0 for n in range(8)]
        assert shown == [True] * 5 + [False] * 3

    async def test_an_end_makes_room_for_another_early_text(self, work: Workspace) -> None:
        await work.know_burst(1)
        await work.waits(*(post(f"t{n}", channel=f"C{n}") for n in range(3)))
        assert await work.here.spend(post("late", channel="C9")) > 0
        await work.waits(*(edit(f"t{n}", FINAL) for n in range(1)))
        await work.here.acquit("T1", "t1")
        await work.here.acquit("T1", "t2")
        work.clock.now += 1.2
        assert await work.here.spend(post("late", channel="C9")) == 0

    async def test_an_answer_whose_end_was_lost_owes_nothing_after_a_while(
        self, work: Workspace
    ) -> None:
        await work.know_burst(1)
        await work.waits(*(post(f"t{n}", channel=f"C{n}") for n in range(3)))
        work.clock.now += 331
        assert await work.here.spend(post("late", channel="C9")) == 0

    async def test_an_edit_between_leaves_enough_for_every_end(self, work: Workspace) -> None:
        await work.know_burst(6)
        for turn in "abc":
            assert await work.here.spend(post(turn, channel=turn)) == 0
        work.clock.now += 30
        went = [await work.here.spend(edit(turn, BETWEEN)) == 0 for turn in "abcabc"]
        assert went == [True, True, False, False, False, False]
        assert await work.waits(*(edit(turn, FINAL) for turn in "abc")) == [0, 0, 0]

    async def test_edits_between_are_spread_over_the_answers(self, work: Workspace) -> None:
        await work.know_burst(7)
        for turn in "abcd":
            assert await work.here.spend(post(turn, channel=turn)) == 0
        counts = dict.fromkeys("abcd", 0)
        for _ in range(600):
            work.clock.now += 0.1
            for turn in "abcd":
                counts[turn] += await work.here.spend(edit(turn, BETWEEN)) == 0
        assert sum(counts.values()) == pytest.approx(60 / EVERY_S, abs=5)
        assert max(counts.values()) - min(counts.values()) <= 2

    async def test_an_answer_alone_owes_nobody_but_itself(self, work: Workspace) -> None:
        await work.know_burst(1)
        assert await work.here.spend(post("a")) == 0
        assert await work.here.spend(edit("a", BETWEEN)) == 0
        assert await work.here.spend(edit("a", BETWEEN)) == pytest.approx(1.3)


class TestCrowds:
    @pytest.mark.parametrize(("answers", "early"), [(3, 3), (5, 3), (6, 1), (40, 1)])
    async def test_on_a_fresh_workspace_a_few_are_shown_early_and_of_a_crowd_one(
        self, work: Workspace, answers: int, early: int
    ) -> None:
        await work.gather(answers)
        shown = [await work.here.spend(post(f"t{n}", channel=f"C{n}")) for n in range(answers)]
        assert shown.count(0) == early

    async def test_who_asks_while_the_first_answer_grows_on_a_fresh_workspace_is_shown_at_once(
        self, work: Workspace
    ) -> None:
        await work.waits(post("a"), edit("a", BETWEEN))
        shown = [await work.here.spend(post(turn, channel=turn)) == 0 for turn in "bcd"]
        assert shown == [True, True, False]

    async def test_who_asks_while_the_first_answer_uses_a_small_budget_up_waits(
        self, work: Workspace
    ) -> None:
        await work.know_burst(1)
        await work.waits(post("a"), edit("a", BETWEEN))
        assert await work.here.spend(post("b", channel="C2")) > 0

    async def test_a_crowd_whose_ends_must_wait_anyway_is_shown_as_much_as_a_few(
        self, work: Workspace
    ) -> None:
        await work.know_burst(1)
        await work.gather(6)
        shown = [await work.here.spend(post(f"t{n}", channel=f"C{n}")) for n in range(6)]
        assert shown.count(0) == 3

    async def test_a_crowd_tries_nothing_until_enough_calls_have_paid_for_a_refusal(
        self, redis: Redis
    ) -> None:
        work = Workspace(redis, Learning(calls_a_refusal=20))
        await work.gather(6)
        assert await work.here.spend(edit("t0", FINAL)) == 0
        assert await work.here.spend(edit("t1", FINAL)) == pytest.approx(1.3)
        await work.waits(*(post("t5", FINAL, f"C{number}") for number in range(20)))
        work.clock.now += 1.3
        assert await work.waits(edit("t1", FINAL), edit("t2", FINAL)) == [0, 0]
        await work.here.close(edit("t2", FINAL), 1)
        other = [Expense("T1", "other", "C1", FINAL, turn) for turn in ("t3", "t4")]
        assert await work.waits(*other) == [0, pytest.approx(1.3)], "the next is paid for anew"

    async def test_whole_answers_of_a_crowd_are_tried_because_slack_takes_bursts_of_posts(
        self, work: Workspace
    ) -> None:
        await work.gather(6)
        assert await work.waits(post("t0", FINAL), post("t1", FINAL)) == [0, 0]

    async def test_a_crowd_is_forgotten_half_a_minute_after_it_last_wanted_a_call(
        self, work: Workspace
    ) -> None:
        await work.gather(40)
        work.clock.now += 31
        assert await work.waits(edit("a", FINAL), edit("b", FINAL)) == [0, 0]
        assert await work.redis.zcard(keys.asking("T1")) == 2

    @pytest.mark.parametrize("burst", [1, 10])
    async def test_forty_at_once_on_a_fresh_workspace_are_refused_nothing_and_late_for_nothing(
        self, work: Workspace, burst: int
    ) -> None:
        edits = Slack(work.clock, burst)
        posts = [Slack(work.clock, 5, interval_s=1) for _ in range(8)]
        began, late = work.clock.now, {}
        await work.gather(40)
        agenda = [(began + 0.1, f"t{number}") for number in range(40)]
        early: set[str] = set()
        while agenda:
            work.clock.now, turn = heappop(agenda)
            is_over, room = work.clock.now >= began + 12, int(turn[1:]) % 8
            again = BETWEEN if turn in early else FIRST
            method = edit if turn in early else partial(post, channel=f"C{room}")
            expense = method(turn, FINAL if is_over else again)
            wait_s = await work.here.spend(expense)
            if wait_s == 0:
                assert (edits if turn in early else posts[room]).takes()
                await work.here.confirm(expense)
                early.add(turn)
            if is_over and wait_s == 0:
                late[turn] = work.clock.now - began - 12
            else:
                next_at = work.clock.now + (wait_s or 3)
                heappush(agenda, (next_at if is_over else min(next_at, began + 12), turn))
        assert len(late) == 40
        assert max(late.values()) < 0.5


@pytest.mark.parametrize("burst", [10, 50])
async def test_an_answer_alone_is_edited_every_second_from_the_first_on(
    work: Workspace, burst: int
) -> None:
    slack = Slack(work.clock, burst)
    assert await work.here.spend(post("a")) == 0
    for _ in range(6):
        work.clock.now += 1
        assert await work.here.spend(edit("a", BETWEEN)) == 0
        assert slack.takes()
        await work.here.confirm(edit("a", BETWEEN))
    assert await work.here.spend(edit("a", FINAL)) == 0
    assert slack.takes()


steps = st.lists(
    st.tuples(st.floats(0, 2), st.sampled_from(Priority), st.integers(0, 5)), max_size=60
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, burst=st.integers(1, 6), jitter=st.floats(0, 0.099))
async def test_a_known_budget_is_never_overdrawn(
    redis: Redis, steps: list[tuple[float, Priority, int]], burst: int, jitter: float
) -> None:
    """Calls leave as the budget says and arrive up to `jitter` later, now and then: up to 0.1 s but
    for the millisecond that the budget rounds away.
    """
    await redis.flushall()
    work = Workspace(redis)
    await work.know_burst(burst)
    arrivals = Clock()
    slack = Slack(arrivals, burst)
    for number, (pause, priority, turn) in enumerate(steps):
        work.clock.now += pause
        budget, expense = (work.here, work.there)[number % 2], edit(f"t{turn}", priority)
        wait_s = await budget.spend(expense)
        work.clock.now += wait_s
        if wait_s == 0 or await budget.spend(expense) == 0:
            arrivals.now = max(arrivals.now, work.clock.now + jitter * (number % 2))
            assert slack.takes()


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, burst=st.integers(1, 6))
async def test_learning_costs_one_refusal_at_most(
    redis: Redis, steps: list[tuple[float, Priority, int]], burst: int
) -> None:
    await redis.flushall()
    work = Workspace(redis)
    slack = Slack(work.clock, burst)
    refusals = 0
    for number, (pause, priority, turn) in enumerate(steps):
        work.clock.now += pause
        budget, expense = (work.here, work.there)[number % 2], edit(f"t{turn}", priority)
        if await budget.spend(expense) == 0:
            if slack.takes():
                await budget.confirm(expense)
            else:
                refusals += 1
                await budget.close(expense, 2)
    assert refusals <= 1
    assert await work.burst() <= burst


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(arriving=st.permutations("bcdef"), heard=st.permutations("bcdef"), burst=st.integers(1, 6))
async def test_probes_that_overtake_each_other_never_teach_more_than_slack_takes(
    redis: Redis, arriving: list[str], heard: list[str], burst: int
) -> None:
    await redis.flushall()
    work = Workspace(redis)
    await work.pay(500)
    assert await work.waits(*(edit(turn, FINAL) for turn in "abcdef")) == [0] * 6
    slack = Slack(work.clock, burst)
    assert slack.takes()
    taken = {turn for turn in arriving if slack.takes()}
    for turn in heard:
        if turn in taken:
            await work.here.confirm(edit(turn, FINAL))
        else:
            await work.here.close(edit(turn, FINAL), 2)
    assert await work.burst() <= burst


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, burst=st.integers(1, 6))
async def test_a_crowd_is_refused_one_call_of_those_that_pay_for_it_at_most(
    redis: Redis, steps: list[tuple[float, Priority, int]], burst: int
) -> None:
    await redis.flushall()
    work = Workspace(redis, Learning(rest_s=0, few=0, calls_a_refusal=4))
    slack = Slack(work.clock, burst)
    taken = refused = 0
    for number, (pause, priority, turn) in enumerate(steps):
        work.clock.now += pause
        budget, expense = (work.here, work.there)[number % 2], edit(f"t{turn}", priority)
        if await budget.spend(expense) == 0:
            if slack.takes():
                taken += 1
                await budget.confirm(expense)
            else:
                refused += 1
                await budget.close(expense, 2)
    assert refused * 4 <= taken


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps, burst=st.integers(3, 9), shown=st.integers(2, 6))
async def test_no_end_waits_behind_an_edit_between_of_another_answer(
    redis: Redis, steps: list[tuple[float, Priority, int]], burst: int, shown: int
) -> None:
    """Wherever an edit between went, all answers that are shown may end at once."""
    await redis.flushall()
    work = Workspace(redis)
    await work.know_burst(burst)
    await work.waits(*(post(f"t{turn}", channel=f"C{turn}") for turn in range(shown)))
    for pause, _, turn in steps:
        work.clock.now += pause
        went = await work.there.spend(edit(f"t{turn}", BETWEEN)) == 0
        owing = [str(one) for one in await redis.zrange(keys.debts("T1", "edit"), 0, -1)]
        if went and set(owing) - {f"t{turn}"}:
            kept = await redis.hget(keys.gate("T1", "edit"), "booked")
            assert await work.waits(*(edit(one, FINAL) for one in owing)) == [0] * len(owing)
            await redis.hset(keys.gate("T1", "edit"), "booked", str(kept))
            await redis.zadd(keys.debts("T1", "edit"), dict.fromkeys(owing, work.clock.now * 1000))


class TestWithoutRedis:
    async def test_everything_is_affordable_but_what_was_refused_here(self, tmp_path: Path) -> None:
        async with open_redis(f"unix://{tmp_path}/nobody.sock") as redis:
            budget = RedisBudget(redis, TARIFFS, USUAL)
            assert [await budget.spend(edit("a", BETWEEN)) for _ in range(3)] == [0, 0, 0]
            await budget.close(edit("a", BETWEEN), 9)
            assert await budget.spend(edit("b", FINAL)) > 8
            assert await budget.spend(post("b")) == 0

    async def test_a_silent_store_is_waited_for_once_and_asked_again_later(
        self, own_redis: RedisServer
    ) -> None:
        async with open_redis(own_redis.url, timeout_s=0.3) as redis:
            budget = RedisBudget(redis, TARIFFS, USUAL, respite_s=0.5)
            assert await budget.spend(edit("a", BETWEEN)) == 0
            own_redis.freeze()
            loop = asyncio.get_running_loop()
            began = loop.time()
            assert [await budget.spend(edit("a", FINAL)) for _ in range(20)] == [0] * 20
            assert loop.time() - began < 0.5
            own_redis.thaw()
            await asyncio.sleep(0.5)
            waits = [await budget.spend(edit("a", FINAL)) for _ in range(4)]
            assert waits[-1] > 0, "the store counts again"


async def test_every_key_is_forgotten_in_the_end(work: Workspace) -> None:
    await work.waits(post("a"), edit("a", BETWEEN), edit("a", FINAL), edit("b", FINAL))
    await work.here.close(edit("b", FINAL), 1)
    await work.waits(post("b", FINAL))
    assert [key async for key in work.redis.scan_iter() if await work.redis.ttl(key) < 0] == []
