"""The calls that a workspace affords, counted in one place for all replicas."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.commands.core import AsyncScript

from bridge.core.errors import Unavailable
from bridge.core.ports import Expense, Tariff
from bridge.store import keys
from bridge.store.connection import reach_redis
from bridge.store.scripts import load

BURST_TTL_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Learning:
    """How the budget finds out what Slack has published nowhere, its burst sizes, and what it
    risks meanwhile.

    `probe_s`: how long the outcome of a call beyond what is known is waited for; `rest_s`: how long
    nothing is tried after a refusal; `late_ends`: how many ends may have to wait for other ends;
    `few`: how many answers at once are no crowd yet; `calls_a_refusal`: how many calls pay for one
    that is refused, before a crowd may try, and for each that is tried at once; `jitter_s`: how
    unevenly calls arrive that left evenly.
    """

    probe_s: float = 3.0
    rest_s: float = 600.0
    late_ends: int = 2
    few: int = 5
    calls_a_refusal: int = 100
    jitter_s: float = 0.1


class RedisBudget:
    """Implements the port `Budget`. `usual` is the tariff of the methods not listed; `clock`
    (seconds) is for tests: otherwise the server's counts.

    After a failure of the store it is left alone for `respite_s`: meanwhile everything is
    affordable but what was refused in this process.
    """

    def __init__(
        self,
        redis: Redis,
        tariffs: Mapping[str, Tariff],
        usual: Tariff,
        *,
        learning: Learning | None = None,
        respite_s: float = 5.0,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._redis = redis
        self._tariffs = tariffs
        self._usual = usual
        self._learning = learning or Learning()
        self._respite_s = respite_s
        self._clock = clock
        self._scripts: dict[str, AsyncScript] = {}
        self._probes: dict[Expense, tuple[int, float]] = {}  # what each proves; forgotten at
        self._closed_until: dict[str, float] = {}
        self._away_until = 0.0

    async def spend(self, expense: Expense) -> float:
        tariff, learning = self._tariff_of(expense.method), self._learning
        end = self._tariff_of(tariff.ended_by) if tariff.ended_by else None
        said = await self._run(
            "spend",
            [
                *self._keys_of(expense),
                *_end_keys(expense.team, tariff.ended_by or expense.method),
                keys.asking(expense.team),
                keys.taken(expense.team),
                keys.probes(expense.team, expense.method),
            ],
            *self._head(expense),
            _ms(end.interval_s) if end else 0,
            _ms(learning.jitter_s),
            learning.late_ends,
            _ms(learning.probe_s),
            learning.few,
            learning.calls_a_refusal,
        )
        if said is None:
            closed_until = self._closed_until.get(self._gate_of(expense), 0.0)
            return max(closed_until - time.monotonic(), 0.0)
        wait_ms, proves = map(int, said)
        self._end_probe(expense)  # an earlier one, whose outcome nobody knows
        if proves:
            self._begin_probe(expense, proves)
        return wait_ms / 1000

    async def confirm(self, expense: Expense) -> None:
        """Costs a round trip only where the call has taught something."""
        if proven := self._end_probe(expense):
            place = expense.team, expense.method
            now, _, member, *_ = self._head(expense)
            used = [keys.burst(*place), keys.probes(*place)]
            await self._run("confirm", used, now, member, proven, BURST_TTL_MS)

    async def close(self, expense: Expense, after_s: float) -> None:
        self._close_here(self._gate_of(expense), after_s)
        tariff, learning = self._tariff_of(expense.method), self._learning
        *gate, _ = self._keys_of(expense)
        await self._run(
            "close",
            [
                *gate,
                keys.debts(expense.team, tariff.ended_by or expense.method),
                keys.taken(expense.team),
                keys.probes(expense.team, expense.method),
            ],
            *self._head(expense),
            _ms(learning.jitter_s),
            _ms(after_s),
            _ms(learning.rest_s),
            BURST_TTL_MS,
            self._end_probe(expense),
        )

    async def acquit(self, team: str, turn: str) -> None:
        endings = {one.ended_by for one in self._tariffs.values() if one.ended_by}
        await self._run("acquit", [keys.debts(team, method) for method in sorted(endings)], turn)

    def _begin_probe(self, expense: Expense, proves: int) -> None:
        now = time.monotonic()
        recent = {one: what for one, what in self._probes.items() if what[1] > now}
        self._probes = {**recent, expense: (proves, now + self._learning.rest_s)}

    def _end_probe(self, expense: Expense) -> int:
        """The burst that this call proves if it is taken; 0 for most, which prove nothing."""
        proves, _ = self._probes.pop(expense, (0, 0.0))
        return proves

    def _tariff_of(self, method: str) -> Tariff:
        return self._tariffs.get(method, self._usual)

    def _head(self, expense: Expense) -> tuple[str | int, ...]:
        """What `spend` and `close` are told of a call; calls for no turn share a place in line."""
        now = "" if self._clock is None else _ms(self._clock())
        member = expense.turn or expense.method
        interval_ms = _ms(self._tariff_of(expense.method).interval_s)
        return now, expense.priority, member, expense.turn, interval_ms

    def _keys_of(self, expense: Expense) -> list[str]:
        place = self._place_of(expense)
        return [
            keys.gate(*place),
            keys.line(*place),
            keys.due(*place),
            keys.burst(expense.team, expense.method),
            keys.debts(expense.team, expense.method),
        ]

    def _gate_of(self, expense: Expense) -> str:
        return keys.gate(*self._place_of(expense))

    def _place_of(self, expense: Expense) -> tuple[str, str, str]:
        is_per_channel = self._tariff_of(expense.method).is_per_channel
        return expense.team, expense.method, expense.channel if is_per_channel else ""

    def _close_here(self, gate: str, after_s: float) -> None:
        now = time.monotonic()
        still_closed = {key: end for key, end in self._closed_until.items() if end > now}
        self._closed_until = {**still_closed, gate: now + after_s}

    async def _run(self, name: str, used: list[str], *arguments: str | int) -> Any:
        """None while the store is away."""
        if time.monotonic() < self._away_until:
            return None
        if name not in self._scripts:
            self._scripts[name] = load(self._redis, name)
        try:
            async with reach_redis():
                return await self._scripts[name](keys=used, args=list(arguments))
        except Unavailable:
            self._away_until = time.monotonic() + self._respite_s
            return None


def _end_keys(team: str, method: str) -> list[str]:
    return [keys.gate(team, method), keys.burst(team, method), keys.debts(team, method)]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
