"""Any history of puts, takes, crashes and late returns agrees with a model of ten lines' worth."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable
from typing import ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from bridge.core.commands import CommandResult, Stop
from bridge.core.model import Ask, ThreadKey, TurnId, TurnRecord, turn_id
from bridge.core.ports import Delivery, LeaseState
from bridge.store import keys
from bridge.store.connection import in_process
from bridge.store.scripts import run_operation
from tests.contract.inboxes import open_inbox

T = TypeVar("T")
THREADS = [ThreadKey("T1", "C1", f"{number}.0") for number in range(3)]


class InboxMachine(RuleBasedStateMachine):
    """The model: the turns of each thread in order, who owns the first, and who is behind time."""

    url: ClassVar[str] = ""

    @initialize()
    def open(self) -> None:
        self._runner = asyncio.Runner()
        self.redis = Redis.from_url(self.url, decode_responses=True) if self.url else in_process()
        # Only `fall_silent` lets a lease lapse; and the model knows of no outage: a machine so busy
        # that an answer takes 1.5 s is none.
        self.inbox = open_inbox(self.redis, lease_s=3600)
        self.run(self.redis.flushall())
        self.count = 0
        self.stops = 0
        self.mailboxes: dict[ThreadKey, deque[Ask]] = {thread: deque() for thread in THREADS}
        self.ready: list[ThreadKey] = []
        self.owned: dict[ThreadKey, Delivery] = {}
        self.lapsed: set[ThreadKey] = set()
        self.late: list[Delivery] = []
        self.attempts: Counter[str] = Counter()
        self.begun: set[TurnId] = set()
        self.stopped: set[TurnId] = set()

    def teardown(self) -> None:
        if hasattr(self, "_runner"):
            self.run(self.redis.aclose())
            self._runner.close()

    def run(self, work: Awaitable[T]) -> T:
        async def wait() -> T:
            return await work

        return self._runner.run(wait())

    @rule(thread=st.sampled_from(THREADS))
    def put(self, thread: ThreadKey) -> None:
        self.count += 1
        turn = turn_id("T1", "C1", f"message:{self.count}")
        ask = Ask(turn, thread, "U1", str(self.count), "?")
        behind = CommandResult.QUEUED if self.mailboxes[thread] else CommandResult.ACCEPTED
        assert self.run(self.inbox.enqueue(ask)) is behind
        assert self.run(self.inbox.enqueue(ask)) is CommandResult.DUPLICATE
        if not self.mailboxes[thread]:
            self.ready.append(thread)
        self.mailboxes[thread].append(ask)

    @rule()
    def take(self) -> None:
        delivery = self.run(self.inbox.take())
        if self.lapsed:
            assert delivery is not None
            thread = delivery.ask.thread
            assert thread in self.lapsed
            self.late.append(self.owned[thread])
            self.attempts[delivery.ask.turn] += 1
            self.lapsed.remove(thread)
        elif self.ready:
            assert delivery is not None
            thread = self.ready.pop(0)
        else:
            assert delivery is None
            return
        assert delivery.ask == self.mailboxes[thread][0]
        assert delivery.attempt == self.attempts[delivery.ask.turn]
        self.owned[thread] = delivery

    @precondition(lambda self: self.owned)
    @rule(data=st.data())
    def fall_silent(self, data: st.DataObject) -> None:
        """A crash, or a process that stands still: for the store the same."""
        thread = data.draw(st.sampled_from(sorted(self.owned, key=ThreadKey.encode)))
        self.run(self.redis.zadd(keys.RUNNING, {thread.encode(): 0}))
        self.lapsed.add(thread)

    @precondition(lambda self: self.owned)
    @rule()
    def beat(self) -> None:
        """Whoever beats before somebody else has taken over holds its lease again."""
        deliveries = list(self.owned.values())
        turns = [one.ask.turn for one in deliveries]
        states = [LeaseState.STOP if turn in self.stopped else LeaseState.HELD for turn in turns]
        assert self.run(self.inbox.beat(deliveries)) == states
        self.lapsed.clear()

    @precondition(lambda self: self.owned)
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        thread = data.draw(st.sampled_from(sorted(self.owned, key=ThreadKey.encode)))
        delivery = self.owned[thread]
        assert self.run(self.inbox.record(delivery, TurnRecord(asks=1))) is LeaseState.HELD
        self.begun.add(delivery.ask.turn)

    @precondition(lambda self: self.owned)
    @rule(data=st.data(), is_buried=st.booleans())
    def finish(self, data: st.DataObject, is_buried: bool) -> None:
        thread, delivery = self._pick(data)
        step = self.inbox.bury(delivery, "why") if is_buried else self.inbox.done(delivery)
        assert self.run(step) is LeaseState.HELD
        self.mailboxes[thread].popleft()
        if self.mailboxes[thread]:
            self.ready.append(thread)

    @precondition(lambda self: self.owned)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        thread, delivery = self._pick(data)
        assert self.run(self.inbox.give_back(delivery)) is LeaseState.HELD
        returned = [one for one in self.ready if self.run(self._score(one)) == 0 and one != thread]
        others = [one for one in self.ready if one not in returned]
        self.ready = sorted([*returned, thread], key=ThreadKey.encode) + others

    @precondition(lambda self: self.late)
    @rule(data=st.data())
    def come_too_late(self, data: st.DataObject) -> None:
        """A replica that lost its turn wakes up: nothing that it does has any effect."""
        late = data.draw(st.sampled_from(self.late))
        for step in (
            self.inbox.beat([late]),
            self.inbox.record(late, TurnRecord(asks=99)),
            self.inbox.done(late),
            self.inbox.give_back(late),
            self.inbox.bury(late, "late"),
        ):
            assert self.run(step) in (LeaseState.LOST, [LeaseState.LOST])

    @precondition(lambda self: any(self.mailboxes.values()))
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        """What was begun is stopped, by whoever has it or has it next; the rest just goes."""
        asks = [ask for box in self.mailboxes.values() for ask in box]
        ask = data.draw(st.sampled_from(asks))
        assert self.run(self.inbox.delete("T1", ask.turn))
        owned = {delivery.ask.turn for delivery in self.owned.values()}
        if ask.turn in owned | self.begun:
            self.stopped.add(ask.turn)
            return
        self.mailboxes[ask.thread].remove(ask)
        if not self.mailboxes[ask.thread]:
            self.ready.remove(ask.thread)

    @precondition(lambda self: any(self.mailboxes.values()))
    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        """All but what somebody holds; whoever held it before and fell silent has lost it."""
        ask = data.draw(st.sampled_from([ask for box in self.mailboxes.values() for ask in box]))
        thread, owner = ask.thread, self.owned.get(ask.thread)
        is_held = owner is not None and owner.ask.turn == ask.turn
        terms = {"thread": thread.encode(), "turn": ask.turn}
        is_erased = self.run(run_operation(self.redis, "erase", terms))
        assert is_erased == (not is_held or thread in self.lapsed)
        if not is_erased:
            return
        self.mailboxes[thread].remove(ask)
        if is_held:
            self.late.append(self.owned.pop(thread))
            self.lapsed.remove(thread)
            if self.mailboxes[thread]:
                self.ready.append(thread)
        elif not self.mailboxes[thread]:
            self.ready.remove(thread)

    @rule(thread=st.sampled_from(THREADS))
    def stop(self, thread: ThreadKey) -> None:
        """Binds to what runs in the thread, or comes next there."""
        self.stops += 1
        halt = self.run(self.inbox.stop(Stop(thread, "U1", f"9999999999.{self.stops}")))
        if not self.mailboxes[thread]:
            assert halt is CommandResult.NOT_FOUND
            return
        assert halt is CommandResult.STOPPING
        self.stopped.add(self.mailboxes[thread][0].turn)

    @rule()
    def sweep(self) -> None:
        assert self.run(self.inbox.sweep()) == 0

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "_runner"):
            return
        depth = self.run(self.inbox.depth())
        assert depth.ready == len(self.ready)
        assert depth.running == len(self.owned)
        assert depth.open == sum(len(box) for box in self.mailboxes.values())

    def _pick(self, data: st.DataObject) -> tuple[ThreadKey, Delivery]:
        thread = data.draw(st.sampled_from(sorted(self.owned, key=ThreadKey.encode)))
        self.lapsed.discard(thread)
        return thread, self.owned.pop(thread)

    async def _score(self, thread: ThreadKey) -> float | None:
        return await self.redis.zscore(keys.READY, thread.encode())


@pytest.mark.parametrize("store", ["fakeredis", "redis-server"])
def test_every_history_agrees_with_the_model(store: str, request: pytest.FixtureRequest) -> None:
    class Machine(InboxMachine):
        url = request.getfixturevalue("redis_url") if store == "redis-server" else ""

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
