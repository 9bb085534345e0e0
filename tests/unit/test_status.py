"""The status under a thread, where Slack or the workspace's budget takes it only later."""

import asyncio
from collections.abc import Callable

import pytest

from bridge.core.errors import RateLimited, Refused
from bridge.slack.outbound.status import ThreadStatus


class Thread:
    """Takes a status only after it has declined so many; remembers what it was asked to show."""

    def __init__(self, declines: int, after_s: float = 0.01) -> None:
        self.asked: list[str] = []
        self.shown: list[str] = []
        self.declines = declines
        self._after_s = after_s
        self._changed = asyncio.Event()

    async def put(self, text: str) -> None:
        self.asked.append(text)
        self._changed.set()
        if len(self.asked) <= self.declines:
            raise RateLimited("budget", after_s=self._after_s)
        self.shown.append(text)

    async def place(self, _text: str) -> None:
        pytest.fail("a status that must wait is no reason for a placeholder")

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(5):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


async def test_a_status_that_must_wait_is_shown_as_soon_as_it_may() -> None:
    thread = Thread(declines=3)
    status = ThreadStatus(thread.put, thread.place)
    status.begin("thinking")
    await thread.until(lambda: len(thread.asked) == 4)
    await status.end()
    assert thread.shown == ["thinking"]


async def test_a_status_that_waited_is_not_sent_once_the_answer_is_there() -> None:
    thread = Thread(declines=1)
    status = ThreadStatus(thread.put, thread.place)
    status.begin("thinking")
    await thread.until(lambda: thread.asked)
    status.posted()
    await asyncio.sleep(0.05)  # well after it might have been sent
    await status.end()
    await status.clear()
    assert thread.asked == ["thinking"]


async def test_a_status_that_never_got_through_needs_no_clearing() -> None:
    thread = Thread(declines=1, after_s=60)
    status = ThreadStatus(thread.put, thread.place)
    status.begin("thinking")
    await thread.until(lambda: thread.asked)
    await status.end()
    await status.clear()
    assert thread.asked == ["thinking"]


async def test_a_status_is_taken_back_even_if_that_must_wait() -> None:
    thread = Thread(declines=0)
    status = ThreadStatus(thread.put, thread.place)
    status.begin("thinking")
    await thread.until(lambda: thread.shown)
    await status.end()
    thread.declines = 4
    await status.clear()
    assert thread.shown == ["thinking", ""]


async def test_another_status_takes_the_place_of_the_one_before_and_is_kept_alive() -> None:
    thread = Thread(declines=0)
    status = ThreadStatus(thread.put, thread.place)
    status.begin("thinking")
    await thread.until(lambda: thread.shown)
    status.say("thinking")
    status.say("waiting")
    await thread.until(lambda: len(thread.shown) == 2)
    thread.declines = 4
    status.say("slow")
    await thread.until(lambda: len(thread.shown) == 3)
    await status.end()
    assert thread.shown == ["thinking", "waiting", "slow"]


async def test_where_slack_takes_no_status_the_placeholder_changes() -> None:
    placed: list[str] = []
    has_placed = asyncio.Event()

    async def refuse(_text: str) -> None:
        raise Refused("no_permission")

    async def place(text: str) -> None:
        placed.append(text)
        status.posted()
        has_placed.set()

    status = ThreadStatus(refuse, place)
    status.begin("thinking")
    async with asyncio.timeout(5):
        await has_placed.wait()
        has_placed.clear()
        status.say("slow")
        await has_placed.wait()
    await status.end()
    assert placed == ["thinking", "slow"]
