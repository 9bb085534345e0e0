"""What is done beside the answers: tried again, told when it fails, waited for at the end."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from bridge.core.background import BackgroundTasks, cancel_and_wait, retry
from bridge.core.errors import RateLimited, Refused, Unavailable
from bridge.core.events import BackgroundTaskFailed, Event


@dataclass
class Work:
    """Fails with each of `failures` in turn, then succeeds."""

    failures: list[Exception] = field(default_factory=list)
    tries: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        self.done.set()


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def background(events: list[Event]) -> BackgroundTasks:
    return BackgroundTasks(events.append, pause_s=0.001, grace_s=0.05)


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(30):
        await event.wait()


async def test_what_fails_for_the_moment_is_tried_again(
    background: BackgroundTasks, events: list[Event]
) -> None:
    work = Work([Unavailable("slack"), RateLimited("budget", after_s=0.001)])
    background.start("rate", work.run)
    await soon(work.done)
    assert work.tries == 3
    assert events == []


async def test_what_fails_for_good_is_told_and_undone(
    background: BackgroundTasks, events: list[Event]
) -> None:
    work, undo = Work([Refused("no")]), Work()
    background.start("rate", work.run, undo=undo.run)
    await soon(undo.done)
    assert work.tries == 1
    assert events == [BackgroundTaskFailed("rate", "no")]


async def test_it_is_given_up_after_its_tries(
    background: BackgroundTasks, events: list[Event]
) -> None:
    work, undo = Work([Unavailable("slack")] * 9), Work()
    background.start("rate", work.run, undo=undo.run)
    await soon(undo.done)
    assert work.tries == 3
    assert events == [BackgroundTaskFailed("rate", "slack")]


async def test_what_is_worth_more_tries_gets_them_within_its_time(
    background: BackgroundTasks, events: list[Event]
) -> None:
    work = Work([Unavailable("slack")] * 5)
    background.start("end_session", work.run, within_s=30)
    await soon(work.done)
    assert (work.tries, events) == (6, [])
    late = Work([RateLimited("slack", after_s=31)])
    await background.start("end_session", late.run, within_s=30)
    assert (late.tries, events) == (1, [BackgroundTaskFailed("end_session", "slack")])


async def test_a_bug_in_one_is_told_by_its_kind_and_place(
    background: BackgroundTasks, events: list[Event]
) -> None:
    undo = Work()
    background.start("home", Work([ValueError("secret words")]).run, undo=undo.run)
    await soon(undo.done)
    (failed,) = events
    assert isinstance(failed, BackgroundTaskFailed)
    assert (failed.name, failed.reason, failed.trace[-1]) == ("home", "bug", "ValueError")
    assert "secret words" not in repr(failed)


async def test_the_end_waits_for_what_is_under_way_but_not_for_ever(
    background: BackgroundTasks,
) -> None:
    never, ended, stop = asyncio.Event(), Work(), asyncio.Event()
    background.start("slow", ended.run)

    async def wait() -> None:
        await never.wait()

    background.start("endless", wait)
    stop.set()
    service = asyncio.create_task(background.run(stop))
    try:
        async with asyncio.timeout(30):
            await service
    finally:
        await cancel_and_wait(service)
    assert ended.tries == 1


async def test_what_the_end_cuts_off_is_undone(background: BackgroundTasks) -> None:
    never, undo, stop = asyncio.Event(), Work(), asyncio.Event()

    async def wait() -> None:
        await never.wait()

    background.start("rate", wait, undo=undo.run)
    stop.set()
    async with asyncio.timeout(30):
        await background.run(stop)
    assert undo.tries == 1


async def test_a_retry_waits_as_long_as_the_service_asks_for() -> None:
    limited, began = Work([RateLimited("429", after_s=0.05)]), time.monotonic()
    await retry(limited.run, pauses_s=(0, 0))
    assert limited.tries == 2
    assert time.monotonic() - began >= 0.05


async def test_a_retry_ends_before_a_pause_that_is_longer_than_what_is_left() -> None:
    work = Work([Unavailable("redis")] * 9)
    with pytest.raises(Unavailable):
        await retry(work.run, pauses_s=(0.01, 60), within_s=0.05)
    assert 2 <= work.tries <= 4


async def test_what_will_not_pass_by_itself_is_not_tried_again() -> None:
    work = Work([Refused("no")])
    with pytest.raises(Refused):
        await retry(work.run)
    assert work.tries == 1
