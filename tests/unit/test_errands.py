"""What is done beside the answers: tried again, told when it fails, waited for at the end."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bridge.core.errands import Errands
from bridge.core.errors import RateLimited, Refused, Unavailable
from bridge.core.events import ErrandFailed, Event
from bridge.core.tasks import end


@dataclass
class Errand:
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
def errands(events: list[Event]) -> Errands:
    return Errands(events.append, pause_s=0.001, grace_s=0.05)


async def soon(event: asyncio.Event) -> None:
    async with asyncio.timeout(5):
        await event.wait()


async def test_what_fails_for_the_moment_is_tried_again(
    errands: Errands, events: list[Event]
) -> None:
    errand = Errand([Unavailable("slack"), RateLimited("budget", after_s=0.001)])
    errands.start("rate", errand.run)
    await soon(errand.done)
    assert errand.tries == 3
    assert events == []


async def test_what_fails_for_good_is_told_and_undone(
    errands: Errands, events: list[Event]
) -> None:
    errand, undo = Errand([Refused("no")]), Errand()
    errands.start("rate", errand.run, undo=undo.run)
    await soon(undo.done)
    assert errand.tries == 1
    assert events == [ErrandFailed("rate", "no")]


async def test_it_is_given_up_after_its_tries(errands: Errands, events: list[Event]) -> None:
    errand, undo = Errand([Unavailable("slack")] * 9), Errand()
    errands.start("rate", errand.run, undo=undo.run)
    await soon(undo.done)
    assert errand.tries == 3
    assert events == [ErrandFailed("rate", "slack")]


async def test_a_bug_in_one_is_told_by_its_kind_and_place(
    errands: Errands, events: list[Event]
) -> None:
    undo = Errand()
    errands.start("home", Errand([ValueError("secret words")]).run, undo=undo.run)
    await soon(undo.done)
    (failed,) = events
    assert isinstance(failed, ErrandFailed)
    assert (failed.name, failed.reason, failed.trace[-1]) == ("home", "bug", "ValueError")
    assert "secret words" not in repr(failed)


async def test_the_end_waits_for_what_is_under_way_but_not_for_ever(errands: Errands) -> None:
    never, ended, stop = asyncio.Event(), Errand(), asyncio.Event()
    errands.start("slow", ended.run)

    async def wait() -> None:
        await never.wait()

    errands.start("endless", wait)
    stop.set()
    service = asyncio.create_task(errands.run(stop))
    try:
        async with asyncio.timeout(5):
            await service
    finally:
        await end(service)
    assert ended.tries == 1


async def test_what_the_end_cuts_off_is_undone(errands: Errands) -> None:
    never, undo, stop = asyncio.Event(), Errand(), asyncio.Event()

    async def wait() -> None:
        await never.wait()

    errands.start("rate", wait, undo=undo.run)
    stop.set()
    async with asyncio.timeout(5):
        await errands.run(stop)
    assert undo.tries == 1
