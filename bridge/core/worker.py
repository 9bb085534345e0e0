"""Takes turns from the inbox, keeps their leases alive, and hands over what it cannot finish."""

import asyncio
import time
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field

from bridge.core.background import cancel_and_wait, retry
from bridge.core.conversation import Conversation, TurnResult
from bridge.core.errors import LeaseLost, ThreadGone, Unavailable
from bridge.core.events import Observer, TurnError, TurnFinished, TurnsRescued, TurnStarted
from bridge.core.lease import Lease
from bridge.core.model import Outcome
from bridge.core.ports import Delivery, Inbox, LeaseState
from bridge.core.turn import Turn

MAX_ATTEMPTS = 3  # a turn whose lease lapses more often is a dead letter
# Seconds for the last message and the last write to the store. After 25 s of grace: many hosts kill
# a process after 30.
FAREWELL_S = 1.5


@dataclass(frozen=True, slots=True)
class WorkerTiming:
    """`lease_s` is how long others leave us a turn without a beat; `poll_s` lies between two looks
    for what other replicas have stored; `grace_s` is what running answers get after SIGTERM.
    """

    lease_s: float
    beat_s: float
    grace_s: float
    poll_s: float = 0.5
    sweep_s: float = 60.0


@dataclass(slots=True)
class Held:
    """A turn in work: `answering` may be cancelled, `handling` then cleans up behind it."""

    turn: Turn
    answering: asyncio.Task[TurnResult]
    handling: asyncio.Task[None]


