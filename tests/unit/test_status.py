"""The status under a thread, where Slack or the workspace's budget takes it only later."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

from bridge.core.background import BackgroundTasks
from bridge.core.errors import BridgeError, RateLimited, Refused
from bridge.core.limits import Call
from bridge.core.messages import Locale
from bridge.core.reply import Status
from bridge.core.translator import Translation, Translator
from bridge.slack.api.optional_methods import OptionalMethods
from bridge.slack.api.rate_limits import SESSION
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message
from bridge.slack.outbound.answer_messages import AnswerMessages
from bridge.slack.outbound.late_ends import LateEnds
from bridge.slack.outbound.session import AgentSession
from bridge.slack.outbound.status import ThreadStatus
from bridge.telemetry.masking import masking
from tests.refused_methods import RefusedInMemory
from tests.unit.turns import turn_of
from tests.users import Unknown


class Thread:
    """Takes a status only after it has declined so many; remembers what it was asked to show."""

    def __init__(self, declines: int, error: BridgeError | None = None) -> None:
        self.asked: list[str] = []
        self.shown: list[str] = []
        self.declines = declines
        self._error = error or RateLimited("budget", after_s=0.01)
        self._changed = asyncio.Event()
        self.optional = OptionalMethods(RefusedInMemory())

    def guarded_by(self, _may: Callable[[], Awaitable[None]]) -> "Thread":
        return self

    async def call_optional(
        self,
        call: Call,
        arguments: dict[str, Any],
        *,
        permit: None = None,  # noqa: ARG002 - as the API's
    ) -> dict[str, Any]:
        if call.method == SESSION:
            raise Refused("not_authorized")
        self.asked.append(arguments["status"])
        self._changed.set()
        if len(self.asked) <= self.declines:
            raise self._error
        self.shown.append(arguments["status"])
        return {}

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


@dataclass
class Posts:
    """Of the answer; a status that must only wait is no reason for a placeholder."""

    has_posted: bool = False
    posted: tuple[()] = ()
    placed: Callable[[str], None] | None = None

    async def place(self, message: Message, *, before: Message | None) -> None:  # noqa: ARG002
        assert self.placed
        self.has_posted = True
        self.placed(message.text.strip("_"))


def status_in(thread: Thread, posts: Posts) -> ThreadStatus:
    turn, api = turn_of(), cast(SlackApi, thread)
    late_ends = LateEnds(BackgroundTasks(lambda _: None))
    return ThreadStatus(
        turn,
        api,
        Translator(Unknown(), Locale.EN),
        cast(AnswerMessages, posts),
        session=AgentSession(turn, api, late_ends, masking()),
        late_ends=late_ends,
    )


def texts(*statuses: Status) -> list[str]:
    return [Translation(Locale.EN).text(status) for status in statuses]


async def test_a_status_that_must_wait_is_shown_as_soon_as_it_may() -> None:
    thread = Thread(declines=3)
    status = status_in(thread, Posts())
    status.begin()
    await thread.until(lambda: len(thread.asked) == 4)
    await status.end()
    assert thread.shown == texts(Status.THINKING)


async def test_a_status_that_waited_is_not_sent_once_the_answer_is_there() -> None:
    thread, posts = Thread(declines=1), Posts()
    status = status_in(thread, posts)
    status.begin()
    await thread.until(lambda: thread.asked)
    posts.has_posted = True
    await asyncio.sleep(0.05)  # well after it might have been sent
    await status.end()
    await status.clear()
    assert thread.asked == texts(Status.THINKING)


async def test_a_status_that_never_got_through_needs_no_clearing() -> None:
    thread = Thread(declines=1, error=RateLimited("budget", after_s=60))
    status = status_in(thread, Posts())
    status.begin()
    await thread.until(lambda: thread.asked)
    await status.end()
    await status.clear()
    assert thread.asked == texts(Status.THINKING)


async def test_a_status_is_taken_back_even_if_that_must_wait() -> None:
    thread = Thread(declines=0)
    status = status_in(thread, Posts())
    status.begin()
    await thread.until(lambda: thread.shown)
    await status.end()
    thread.declines = 2
    await status.clear()
    assert thread.shown == [*texts(Status.THINKING), ""]


async def test_another_status_takes_the_place_of_the_one_before_and_is_kept_alive() -> None:
    thread = Thread(declines=0)
    status = status_in(thread, Posts())
    status.begin()
    await thread.until(lambda: thread.shown)
    status.set(Status.THINKING)
    status.set(Status.WAITING)
    await thread.until(lambda: len(thread.shown) == 2)
    thread.declines = 4
    status.set(Status.SLOW)
    await thread.until(lambda: len(thread.shown) == 3)
    await status.end()
    assert thread.shown == texts(Status.THINKING, Status.WAITING, Status.SLOW)


async def test_where_slack_takes_no_status_the_placeholder_changes() -> None:
    placed: asyncio.Queue[str] = asyncio.Queue()
    thread = Thread(declines=99, error=Refused("no_permission"))
    status = status_in(thread, Posts(placed=placed.put_nowait))
    status.begin()
    async with asyncio.timeout(30):
        assert [await placed.get()] == texts(Status.THINKING)
        status.set(Status.SLOW)
        assert [await placed.get()] == texts(Status.SLOW)
    await status.end()
