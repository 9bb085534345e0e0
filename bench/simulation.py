"""The pace under limits that are guessed wrong, in simulated time: seconds in place of hours.

    .venv/bin/python bench/simulation.py                           # all bursts, and 1 to 50 at once
    .venv/bin/python bench/simulation.py 10 --answers 20           # Slack takes ten calls at once
    .venv/bin/python bench/simulation.py 10 --answers 20 --calls   # and each call, in order
    .venv/bin/python bench/simulation.py slack --varied            # answers of all lengths

The limiter, its script (in fakeredis) and the pace are the real ones, Slack's limits are the
emulator's; an answer is a model that wants what `SlackReply` does. Nobody has asked anything
before. Columns are those of `pace.py`, which measures the same with the real program; *edits* and
*streams* are how many answers ended so. `--varied`: as many run at once on average, each of a
length of its own (lognormal, 10 s in the middle, most from 4 to 27 s), and 40 times as many in all.
"""

import argparse
import asyncio
import math
import random
import selectors
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fakeredis import FakeAsyncRedis

from bench.answers import Run, Shown, distinct
from bench.lab import FRAME_CHARS, Load
from bench.oracle import FRAME_S, best
from bridge.core.errors import RateLimited
from bridge.core.limits import Call, Priority
from bridge.emulators.slack.limits import Meter
from bridge.slack.api.limiter import Limiter, Permit
from bridge.slack.api.pacing import Pace
from bridge.slack.api.rate_limits import APPEND, DEFAULT, LIMITS, POST, START, STOP, UPDATE
from bridge.slack.outbound.replies import FLUENT_S, SLUGGISH_S
from bridge.store.buckets import RedisBuckets

LOOK_S = 0.1  # between two looks at a text that streams
GROWS_BY, ENDED_BY = {POST: UPDATE, START: APPEND}, {POST: UPDATE, START: STOP}


