"""Who waits for a call, in which order, and what a refusal teaches this process."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bridge.core.background import cancel_and_wait
from bridge.core.errors import RateLimited
from bridge.core.limits import AcquireResult, Call, Priority, RateLimit
from bridge.slack.api.limiter import Limiter, Permit

FINAL, FIRST, PROGRESS = Priority.FINAL, Priority.FIRST, Priority.PROGRESS
DEFAULT = RateLimit(50, burst=20)
LIMITS = {
    "post": RateLimit(60, burst=5, is_per_channel=True, grows_by="edit", ended_by="edit"),
    "edit": RateLimit(50, burst=20, grows_by="edit", ended_by="edit"),
    "start": RateLimit(20, burst=10, grows_by="append", ended_by="stop"),
}


@dataclass
class GatedBuckets:
    """Buckets that are empty until `open`; `ahead` is how deep in its burst the next call is."""

    is_open: bool = True
    empty: set[str] = field(default_factory=set)
    ahead: int = 0
    asked: list[Call] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)
    wait_s: float = 60.0
    is_proven: bool = False
    waited_s: float = 0.0

    async def acquire(
        self, calls: Sequence[Call], length_s: float, waited_s: float
    ) -> AcquireResult:
        self.asked += calls
        self.lengths.append(length_s)
        self.waited_s = waited_s
        await asyncio.sleep(0)
        for which, call in enumerate(calls if self.is_open else ()):
            if call.method not in self.empty:
                return AcquireResult(0, which, self.ahead, 10, 2, self.is_proven)
        return AcquireResult(wait_s=self.wait_s)

    async def shrink(self, call: Call, ahead: int, after_s: float) -> None:
        self.told.append(f"{call.method} refused behind {ahead} for {after_s} s")

    async def release(self, team: str, turn: str) -> None:
        self.told.append(f"{team} {turn} released")


@pytest.fixture
def tap() -> GatedBuckets:
    return GatedBuckets()


@pytest.fixture
def limiter(tap: GatedBuckets) -> Limiter:
    return Limiter(tap, LIMITS, DEFAULT)


def call(method: str, priority: Priority, turn: str = "t", channel: str = "C1") -> Call:
    return Call("T1", method, channel, priority, turn)


def waiting(limiter: Limiter, *calls: Call) -> asyncio.Task[Permit]:
    return asyncio.create_task(limiter.acquire(*calls))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_may_go_goes_at_once(limiter: Limiter, tap: GatedBuckets) -> None:
    permit = await limiter.acquire(call("edit", FINAL))
    assert (permit.call.method, len(tap.asked)) == ("edit", 1)


async def test_the_most_urgent_goes_first_and_those_alike_in_their_order(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.wait_s = 0.01
    tap.is_open = False
    went: list[str] = []
    wanted = [call("edit", PROGRESS, "p"), call("edit", FINAL, "a"), call("edit", FINAL, "b")]
    tasks = []
    for one in wanted:
        tasks.append(waiting(limiter, one))
        tasks[-1].add_done_callback(lambda task: went.append(task.result().call.turn))
        await settle()
    tap.is_open = True
    await asyncio.gather(*tasks)
    assert went == ["a", "b", "p"]


async def test_only_the_first_in_line_asks_while_nothing_may_go(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.is_open = False
    tasks = [waiting(limiter, call("edit", FINAL, "t"))]
    await settle()
    before = len(tap.asked)
    tasks += [waiting(limiter, call("edit", FINAL, f"t{n}")) for n in range(50)]
    await asyncio.sleep(0.05)
    assert len(tap.asked) == before
    await cancel_and_wait(*tasks)


async def test_who_comes_with_more_urgency_is_not_kept_waiting_by_a_pause(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.is_open = False
    tap.wait_s = 300
    patient = waiting(limiter, call("edit", PROGRESS))
    await settle()
    tap.is_open = True
    async with asyncio.timeout(60):
        permit = await limiter.acquire(call("edit", FINAL, "urgent"))
    assert permit.call.turn == "urgent"
    await cancel_and_wait(patient)


async def test_first_texts_wait_in_one_queue_wherever_they_are(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.is_open = False
    ways = [(call("post", FIRST, c, channel=c), call("start", FIRST, c, channel=c)) for c in "abc"]
    tasks = [waiting(limiter, *ways[0])]
    await settle()
    tasks += [waiting(limiter, *way) for way in ways[1:]]
    await settle()
    assert [one.turn for one in tap.asked] == ["a", "a"], "both ways, once"
    await cancel_and_wait(*tasks)


async def test_it_is_told_how_long_a_call_has_waited(limiter: Limiter, tap: GatedBuckets) -> None:
    tap.is_open = False
    tap.wait_s = 0.05
    task = waiting(limiter, call("post", FIRST))
    await asyncio.sleep(0.1)
    tap.is_open = True
    await task
    assert tap.waited_s >= 0.1


async def test_who_gives_up_is_out_of_the_way(limiter: Limiter, tap: GatedBuckets) -> None:
    tap.is_open = False
    tap.wait_s = 0.01
    gone = waiting(limiter, call("edit", FINAL, "gone"))
    left = waiting(limiter, call("edit", FINAL, "left"))
    await settle()
    await cancel_and_wait(gone)
    tap.is_open = True
    assert (await asyncio.wait_for(left, 60)).call.turn == "left"


async def test_the_first_way_that_is_open_is_taken(limiter: Limiter, tap: GatedBuckets) -> None:
    tap.empty = {"post"}
    permit = await limiter.acquire(call("post", FIRST), call("start", FIRST))
    assert permit.call.method == "start"


async def test_who_does_not_wait_is_told_for_how_long(limiter: Limiter, tap: GatedBuckets) -> None:
    tap.is_open = False
    with pytest.raises(RateLimited) as limited:
        await limiter.acquire_at_once(call("edit", PROGRESS))
    assert limited.value.after_s == 60
    line = waiting(limiter, call("edit", FINAL))
    await settle()
    tap.is_open = True
    with pytest.raises(RateLimited):
        await limiter.acquire_at_once(call("edit", PROGRESS))
    await cancel_and_wait(line)


async def test_one_call_at_a_time_tries_how_much_slack_takes_at_once(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.ahead = 3
    first = await limiter.acquire(call("edit", FINAL, "a"))
    others = [waiting(limiter, call("edit", FINAL, turn)) for turn in "bc"]
    await settle()
    assert not any(other.done() for other in others)
    first.taken()
    await asyncio.gather(*others)
    assert tap.told == [], "as many as were taken once go side by side"


async def test_what_slack_is_known_to_take_needs_no_trial_also_after_a_success(
    tap: GatedBuckets,
) -> None:
    known = Limiter(tap, {"edit": RateLimit(50, burst=100, proven=100)}, DEFAULT)
    (await known.acquire(call("edit", FINAL, "a"))).taken()
    tap.ahead = 50
    others = [waiting(known, call("edit", FINAL, turn)) for turn in "bcd"]
    await settle()
    assert all(other.done() for other in others)


async def test_a_permit_tells_how_long_its_call_was_held_back(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    stopped = Limiter(tap, LIMITS, DEFAULT, clock=lambda: 0.0)
    assert (await stopped.acquire(call("edit", FINAL))).waited_s == 0
    tap.is_open, tap.wait_s = False, 0.05
    task = waiting(limiter, call("edit", FINAL))
    await asyncio.sleep(0.1)
    tap.is_open = True
    assert (await task).waited_s >= 0.1


async def test_a_refused_trial_holds_back_all_that_were_booked_behind_it(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.ahead = 3
    first = await limiter.acquire(call("edit", FINAL, "a"))
    others = [waiting(limiter, call("edit", FINAL, turn)) for turn in "bc"]
    await settle()
    await first.refused(0.3)
    await settle()
    assert not any(other.done() for other in others)
    await asyncio.wait(others, timeout=2, return_when=asyncio.FIRST_COMPLETED)
    assert [other.done() for other in others].count(True) == 1, "one tries, when Slack allows"
    await cancel_and_wait(*others)


async def test_a_refusal_is_told_and_closes_the_gate_here_even_without_a_store(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.ahead = 2
    permit = await limiter.acquire(call("post", FIRST))
    await permit.refused(0.2)
    assert tap.told == ["post refused behind 2 for 0.2 s"]
    with pytest.raises(RateLimited) as limited:
        await limiter.acquire_at_once(call("post", FIRST))
    assert 0 < limited.value.after_s <= 0.2
    await limiter.acquire_at_once(call("post", FIRST, channel="C2"))


async def test_a_refusal_takes_no_more_than_one_call_from_what_slack_has_taken(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.ahead = 4
    (await limiter.acquire(call("edit", PROGRESS))).taken()
    await (await limiter.acquire(call("edit", PROGRESS))).refused(0.01)
    await asyncio.sleep(0.02)
    await (await limiter.acquire(call("edit", PROGRESS))).refused(0.01)
    assert tap.told == [
        "edit refused behind 5 for 0.01 s",
        "edit refused behind 4 for 0.01 s",
    ], "and then Slack is believed"


async def test_a_call_whose_outcome_nobody_tells_holds_nobody_up_for_ever(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.ahead = 3
    (await limiter.acquire(call("edit", FINAL, "a"))).drop()
    other = waiting(limiter, call("edit", FINAL, "b"))
    await settle()
    assert other.done()


async def test_nor_does_one_whose_caller_gives_up_in_the_moment_it_may_go() -> None:
    class GivingUp(GatedBuckets):
        async def acquire(
            self, calls: Sequence[Call], length_s: float, waited_s: float
        ) -> AcquireResult:
            result = await super().acquire(calls, length_s, waited_s)
            if self.is_open and calls[0].turn == "gone":  # runs after the permit, before its caller
                asyncio.get_running_loop().call_soon(gone.cancel)
            return result

    tap = GivingUp(is_open=False, wait_s=0.01, ahead=3)
    limiter = Limiter(tap, LIMITS, DEFAULT)
    gone = waiting(limiter, call("edit", FINAL, "gone"))
    await settle()
    tap.is_open = True
    await asyncio.wait([gone])
    assert gone.cancelled()
    other = waiting(limiter, call("edit", FINAL, "other"))
    await settle()
    assert other.done()


async def test_how_long_answers_grow_is_learned_from_those_that_ended(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    for number in range(60):
        await limiter.acquire(call("post", FIRST, f"t{number}"))
        await limiter.acquire(call("edit", FINAL, f"t{number}"))
    assert tap.lengths[0] == 12
    assert 3 <= tap.lengths[-1] < 4


async def test_only_an_answer_that_has_begun_and_not_ended_is_released(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    await limiter.acquire(call("post", FIRST, "a"))
    await limiter.acquire(call("post", FIRST, "b"))
    await limiter.acquire(call("edit", FINAL, "b"))
    for turn in "abc":
        await limiter.release("T1", turn)
    assert tap.told == ["T1 a released"]


async def test_what_an_answer_shares_is_what_it_grows_by(limiter: Limiter) -> None:
    share = limiter.share(await limiter.acquire(call("post", FIRST)))
    assert (share.left, share.answers, share.is_proven) == (10, 2, False)
    assert share.per_s == pytest.approx(50 / 60)


async def test_the_ends_that_are_paid_by_the_same_method_are_not_shared(
    limiter: Limiter, tap: GatedBuckets
) -> None:
    tap.is_proven = True
    edited, streamed = [await limiter.acquire(call(how, FIRST)) for how in ("post", "start")]
    assert (limiter.share(edited).left, limiter.share(streamed).left) == (8, 10)