@dataclass(slots=True)
class Worker:
    """A service: holds the turns that this replica answers, at most `slots` at once.

    `can_hand_over`: another replica could go on with a turn that is given back.
    """

    inbox: Inbox
    conversation: Conversation
    observe: Observer
    _: KW_ONLY
    timing: WorkerTiming
    slots: int = 1000
    can_hand_over: bool = True
    _held: dict[str, Held] = field(default_factory=dict, init=False)
    _reclaims_from: float = field(default=0.0, init=False)
    _beaten_at: float = field(default=0.0, init=False)

    @property
    def running(self) -> int:
        """How many turns this process holds."""
        return len(self._held)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`, then finish or hand over what is running, and return."""
        async with asyncio.TaskGroup() as services:  # whichever fails ends the process
            beating = services.create_task(self._beat())
            sweeping = services.create_task(self._sweep())
            while not stop.is_set():
                await self._fill_slots(stop)
                await self.inbox.arrival(self.timing.poll_s)
            await self._drain()
            if not self.can_hand_over:
                await self._dismiss()
            await cancel_and_wait(sweeping, beating)

    async def _fill_slots(self, stop: asyncio.Event) -> None:
        while len(self._held) < self.slots and not stop.is_set():
            try:
                delivery = await self.inbox.take(may_reclaim=self._may_reclaim())
            except Unavailable:
                self._miss_store()
                return
            if delivery is None:
                return
            self._start(delivery)
            if delivery.is_last:
                return

    def _may_reclaim(self) -> bool:
        """Whether leases that have ended may be taken over. Not right after the store was away, and
        not after a standstill of this process: those leases may be our own, and the next beat
        renews them.
        """
        now = time.monotonic()
        is_beating = not self._held or now - self._beaten_at < self.timing.lease_s / 2
        return is_beating and now >= self._reclaims_from

    def _start(self, delivery: Delivery) -> None:
        turn = Turn(delivery, Lease(self.timing.lease_s), self.inbox)
        answering = asyncio.create_task(self._answer(turn), name=f"turn {delivery.ask.turn}")
        handling = asyncio.create_task(self._handle(turn, answering))
        self._held[delivery.owner] = Held(turn, answering, handling)

    async def _handle(self, turn: Turn, answering: asyncio.Task[TurnResult]) -> None:
        began = time.monotonic()
        ask = turn.ask
        self.observe(TurnStarted(ask.turn, ask.thread, turn.delivery.attempt))
        await asyncio.wait([answering])
        try:
            result = await self._let_go(turn) if answering.cancelled() else answering.result()
        finally:
            del self._held[turn.delivery.owner]
        self.observe(
            TurnFinished(
                ask.turn, ask.thread, result.outcome, time.monotonic() - began,
                turn.record.session or "", result.answer_id, result.reason, turn.timeline(),
                turn.record.robot.id if turn.record.robot else "",
            )
        )  # fmt: skip

    async def _answer(self, turn: Turn) -> TurnResult:
        if turn.delivery.attempt > MAX_ATTEMPTS:
            return await self._give_up(turn, "too many attempts")
        try:
            result = await self.conversation.run(turn)
        except ThreadGone as gone:
            result = TurnResult(Outcome.FAILED, reason=gone.reason)
        except LeaseLost:
            return TurnResult(Outcome.LOST)
        except Exception as error:  # noqa: BLE001 - a bug in one turn must not end the others
            self.observe(TurnError.of(turn.ask.turn, error))
            return await self._give_up(turn, type(error).__name__)
        await self._end(turn)
        return result

    async def _give_up(self, turn: Turn, reason: str) -> TurnResult:
        try:
            await self.conversation.give_up(turn, "failed")
        except Exception as error:  # noqa: BLE001 - what failed before may well fail again
            self.observe(TurnError.of(turn.ask.turn, error))
        await self._end(turn, buried_for=reason)
        return TurnResult(Outcome.DEAD_LETTER, reason=reason)

    async def _end(self, turn: Turn, *, buried_for: str = "") -> None:
        """Tell the store that the turn is over, however long the store is away."""
        turn.is_ending = True

        async def end() -> None:
            if turn.lease.is_lost:
                return
            if buried_for:
                await self.inbox.bury(turn.delivery, buried_for)
            else:
                await self.inbox.done(turn.delivery)

        pauses_s = (self.timing.beat_s, 10.0)
        await retry(end, pauses_s=pauses_s, on_failure=lambda _: self._miss_store())

    async def _let_go(self, turn: Turn) -> TurnResult:
        """The answer was cut off: either the lease is lost, or this process has to end."""
        if turn.lease.is_lost:
            return TurnResult(Outcome.LOST)
        try:
            if self.can_hand_over:
                is_lost = await self.inbox.give_back(turn.delivery) is LeaseState.LOST
                return TurnResult(Outcome.LOST if is_lost else Outcome.HANDED_BACK)
            async with asyncio.timeout(FAREWELL_S):
                await self.conversation.give_up(turn, "restarted")
                await self.inbox.done(turn.delivery)
        except TimeoutError:
            error = Unavailable("no time was left to tell who asked")
            self.observe(TurnError.of(turn.ask.turn, error))
        except Exception as error:  # noqa: BLE001 - the process ends; the others must still be told
            self.observe(TurnError.of(turn.ask.turn, error))
        return TurnResult(Outcome.FAILED, reason="restarted")

    async def _drain(self) -> None:
        held = list(self._held.values())
        if held:
            await asyncio.wait([one.handling for one in held], timeout=self.timing.grace_s)
            await cancel_and_wait(*(one.answering for one in held))
            await asyncio.wait([one.handling for one in held])

    async def _dismiss(self) -> None:
        """The in-process store ends with this process. Tell the people who still wait, so that
        nobody waits for nothing.
        """
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                while delivery := await self.inbox.take():
                    await self._let_go(Turn(delivery, Lease(self.timing.lease_s), self.inbox))

    async def _beat(self) -> None:
        """Stops after everything else: leases are kept until their turns have ended."""
        while True:
            await asyncio.sleep(self.timing.beat_s)
            held = list(self._held.values())
            if held:
                await self._beat_once(held)
            else:
                self._beaten_at = time.monotonic()

    async def _beat_once(self, held: list[Held]) -> None:
        asked_at = time.monotonic()
        try:
            states = await self.inbox.beat([one.turn.delivery for one in held])
            self._beaten_at = time.monotonic()
        except Unavailable:
            self._miss_store()
            states = [LeaseState.UNKNOWN] * len(held)
        for one, state in zip(held, states, strict=True):
            one.turn.lease.update(state, asked_at=asked_at)
            if state is LeaseState.LOST and not one.turn.is_ending:  # else all has been said
                one.answering.cancel()

    async def _sweep(self) -> None:
        while True:
            try:
                if rescued := await self.inbox.sweep():
                    self.observe(TurnsRescued(rescued))
            except Unavailable:
                self._miss_store()
            await asyncio.sleep(self.timing.sweep_s)

    def _miss_store(self) -> None:
        """After an outage this replica takes nothing over for the length of one lease: the beats of
        the others may be missing for the same reason as its own.
        """
        self._reclaims_from = time.monotonic() + self.timing.lease_s
