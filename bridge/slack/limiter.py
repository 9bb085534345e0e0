"""Lets calls go as Slack's rate limits allow; who has to wait waits here, the most urgent first."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import ceil

from bridge.core.background import wait_for_event
from bridge.core.errors import RateLimited
from bridge.core.limits import AcquireResult, Buckets, Call, Priority, RateLimit
from bridge.slack.pacing import Share

TRIAL_S = 3.0  # how long the outcome of a call is waited for that shows how much Slack takes
_RANKS = {priority: rank for rank, priority in enumerate(Priority)}
_SHORTEST_S, _LONGEST_S = 3.0, 60.0

Gate = tuple[str, str, str]  # what Slack counts by: team, method, and for posts channel


class Permit:
    """A call that may go now. Whoever holds it says once what became of it: it was `taken`,
    `refused`, or nobody knows and it is dropped.
    """

    def __init__(self, limiter: "Limiter", call: Call, result: AcquireResult) -> None:
        self.call = call
        self.result = result
        self.settled = asyncio.Event()
        self._limiter = limiter

    def taken(self) -> None:
        self._limiter.note_taken(self)
        self.settled.set()

    async def refused(self, after_s: float) -> None:
        await self._limiter.close(self, after_s)
        self.settled.set()

    def drop(self) -> None:
        self.settled.set()


@dataclass(order=True, slots=True)
class _Waiter:
    rank: int
    number: int
    calls: tuple[Call, ...] = field(compare=False)
    granted: asyncio.Future[Permit] = field(compare=False)


@dataclass(slots=True)
class _Line:
    """Those who wait at one gate; `changed` tells that another one stands in front."""

    waiters: list[_Waiter] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Limiter:
    """For all calls of this process; what all replicas share is in the `buckets`.

    `length_s` is how long an answer is expected to grow: a guess that follows those that were seen.
    """

    def __init__(
        self,
        buckets: Buckets,
        limits: Mapping[str, RateLimit],
        default: RateLimit,
        *,
        length_s: float = 12.0,
    ) -> None:
        self.length_s = length_s
        self._buckets = buckets
        self._limits = limits
        self._default = default
        self._lines: dict[Gate, _Line] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._numbers = count()
        self._closed_until: dict[Gate, float] = {}
        self._trials: dict[Gate, Permit] = {}
        self._proven: dict[tuple[str, str], int] = {}  # calls at once, beside the first
        self._begun: dict[str, float] = {}  # turns whose answers are shown, since when

    async def acquire(self, *calls: Call) -> Permit:
        """Wait until one of the calls, the first best, may go. Giving up costs nothing."""
        gate = self._gate_of(calls[0])
        if gate not in self._lines and isinstance(found := await self._try(calls), Permit):
            return found
        waiter = _Waiter(
            _RANKS[calls[0].priority],
            next(self._numbers),
            calls,
            asyncio.get_running_loop().create_future(),
        )
        self._stand(gate, waiter)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.done() and not waiter.granted.cancelled():
                waiter.granted.result().drop()
            raise

    async def acquire_at_once(self, call: Call) -> Permit:
        """Raises `RateLimited` where it would have to wait."""
        line = self._lines.get(self._gate_of(call))
        found = 1.0 if line and line.waiters else await self._try((call,))
        if isinstance(found, Permit):
            return found
        raise RateLimited("rate limit", after_s=found)

    async def release(self, team: str, turn: str) -> None:
        """This answer needs no more calls; others may have what was kept for its end."""
        if self._end(turn):
            await self._buckets.release(team, turn)

    def share(self, permit: Permit) -> Share:
        """What those answers have left for their growing that grow like the one of this permit."""
        limit = self._limit_of(permit.call.method)
        per_s = 1 / self._limit_of(limit.grows_by).interval_s
        return Share(permit.result.left, per_s, permit.result.answers, self.length_s)

    def note_taken(self, permit: Permit) -> None:
        place = permit.call.team, permit.call.method
        self._proven[place] = max(self._proven.get(place, 0), _depth(permit))

    async def close(self, permit: Permit, after_s: float) -> None:
        """Slack refused it: nothing goes through this gate for `after_s`, here nor elsewhere."""
        now = time.monotonic()
        still = {gate: end for gate, end in self._closed_until.items() if end > now}
        self._closed_until = {**still, self._gate_of(permit.call): now + after_s}
        place = permit.call.team, permit.call.method
        if _depth(permit) > 0:
            self._proven[place] = min(self._proven.get(place, 0), _depth(permit) - 1)
        await self._buckets.shrink(permit.call, permit.result.used, after_s)

    def _stand(self, gate: Gate, waiter: _Waiter) -> None:
        line = self._lines.get(gate)
        if line is None:
            line = self._lines[gate] = _Line()
            serving = asyncio.create_task(self._serve(gate, line), name=f"limiter {gate[1]}")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        heappush(line.waiters, waiter)
        if line.waiters[0] is waiter:
            line.changed.set()

    async def _serve(self, gate: Gate, line: _Line) -> None:
        """Only the first in line asks; the others cost nothing until it is their turn."""
        while line.waiters:
            first = line.waiters[0]
            if first.granted.done():
                heappop(line.waiters)
                continue
            line.changed.clear()
            found = await self._try(first.calls)
            if not isinstance(found, Permit):
                await wait_for_event(line.changed, found)
            elif first.granted.done():
                found.drop()
            else:
                first.granted.set_result(found)
        del self._lines[gate]

    async def _try(self, calls: tuple[Call, ...]) -> Permit | float:
        """Otherwise the seconds until it is worth while to try again."""
        waits = []
        for call in calls:
            gate = self._gate_of(call)
            wait_s = self._closed_for(gate)
            if wait_s <= 0:
                result = await self._buckets.acquire(call, self.length_s)
                permit = Permit(self, call, result)
                wait_s = (
                    result.wait_s if result.wait_s > 0 else await self._end_trials(gate, permit)
                )
                if wait_s <= 0:
                    self._note_granted(call)
                    return permit
            waits.append(wait_s)
        return min(waits)

    async def _end_trials(self, gate: Gate, permit: Permit) -> float:
        """Of more than twice as many as Slack has taken at once, one is tried at a time. The
        seconds to wait if that closed the gate.
        """
        depth, known = _depth(permit), self._limit_of(permit.call.method).proven
        while depth > 2 * self._proven.get(gate[:2], known) and self._closed_for(gate) <= 0:
            trial = self._trials.get(gate)
            if trial is None or trial.settled.is_set():
                self._trials[gate] = permit
                return 0.0
            await wait_for_event(trial.settled, TRIAL_S)
            trial.drop()
        return self._closed_for(gate)

    def _closed_for(self, gate: Gate) -> float:
        return self._closed_until.get(gate, 0.0) - time.monotonic()

    def _note_granted(self, call: Call) -> None:
        if call.turn and call.priority is Priority.FIRST:
            self._begun.setdefault(call.turn, time.monotonic())
        elif call.priority is Priority.FINAL:
            self._end(call.turn)

    def _end(self, turn: str) -> bool:
        """False where it had no beginning."""
        began = self._begun.pop(turn, None)
        if began is not None:
            grown_s = min(max(time.monotonic() - began, _SHORTEST_S), _LONGEST_S)
            # Rather too long: calls that are kept can still be spent, the others are gone.
            self.length_s += (0.3 if grown_s > self.length_s else 0.1) * (grown_s - self.length_s)
        return began is not None

    def _gate_of(self, call: Call) -> Gate:
        is_per_channel = self._limit_of(call.method).is_per_channel
        return call.team, call.method, call.channel if is_per_channel else ""

    def _limit_of(self, method: str) -> RateLimit:
        return self._limits.get(method, self._default)


def _depth(permit: Permit) -> int:
    """How many calls Slack must take at once, beside a first one, to take this."""
    return ceil(permit.result.used)
