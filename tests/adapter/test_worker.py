"""The worker keeps going when a turn, or its own store, misbehaves in ways nobody thought of."""

import asyncio
from collections.abc import Sequence

import pytest
from redis.asyncio import Redis

from bridge.core.conversation import Conversation, Outcome
from bridge.core.events import Event, TurnFinished, TurnTrouble
from bridge.core.model import Ask, ThreadKey, turn_id
from bridge.core.ports import Delivery, Hold
from bridge.core.turn import Turn
from bridge.core.worker import Terms, Worker
from bridge.store.inbox import RedisInbox

TERMS = Terms(lease_s=1.0, beat_s=0.05, poll_s=0.02, sweep_s=5, grace_s=0.2)


class Buggy(Conversation):
    """Breaks on a question, and again on telling that it broke."""

    def __init__(self) -> None:
        self.answered: list[str] = []

    async def run(self, turn: Turn) -> Outcome:
        if turn.ask.text == "break":
            raise RuntimeError("a bug")
        self.answered.append(turn.ask.text)
        return Outcome("answered")

    async def give_up(self, turn: Turn, notice: str) -> None:  # noqa: ARG002 - it breaks at once
        raise KeyError(notice)


class Rotten(RedisInbox):
    """Its beats fail in a way that no port allows."""

    async def beat(self, deliveries: Sequence[Delivery]) -> list[Hold]:
        raise RuntimeError(f"a bug, with {len(deliveries)} turns")


def question(ts: str, text: str) -> Ask:
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, ThreadKey("T1", "C1", "1.0"), "U1", ts, text)


async def test_a_bug_in_one_turn_is_a_dead_letter_and_the_thread_goes_on(redis: Redis) -> None:
    inbox, conversation = RedisInbox(redis, lease_s=1), Buggy()
    events: list[Event] = []
    finished = asyncio.Event()

    def observe(event: Event) -> None:
        events.append(event)
        if len([one for one in events if isinstance(one, TurnFinished)]) == 2:
            finished.set()

    await inbox.put(question("1.0", "break"))
    await inbox.put(question("2.0", "and now?"))
    stop = asyncio.Event()
    worker = Worker(inbox, conversation, terms=TERMS, observe=observe)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(10):
        await finished.wait()
        stop.set()
        await running
    depth = await inbox.depth()
    assert conversation.answered == ["and now?"]
    assert (depth.dead, depth.running, depth.open) == (1, 0, 0)
    told, _ = [event for event in events if isinstance(event, TurnTrouble)]
    assert (told.error, told.reason, told.needs_operator) == ("RuntimeError", "bug", True)
    trace = told.details["trace"]
    assert isinstance(trace, list)
    assert trace[-1] == "RuntimeError"
    assert trace[-2].endswith(" run"), "the innermost call is told"
    assert "a bug" not in repr(trace), "an error's text may quote what people wrote"


async def test_a_worker_that_cannot_beat_ends_rather_than_pretend(redis: Redis) -> None:
    inbox = Rotten(redis, lease_s=1)

    class Slow(Buggy):
        async def run(self, turn: Turn) -> Outcome:
            await asyncio.sleep(30)
            return Outcome("answered", reason=turn.ask.text)

    await inbox.put(question("1.0", "why?"))
    worker = Worker(inbox, Slow(), terms=TERMS, observe=lambda _event: None)
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(10):
            await worker.run(asyncio.Event())
    assert caught.group_contains(RuntimeError)
