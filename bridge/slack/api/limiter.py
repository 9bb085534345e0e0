"""Grants calls within Slack's rate limits; others wait here, the most urgent first."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from bridge.core.background import wait_for_event
from bridge.core.errors import RateLimited
from bridge.core.limits import AcquireResult, Buckets, Call, Priority, RateLimit
from bridge.slack.api.pacing import AnswerLength, Share

TRIAL_S = 3.0  # how long to wait for the outcome of a call that shows how much Slack takes at once
_RANKS = {priority: rank for rank, priority in enumerate(Priority)}

Bucket = tuple[str, str, str]  # what Slack counts by: team, method, and for posts channel


class Permit:
    """A call that may go now. Whoever holds it must say once what happened to the call: it was
    `taken`, or `refused`, or, if nobody knows or it was never made, it is dropped.
    """

    def __init__(self, limiter: "Limiter", call: Call, result: AcquireResult) -> None:
        self.waited_s = 0.0  # from when the call was wanted until it may go
        self.gap_s: float | None = None  # how long its answer then waits before its next text
        self.call = call
        self.result = result
        self.resolved = asyncio.Event()  # it was said
        self._limiter = limiter

    def taken(self) -> None:
        self._limiter.note_taken(self)
        self.resolved.set()

    async def refused(self, after_s: float) -> None:
        await self._limiter.note_refused(self, after_s)
        self.resolved.set()

    def drop(self) -> None:
        self.resolved.set()


@dataclass(order=True, slots=True)
class _Waiter:
    rank: int
    number: int
    since: float = field(compare=False)
    calls: tuple[Call, ...] = field(compare=False)
    granted: asyncio.Future[Permit] = field(compare=False)
    try_at: float = field(compare=False)  # not to be tried again before


@dataclass(slots=True)
class _Queue:
    """Those who wait for one bucket; `changed` is set when another one comes to the front."""

    waiters: list[_Waiter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Limiter:
    """For all calls of this process; what all replicas share is in the `buckets`. `default` is the
    limit of the methods not listed.
    """

    def __init__(
        self,
        buckets: Buckets,
        limits: Mapping[str, RateLimit],
        default: RateLimit,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._buckets = buckets
        self._limits = limits
        self._default = default
        self._clock = clock
        self._answers = AnswerLength(clock=clock)
        self._kept: dict[str, set[str]] = {}  # for which ends of a turn's calls are kept
        self._queues: dict[Bucket, _Queue] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._numbers = count()
        self._closed_until: dict[Bucket, float] = {}
        self._trials: dict[Bucket, Permit] = {}
        self._proven: dict[tuple[str, str], int] = {}  # calls at once that Slack took

    async def acquire(self, *calls: Call) -> Permit:
        """Wait until one of the calls may go; the first of them is preferred. May be cancelled at
        any time.
        """
        bucket, since = self._bucket_of(calls[0]), self._clock()
        if len(calls) > 1:  # a post or a stream: both wait for other answers to end, in any channel
            bucket = (calls[0].team, calls[0].priority, "")
        found = 0.0 if bucket in self._queues else await self._try(calls, since)
        if isinstance(found, Permit):
            return found
        granted: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        rank, try_at = _RANKS[calls[0].priority], self._clock() + found
        waiter = _Waiter(rank, next(self._numbers), since, calls, granted, try_at)
        self._enqueue(bucket, waiter)
        try:
            return await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                granted.result().drop()
            raise

    async def acquire_at_once(self, call: Call) -> Permit:
        """Raises `RateLimited` where it would have to wait."""
        queue = self._queues.get(self._bucket_of(call))
        found = 1.0 if queue and queue.waiters else await self._try((call,), self._clock())
        if isinstance(found, Permit):
            return found
        raise RateLimited("rate limit", after_s=found)

    async def release(self, team: str, turn: str) -> None:
        """This answer needs no more calls; others may have what was kept for its end."""
        self._answers.end(turn)
        if self._kept.pop(turn, None):
            await self._buckets.release(team, turn)

    def share(self, permit: Permit) -> Share:
        """The calls that are left for all answers that show progress by the same method. Those for
        their ends are not, once it is known how many go at once: lengths differ.
        """
        limit, result = self._limit_of(permit.call.method), permit.result
        per_s = 1 / self._limit_of(limit.grows_by).interval_s
        expected_s = self._answers.expected_s
        left = result.left
        if result.is_proven and limit.ended_by == limit.grows_by:
            left -= result.answers
        return Share(left, per_s, result.answers, expected_s, result.is_proven)

    def note_taken(self, permit: Permit) -> None:
        """Slack has taken this call. So it takes so many calls at once: those that were booked
        ahead of this one, and this one.
        """
        self._prove(permit, max(self._proven_of(permit), permit.result.ahead + 1))

    async def note_refused(self, permit: Permit, after_s: float) -> None:
        """Slack has refused this call. For `after_s` no replica makes another one into
        this bucket.
        """
        now, ahead = self._clock(), permit.result.ahead
        still = {bucket: end for bucket, end in self._closed_until.items() if end > now}
        self._closed_until = {**still, self._bucket_of(permit.call): now + after_s}
        if ahead > 0:
            proven = self._proven_of(permit)
            self._prove(permit, min(proven, ahead))
            # `ahead` are those surely ahead. Where Slack has taken as many before, it was one more.
            ahead += proven > ahead
        await self._buckets.shrink(permit.call, ahead, after_s)

    def _enqueue(self, bucket: Bucket, waiter: _Waiter) -> None:
        queue = self._queues.get(bucket)
        if queue is None:
            queue = self._queues[bucket] = _Queue()
            serving = asyncio.create_task(self._serve(bucket, queue), name=f"limiter {bucket[1]}")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        heappush(queue.waiters, waiter)
        if queue.waiters[0] is waiter:
            queue.changed.set()

    async def _serve(self, bucket: Bucket, queue: _Queue) -> None:
        """Only the first in the queue asks; the others cost nothing until it is their turn."""
        while queue.waiters:
            first = queue.waiters[0]
            if first.granted.done():
                heappop(queue.waiters)
                continue
            queue.changed.clear()
            if (wait_s := first.try_at - self._clock()) > 0:
                await wait_for_event(queue.changed, wait_s)
                continue
            found = await self._try(first.calls, first.since)
            if not isinstance(found, Permit):
                first.try_at = self._clock() + found
            elif first.granted.done():
                found.drop()
            else:
                first.granted.set_result(found)
        del self._queues[bucket]

    async def _try(self, calls: tuple[Call, ...], since: float) -> Permit | float:
        """A permit for the first call that may go, otherwise the seconds until another try."""
        closed_s = {call: self._closed_for(self._bucket_of(call)) for call in calls}
        calls = tuple(call for call, wait_s in closed_s.items() if wait_s <= 0)
        waits = [wait_s for wait_s in closed_s.values() if wait_s > 0]
        if not calls:
            return min(waits)
        waited_s = self._clock() - since
        result = await self._buckets.acquire(calls, self._answers.expected_s, waited_s)
        if result.wait_s > 0:
            return min([result.wait_s, *waits])
        permit = Permit(self, calls[result.which], result)
        bucket = self._bucket_of(permit.call)
        await self._await_trials(bucket, permit)
        if (wait_s := self._closed_for(bucket)) > 0:
            return wait_s
        permit.waited_s = self._clock() - since
        self._note_granted(permit.call, since)
        return permit

    def _note_granted(self, call: Call, since: float) -> None:
        self._answers.note(call, since)
        limit = self._limit_of(call.method)
        match limit.part_of(call):
            case "begin" | "grow":
                self._kept.setdefault(call.turn, set()).add(limit.ended_by)
            case "end":
                self._kept.get(call.turn, set()).discard(limit.ended_by)

    async def _await_trials(self, bucket: Bucket, permit: Permit) -> None:
        """Slack is known to take some number of calls at once. Where twice as many or more would go
        now, they go one after another. If the guess is wrong, one call is refused, and not all of
        them.
        """
        at_once = permit.result.ahead + 1
        while at_once >= 2 * self._proven_of(permit):
            trial = self._trials.get(bucket)
            if self._closed_for(bucket) > 0:
                return
            if trial is None or trial.resolved.is_set():
                self._trials[bucket] = permit
                return
            await wait_for_event(trial.resolved, TRIAL_S)
            trial.drop()

    def _proven_of(self, permit: Permit) -> int:
        known = self._limit_of(permit.call.method).proven
        return self._proven.get((permit.call.team, permit.call.method), known)

    def _prove(self, permit: Permit, calls: int) -> None:
        self._proven[permit.call.team, permit.call.method] = calls

    def _closed_for(self, bucket: Bucket) -> float:
        """Seconds; 0 or less: it is open."""
        return self._closed_until.get(bucket, 0.0) - self._clock()

    def _bucket_of(self, call: Call) -> Bucket:
        is_per_channel = self._limit_of(call.method).is_per_channel
        return call.team, call.method, call.channel if is_per_channel else ""

    def _limit_of(self, method: str) -> RateLimit:
        return self._limits.get(method, self._default)
