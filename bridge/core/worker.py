"""Takes turns from the inbox, keeps their leases alive, and hands over what it cannot finish."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from bridge.core.background import cancel_and_wait, retry
from bridge.core.conversation import Conversation, TurnResult
from bridge.core.errors import LeaseLost, ThreadGone, Unavailable
from bridge.core.events import (
    Observer,
    TurnError,
    TurnFinished,
    TurnsRescued,
    TurnStarted,
)
from bridge.core.lease import Lease
from bridge.core.model import Outcome
from bridge.core.ports import Delivery, Inbox, LeaseState
from bridge.core.turn import Turn

FAREWELL_S = 1.5  # twice at most, behind 25 s of grace: a host kills after 30


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a worker works: `slots` turns at once, a turn that lapsed more than
    `max_attempts` times is a dead letter, `grace_s` is what running answers get after SIGTERM,
    and `can_hand_over` says that another replica could go on with a turn given back.
    """

    slots: int = 1000
    max_attempts: int = 3
    can_hand_over: bool = True
    lease_s: float = 15.0
    beat_s: float = 1.0
    poll_s: float = 0.5
    sweep_s: float = 60.0
    grace_s: float = 25.0


@dataclass(slots=True)
class Held:
    """A turn in work: `answering` may be cancelled, `handling` then cleans up behind it."""

    turn: Turn
    answering: asyncio.Task[TurnResult]
    handling: asyncio.Task[None]

    def lose(self) -> None:
        """Another owner is recorded, or nobody any more: who has said all needs not be cut off."""
        if not self.turn.is_settling:
            self.answering.cancel()


