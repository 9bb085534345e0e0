"""The worker keeps going when a turn, or its own store, misbehaves in ways nobody thought of."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from bridge.core.background import cancel_and_wait
from bridge.core.conversation import Conversation, TurnResult
from bridge.core.errors import BridgeError, ContentRefused, CredentialsRejected, Unavailable
from bridge.core.events import Event, TurnError, TurnFinished
from bridge.core.model import Ask, Outcome, ThreadKey, turn_id
from bridge.core.ports import Delivery, LeaseState
from bridge.core.turn import Turn
from bridge.core.worker import MAX_ATTEMPTS, Worker, WorkerTiming
from bridge.store.inbox import RedisInbox

TIMING = WorkerTiming(lease_s=1.0, beat_s=0.05, poll_s=0.02, sweep_s=5, grace_s=0.2)


class FailingConversation(Conversation):
    """Breaks on a question, and again on telling that it broke."""

    def __init__(self) -> None:
        self.answered: list[str] = []

    async def run(self, turn: Turn) -> TurnResult:
        if turn.ask.text == "break":
            raise RuntimeError("a bug")
        self.answered.append(turn.ask.text)
        return TurnResult(Outcome.ANSWERED)

    async def give_up(self, turn: Turn, notice: str) -> None:  # noqa: ARG002 - it breaks at once
        raise KeyError(notice)


class BrokenBeat(RedisInbox):
    """Its beats fail in a way that no port allows."""

    async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
        raise RuntimeError(f"a bug, with {len(deliveries)} turns")


def question(ts: str, text: str) -> Ask:
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, ThreadKey("T1", "C1", "1.0"), "U1", ts, text)


async def test_a_bug_in_one_turn_is_a_dead_letter_and_the_thread_goes_on(redis: Redis) -> None:
    inbox, conversation = RedisInbox(redis, lease_s=1), FailingConversation()
    events: list[Event] = []
    finished = asyncio.Event()

    def observe(event: Event) -> None:
        events.append(event)
        if len([one for one in events if isinstance(one, TurnFinished)]) == 2:
            finished.set()

    await inbox.enqueue(question("1.0", "break"))
    await inbox.enqueue(question("2.0", "and now?"))
    stop = asyncio.Event()
    worker = Worker(inbox, conversation, observe, timing=TIMING)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(60):
        await finished.wait()
        stop.set()
        await running
    depth = await inbox.depth()
    assert conversation.answered == ["and now?"]
    assert (depth.dead, depth.running, depth.open) == (1, 0, 0)
    told, _ = [event for event in events if isinstance(event, TurnError)]
    assert (told.error, told.reason, told.needs_operator) == ("RuntimeError", "bug", True)
    trace = told.details["trace"]
    assert isinstance(trace, list)
    assert trace[-1] == "RuntimeError"
    assert trace[-2].endswith(" run"), "the innermost call is told"
    assert "a bug" not in repr(trace), "an error's text may quote what people wrote"


class NeverEnds(Conversation):
    """Never comes to an end, nor gets out that it will not."""

    def __init__(self) -> None:
        self.has_begun = asyncio.Event()

    async def run(self, turn: Turn) -> TurnResult:  # noqa: ARG002 - the port's name
        self.has_begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def give_up(self, turn: Turn, notice: str) -> None:  # noqa: ARG002
        await asyncio.Event().wait()


class NoGiveBack(RedisInbox):
    """Cannot be given anything back."""

    async def give_back(self, delivery: Delivery) -> LeaseState:
        raise Unavailable("redis", turn=delivery.ask.turn)


@pytest.mark.parametrize("can_hand_over", [True, False])
async def test_who_could_not_be_told_of_a_shutdown_is_no_bug_and_needs_no_operator(
    redis: Redis, *, can_hand_over: bool
) -> None:
    inbox, conversation = NoGiveBack(redis, lease_s=1), NeverEnds()
    events: list[Event] = []
    await inbox.enqueue(question("1.0", "why?"))
    stop = asyncio.Event()
    worker = Worker(inbox, conversation, events.append, timing=TIMING, can_hand_over=can_hand_over)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(60):
        await conversation.has_begun.wait()
        stop.set()
        await running
    (told,) = [event for event in events if isinstance(event, TurnError)]
    assert (told.error, told.needs_operator) == ("Unavailable", False)


@pytest.mark.parametrize(
    ("error", "needs_operator"),
    [(ContentRefused("invalid_blocks"), False), (CredentialsRejected("token_revoked"), True)],
)
async def test_a_dead_letter_calls_the_operator_only_where_they_can_mend_it(
    redis: Redis, error: BridgeError, *, needs_operator: bool
) -> None:
    class Refused(FailingConversation):
        async def run(self, turn: Turn) -> TurnResult:  # noqa: ARG002
            raise error

        async def give_up(self, turn: Turn, notice: str) -> None:
            pass

    events: list[Event] = []
    is_over = asyncio.Event()

    def observe(event: Event) -> None:
        events.append(event)
        if isinstance(event, TurnFinished):
            is_over.set()

    inbox, stop = RedisInbox(redis, lease_s=1), asyncio.Event()
    await inbox.enqueue(question("1.0", "why?"))
    worker = Worker(inbox, Refused(), observe, timing=TIMING)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(60):
        await is_over.wait()
        stop.set()
        await running
    (told,) = [event for event in events if isinstance(event, TurnError)]
    assert (told.reason, told.needs_operator) == (error.reason, needs_operator)
    assert (await inbox.depth()).dead == 1


class Answering(FailingConversation):
    """Also gives up in peace."""

    async def give_up(self, turn: Turn, notice: str) -> None:
        pass


async def work(inbox: RedisInbox, conversation: Conversation) -> TurnFinished:
    """How the one turn ends."""
    finished = asyncio.get_running_loop().create_future()

    def observe(event: Event) -> None:
        if isinstance(event, TurnFinished):
            finished.set_result(event)

    await inbox.enqueue(question("1.0", "why?"))
    stop = asyncio.Event()
    running = asyncio.create_task(Worker(inbox, conversation, observe, timing=TIMING).run(stop))
    async with asyncio.timeout(60):
        event: TurnFinished = await finished
        stop.set()
        await running
    return event


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [(MAX_ATTEMPTS, Outcome.ANSWERED), (MAX_ATTEMPTS + 1, Outcome.DEAD_LETTER)],
)
async def test_a_turn_is_tried_again_as_often_as_it_may_be_and_not_once_more(
    redis: Redis, attempt: int, outcome: Outcome
) -> None:
    class Lapsed(RedisInbox):
        async def take(self, *, may_reclaim: bool = True) -> Delivery | None:
            delivery = await super().take(may_reclaim=may_reclaim)
            return delivery and replace(delivery, attempt=attempt)

    assert (await work(Lapsed(redis, lease_s=60), Answering())).outcome is outcome


async def test_a_turn_that_is_lost_while_it_ends_has_been_answered(redis: Redis) -> None:
    class LostAtTheEnd(RedisInbox):
        ends, is_told = asyncio.Event(), asyncio.Event()

        async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
            if not self.ends.is_set():
                return [LeaseState.HELD] * len(deliveries)
            self.is_told.set()
            return [LeaseState.LOST] * len(deliveries)

        async def done(self, delivery: Delivery) -> LeaseState:
            self.ends.set()
            await self.is_told.wait()
            return await super().done(delivery)

    assert (await work(LostAtTheEnd(redis, lease_s=60), Answering())).outcome is Outcome.ANSWERED


async def test_the_end_of_a_turn_that_is_lost_is_not_told_again(redis: Redis) -> None:
    class LostAtTheEnd(RedisInbox):
        ends, is_told = 0, asyncio.Event()

        async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
            if self.ends:
                self.is_told.set()
            return [LeaseState.LOST if self.ends else LeaseState.HELD] * len(deliveries)

        async def done(self, delivery: Delivery) -> LeaseState:
            self.ends += 1
            await self.is_told.wait()
            raise Unavailable("redis", turn=delivery.ask.turn)

    inbox = LostAtTheEnd(redis, lease_s=60)
    assert (await work(inbox, Answering())).outcome is Outcome.ANSWERED
    assert inbox.ends == 1


async def test_who_has_stood_still_takes_no_turn_of_another(redis: Redis) -> None:
    """The leases that have lapsed meanwhile may be its own."""

    class StandsStill(RedisInbox):
        may_reclaim, is_careful = asyncio.Event(), asyncio.Event()

        async def beat(self, deliveries: Sequence[Delivery]) -> list[LeaseState]:
            await asyncio.Event().wait()
            return [LeaseState.HELD] * len(deliveries)

        async def take(self, *, may_reclaim: bool = True) -> Delivery | None:
            (self.may_reclaim if may_reclaim else self.is_careful).set()
            return await super().take(may_reclaim=may_reclaim)

    inbox, stop = StandsStill(redis, lease_s=60), asyncio.Event()
    await inbox.enqueue(question("1.0", "why?"))
    timing = replace(TIMING, lease_s=0.2)
    worker = Worker(inbox, NeverEnds(), lambda _event: None, timing=timing)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(60):
        await inbox.is_careful.wait()
    assert inbox.may_reclaim.is_set(), "as long as it held nothing"
    await cancel_and_wait(running)


async def test_a_worker_that_cannot_beat_ends_rather_than_pretend(redis: Redis) -> None:
    inbox = BrokenBeat(redis, lease_s=1)

    class Slow(FailingConversation):
        async def run(self, turn: Turn) -> TurnResult:
            await asyncio.sleep(30)
            return TurnResult(Outcome.ANSWERED, reason=turn.ask.text)

    await inbox.enqueue(question("1.0", "why?"))
    worker = Worker(inbox, Slow(), lambda _event: None, timing=TIMING)
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(60):
            await worker.run(asyncio.Event())
    assert caught.group_contains(RuntimeError)
