"""The figures of how deep the mailboxes are, also while the store is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from prometheus_client import CollectorRegistry
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bridge.core.errors import Unavailable
from bridge.core.model import Ask, ThreadKey, TurnId
from bridge.core.ports import Depth
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox
from bridge.telemetry.inbox_gauges import InboxGauges


class Mailboxes:
    """Says, one after the other, how deep it is; None is a store that is away. Then it repeats."""

    def __init__(self, *said: Depth | None) -> None:
        self._said = said
        self._asked = 0
        self.heard = asyncio.Event()

    async def depth(self) -> Depth:
        said = self._said[min(self._asked, len(self._said) - 1)]
        self._asked += 1
        if self._asked > len(self._said):
            self.heard.set()
        if said is None:
            raise Unavailable("redis")
        return said


class Watched:
    """An inbox that tells when it is asked a second time: what it said at first is shown then."""

    def __init__(self, inbox: RedisInbox) -> None:
        self._inbox = inbox
        self._asked = 0
        self.heard = asyncio.Event()

    async def depth(self) -> Depth:
        self._asked += 1
        if self._asked > 1:
            self.heard.set()
        return await self._inbox.depth()


@asynccontextmanager
async def shown(mailboxes: Mailboxes | Watched) -> AsyncIterator[CollectorRegistry]:
    """The figures once everything was said."""
    registry = CollectorRegistry()
    stop = asyncio.Event()
    gauges = asyncio.create_task(InboxGauges(mailboxes, registry, interval_s=0.001).run(stop))
    await mailboxes.heard.wait()
    yield registry
    stop.set()
    await gauges


async def test_the_gauges_show_how_deep_the_mailboxes_are() -> None:
    async with shown(Mailboxes(Depth(ready=3, running=2, open=9, dead=1))) as registry:
        value = registry.get_sample_value
        assert value("bridge_inbox_threads", {"state": "ready"}) == 3
        assert value("bridge_inbox_threads", {"state": "running"}) == 2
        assert value("bridge_inbox_turns_open") == 9
        assert value("bridge_inbox_dead_letters") == 1


async def test_a_dead_letter_is_told_when_it_appears_and_not_again() -> None:
    said = [Depth(0, 0, 0, dead) for dead in (0, 1, 1, 3, 2, 2)]
    with capture_logs() as lines:
        async with shown(Mailboxes(*said)):
            pass
    assert [(line["event"], line["count"]) for line in lines] == [
        ("dead_letters.found", 1),
        ("dead_letters.found", 3),
    ]


async def test_the_dead_letters_of_the_last_week_are_no_alarm_after_a_start() -> None:
    said = [None, *(Depth(0, 0, 0, dead) for dead in (2, 2, 3))]
    with capture_logs() as lines:
        async with shown(Mailboxes(*said)):
            pass
    assert [(line["log_level"], line["event"], line["count"]) for line in lines] == [
        ("info", "dead_letters.kept", 2),
        ("warning", "dead_letters.found", 3),
    ]


async def test_while_the_store_is_away_the_gauges_keep_what_they_knew() -> None:
    async with shown(Mailboxes(Depth(1, 0, 4, 0), None)) as registry:
        assert registry.get_sample_value("bridge_inbox_turns_open") == 4


async def test_the_gauges_follow_a_store_that_comes_back() -> None:
    async with shown(Mailboxes(None, Depth(0, 0, 7, 0))) as registry:
        assert registry.get_sample_value("bridge_inbox_turns_open") == 7


@pytest.fixture
async def store() -> AsyncIterator[Redis]:
    async with in_process() as redis:
        yield redis


async def test_the_real_inbox_can_be_asked(store: Redis) -> None:
    inbox = RedisInbox(store)
    thread = ThreadKey("T1", "C1", "1763800000.000100")
    await inbox.enqueue(
        Ask(TurnId("6bd684db-9a3b-5d6e-8f00-0123456789ab"), thread, "U1", "1763800000.000100", "hi")
    )
    async with shown(Watched(inbox)) as registry:
        assert registry.get_sample_value("bridge_inbox_turns_open") == 1
        assert registry.get_sample_value("bridge_inbox_threads", {"state": "ready"}) == 1