class Selector(selectors.SelectSelector):
    """Nothing is waited for: the clock moves on instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits"
            self.now += timeout
        return ready


class Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._simulated = Selector()
        super().__init__(self._simulated)

    def time(self) -> float:
        return self._simulated.now


@dataclass(slots=True)
class Clock:
    now: Any


@dataclass
class Simulation:
    load: Load
    asked: Sequence[tuple[float, int]]  # when, and how many frames the answer has
    shown: list[Shown] = field(default_factory=list)
    calls: list[tuple[float, Call, int]] = field(default_factory=list)  # when, seconds refused for

    async def run(self) -> Run:
        loop, load = asyncio.get_running_loop(), self.load
        buckets = RedisBuckets(
            FakeAsyncRedis(decode_responses=True), LIMITS, DEFAULT, clock=loop.time
        )
        self.limiter = Limiter(buckets, LIMITS, DEFAULT, clock=loop.time)
        self.meter = Meter(load.limits, Clock(loop.time))  # type: ignore[arg-type]
        self.random = random.Random(load.answers)
        await asyncio.gather(*(self._answer(*one) for one in enumerate(self.asked)))
        refused = [(at, call) for at, call, after_s in self.calls if after_s]
        methods = Counter(call.method for _, call in refused)
        late = sum(at >= 10 for at, _ in refused)
        return Run(len(self.asked), self.shown, load.true_bursts, len(self.calls), methods, late)

    async def send(self, permit: Permit) -> None:
        loop, call = asyncio.get_running_loop(), permit.call
        await asyncio.sleep(self.random.uniform(0.002, 0.008))
        after_s = self.meter.wait_s(call.team, call.method, {"channel": call.channel})
        self.calls.append((loop.time(), call, after_s))
        await asyncio.sleep(self.random.uniform(0.002, 0.006))
        if after_s:
            await permit.refused(after_s)
            raise RateLimited("refused", after_s=after_s)
        permit.taken()

    async def _answer(self, number: int, asked: tuple[float, int]) -> None:
        (asked_at, frames), loop = asked, asyncio.get_running_loop()
        await asyncio.sleep(asked_at)
        began = loop.time()
        answer = Answer(self, number, began, [began + FRAME_S * n for n in range(frames)])
        with suppress(TimeoutError):
            async with asyncio.timeout_at(answer.frames[-1]):
                while True:
                    await answer.grow()
        await answer.end()
        self.shown.append(answer.look())


@dataclass
class Answer:
    """What `SlackReply` and `Asking` do with the limiter."""

    simulation: Simulation
    number: int
    began: float
    frames: Sequence[float]
    way: str = ""  # the method it has begun with
    due: float = 0.0
    permit: Permit | None = None
    seen: list[tuple[float, int]] = field(default_factory=list)

    def call(self, method: str, priority: Priority, longest_gap_s: float = 0.0) -> Call:
        channel = f"C{self.number % self.simulation.load.channels}"
        return Call("T1", method, channel, priority, f"t{self.number}", longest_gap_s)

    async def grow(self) -> None:
        loop, limiter = asyncio.get_running_loop(), self.simulation.limiter
        await asyncio.sleep(self.due - loop.time())
        if self.way:
            calls = [self.call(GROWS_BY[self.way], Priority.PROGRESS)]
        else:
            ways = ((POST, FLUENT_S), (START, FLUENT_S), (POST, SLUGGISH_S))
            calls = [self.call(method, Priority.FIRST, gap_s) for method, gap_s in ways]
        self.permit = await limiter.acquire(*calls)
        now, share = loop.time(), limiter.share(self.permit)
        first = self.seen[0][0] if self.seen else now
        pace = Pace(self.simulation.load.gap_s, last_s=3.0)
        self.due = now + pace.gap(now - first, share, self.length() * FRAME_CHARS)
        length = self.length()
        if self.way == START:
            await asyncio.sleep(LOOK_S)
        try:
            await asyncio.shield(self.simulation.send(self.permit))
        except RateLimited as limited:
            pause_s = LOOK_S if self.permit.call.method == START else limited.after_s
            self.due = loop.time() + pause_s
        else:
            self.way = self.way or self.permit.call.method
            self.seen.append((loop.time(), length))

    async def end(self) -> None:
        limiter, method = self.simulation.limiter, ENDED_BY.get(self.way, POST)
        while True:
            permit, self.permit = self.permit, None
            if not permit or permit.resolved.is_set() or permit.call.method != method:
                permit = await limiter.acquire(self.call(method, Priority.FINAL))
            try:
                await self.simulation.send(permit)
            except RateLimited as limited:
                await asyncio.sleep(limited.after_s)
            else:
                break
        await limiter.release("T1", f"t{self.number}")
        self.seen.append((asyncio.get_running_loop().time(), len(self.frames)))

    def length(self) -> int:
        passed_s = asyncio.get_running_loop().time() - self.began
        return min(len(self.frames), int(passed_s / FRAME_S + 1e-9) + 1)

    def look(self) -> Shown:
        asker = distinct(self.seen)
        others = [asker[0], asker[-1]] if self.way == START and len(asker) > 1 else asker
        method = ENDED_BY.get(self.way, POST)
        bucket = method, self.call(POST, Priority.FINAL).channel if method == POST else ""
        sent = [(at, count + 1) for count, at in enumerate(self.frames)]
        return Shown(sent, asker, others, 0.0, bucket)


def evenly(load: Load) -> Iterator[tuple[float, int]]:
    for number in range(load.answers):
        yield load.within_s * number / load.answers, load.frames


def varied(load: Load) -> Iterator[tuple[float, int]]:
    at, dice = 0.0, random.Random(load.answers)
    for _ in range(40 * load.answers):
        at += dice.expovariate(load.answers / 11.3)  # their mean length
        yield at, max(1, round(dice.lognormvariate(math.log(10), 0.5) / FRAME_S))


COLUMNS = (
    "bursts  answers  first95  asker  others  oracle       versions  edits  streams   end95  over"
    "  refused"
)


def tell(load: Load, *, is_varied: bool, each_call: bool) -> None:
    simulation = Simulation(load, list((varied if is_varied else evenly)(load)))
    with asyncio.Runner(loop_factory=Loop) as runner:
        run = runner.run(simulation.run())
    row, oracle = run.row(), ""
    if load.answers > 1 and not is_varied:
        bests = (
            best(load.answers, load.true_bursts, load.frames, streams=s) for s in (False, True)
        )
        oracle = " / ".join(f"{one.staleness_s:.2f}" for one in bests)
    ends = Counter(one.end_bucket[0] for one in run.shown)
    print(
        f"{load.bursts:>6}  {load.answers:7}  {row['first95']:7.0f}  {row['asker']:5.2f}"
        f"  {row['others']:6.2f}  {oracle:11}  {row['versions']:8.1f}  {ends[UPDATE]:5}"
        f"  {ends[STOP]:7}  {row['end95']:6.0f}  {row['over']:4.1f}  {dict(run.refused) or ''}"
    )
    for at, call, after_s in simulation.calls if each_call else []:
        outcome = f"refused for {after_s} s" if after_s else ""
        print(f"  {at:6.2f} {call.turn:4} {call.method:17} {call.priority:8} {outcome}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bursts", nargs="*", default=["1", "5", "10", "15", "slack"])
    parser.add_argument("--answers", type=int, nargs="+", default=[1, 2, 5, 10, 20, 50])
    parser.add_argument("--seconds", type=float, help="how long an answer grows")
    parser.add_argument("--varied", action="store_true", help="each answer of its own length")
    parser.add_argument("--calls", action="store_true")
    given = parser.parse_args()
    print(COLUMNS)
    for bursts in given.bursts:
        for answers in given.answers:
            seconds = given.seconds or (3.0 if answers == 1 else 12.0)
            load = Load(answers, seconds, bursts=bursts, cold=True)
            tell(load, is_varied=given.varied, each_call=given.calls)