class Worker:
    """A service: holds the turns that this replica answers."""

    def __init__(
        self, inbox: Inbox, conversation: Conversation, *, terms: Terms, observe: Observer
    ) -> None:
        self._inbox = inbox
        self._conversation = conversation
        self._terms = terms
        self._observe = observe
        self._held: dict[str, Held] = {}
        self._reclaims_from = 0.0
        self._beaten_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then finish or hand over what is running, and return."""
        async with asyncio.TaskGroup() as services:  # whichever fails ends the process
            beating = services.create_task(self._beat())
            sweeping = services.create_task(self._sweep())
            while not stop.is_set():
                await self._fill_slots(stop)
                await self._inbox.arrival(self._terms.poll_s)
            await self._drain()
            if not self._terms.can_hand_over:
                await self._dismiss()
            await cancel_and_wait(sweeping, beating)

    async def _fill_slots(self, stop: asyncio.Event) -> None:
        while len(self._held) < self._terms.slots and not stop.is_set():
            try:
                delivery = await self._inbox.take(may_reclaim=self._may_reclaim())
            except Unavailable:
                self._miss_store()
                return
            if delivery is None:
                return
            self._start(delivery)

    def _may_reclaim(self) -> bool:
        """Not right after an outage, nor after a stand-still of our own: the leases that lapsed
        then may be our own, which the overdue beat is about to renew.
        """
        now = time.monotonic()
        is_beating = not self._held or now - self._beaten_at < self._terms.lease_s / 2
        return is_beating and now >= self._reclaims_from

    def _start(self, delivery: Delivery) -> None:
        turn = Turn(delivery, Lease(self._terms.lease_s), self._inbox)
        answering = asyncio.create_task(self._answer(turn), name=f"turn {delivery.ask.turn}")
        handling = asyncio.create_task(self._handle(turn, answering))
        self._held[delivery.owner] = Held(turn, answering, handling)

    async def _handle(self, turn: Turn, answering: asyncio.Task[TurnResult]) -> None:
        began = time.monotonic()
        ask = turn.ask
        self._observe(TurnStarted(ask.turn, ask.thread, turn.delivery.attempt))
        await asyncio.wait([answering])
        try:
            result = await self._let_go(turn) if answering.cancelled() else answering.result()
        finally:
            del self._held[turn.delivery.owner]
        self._observe(
            TurnFinished(
                ask.turn, ask.thread, result.outcome, time.monotonic() - began,
                turn.record.session or "", result.answer_id, result.reason,
            )
        )  # fmt: skip

    async def _answer(self, turn: Turn) -> TurnResult:
        if turn.delivery.attempt > self._terms.max_attempts:
            await self._say_it_failed(turn, "failed")
            await self._settle(turn, buried_for="too many attempts")
            return TurnResult(Outcome.DEAD_LETTER)
        try:
            result = await self._conversation.run(turn)
        except ThreadGone as gone:
            result = TurnResult(Outcome.FAILED, reason=gone.reason)
        except LeaseLost:
            return TurnResult(Outcome.LOST)
        except Exception as error:  # noqa: BLE001 - a bug in one turn must not end the others
            self._observe(TurnError.of(turn.ask.turn, error))
            await self._say_it_failed(turn, "failed")
            await self._settle(turn, buried_for=type(error).__name__)
            return TurnResult(Outcome.DEAD_LETTER, reason=type(error).__name__)
        await self._settle(turn)
        return result

    async def _say_it_failed(self, turn: Turn, notice: str) -> None:
        try:
            await self._conversation.give_up(turn, notice)
        except Exception as error:  # noqa: BLE001 - what failed before may well fail again
            self._observe(TurnError.of(turn.ask.turn, error))

    async def _settle(self, turn: Turn, *, buried_for: str = "") -> None:
        """Tell the store that the turn is over, however long the store is away."""
        turn.is_settling = True

        async def settle() -> None:
            if turn.lease.is_lost:
                return
            if buried_for:
                await self._inbox.bury(turn.delivery, buried_for)
            else:
                await self._inbox.done(turn.delivery)

        pauses_s = (self._terms.beat_s, 10.0)
        await retry(settle, pauses_s=pauses_s, on_failure=lambda _: self._miss_store())

    async def _let_go(self, turn: Turn) -> TurnResult:
        """The answer was cut off: either the lease is lost, or this process has to end."""
        if turn.lease.is_lost:
            return TurnResult(Outcome.LOST)
        try:
            if self._terms.can_hand_over:
                await turn.save()  # what no beat has written down yet
                await self._inbox.give_back(turn.delivery)
                return TurnResult(Outcome.HANDED_BACK)
            async with asyncio.timeout(FAREWELL_S):
                await self._conversation.give_up(turn, "restarted")
                await self._inbox.done(turn.delivery)
        except TimeoutError:
            self._observe(
                TurnError.of(turn.ask.turn, Unavailable("no time was left to tell who asked"))
            )
        except Exception as error:  # noqa: BLE001 - the process ends; the others must still be told
            self._observe(TurnError.of(turn.ask.turn, error))
        return TurnResult(Outcome.FAILED, reason="restarted")

    async def _drain(self) -> None:
        held = list(self._held.values())
        if held:
            await asyncio.wait([one.handling for one in held], timeout=self._terms.grace_s)
            await cancel_and_wait(*(one.answering for one in held))
            await asyncio.wait([one.handling for one in held])

    async def _dismiss(self) -> None:
        """The store ends with this process: tell those who still wait, rather than forget them."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                while delivery := await self._inbox.take():
                    await self._let_go(Turn(delivery, Lease(self._terms.lease_s), self._inbox))

    async def _beat(self) -> None:
        """The last thing of a turn to stop: leases are kept until their turns have ended."""
        while True:
            await asyncio.sleep(self._terms.beat_s)
            held = list(self._held.values())
            if held:
                await self._beat_once(held)
            else:
                self._beaten_at = time.monotonic()

    async def _beat_once(self, held: list[Held]) -> None:
        asked_at = time.monotonic()
        try:
            states = await self._inbox.beat([one.turn.delivery for one in held])
            self._beaten_at = time.monotonic()
        except Unavailable:
            self._miss_store()
            states = [LeaseState.UNKNOWN] * len(held)
        for one, state in zip(held, states, strict=True):
            one.turn.lease.tell(state, asked_at=asked_at)
            if state is LeaseState.LOST:
                one.lose()

    async def _sweep(self) -> None:
        while True:
            try:
                if rescued := await self._inbox.sweep():
                    self._observe(TurnsRescued(rescued))
            except Unavailable:
                self._miss_store()
            await asyncio.sleep(self._terms.sweep_s)

    def _miss_store(self) -> None:
        """After an outage of its own a replica reclaims nothing for one lease: the others' beats
        may have gone missing just like its own.
        """
        self._reclaims_from = time.monotonic() + self._terms.lease_s
