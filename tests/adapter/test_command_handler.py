"""What becomes of a command before Slack is told that we have it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bridge.core.background import BackgroundTasks
from bridge.core.command_handler import CommandHandler
from bridge.core.commands import EditQuestion, Rate, Stop
from bridge.core.errors import BridgeError, Unavailable
from bridge.core.events import AnswerRated
from bridge.core.model import Ask, Kind, SessionId, ThreadKey, TurnId, turn_id
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.slack.inbound.ingress import REDELIVERY_S
from bridge.store.repositories import RedisRatings
from tests.adapter.slack_front import SlackWithBridge
from tests.users import Unknown

THREAD = ThreadKey("T1", "C1", "1.0")


@dataclass
class RecordingThreads:
    """The port `Threads` and the bot: they record what they are told."""

    ephemerals: list[tuple[str, str]] = field(default_factory=list)
    idle: list[ThreadKey] = field(default_factory=list)
    has_budget: bool = True
    ratings: list[Rate] = field(default_factory=list)

    async def open(self, turn: Turn) -> ThreadKey:
        raise NotImplementedError

    def can_call_human(self, ask: Ask) -> bool:
        raise NotImplementedError

    async def call_human(self, turn: Turn) -> BridgeError | None:
        raise NotImplementedError

    async def show_idle(self, thread: ThreadKey) -> None:
        self.idle.append(thread)

    async def send_ephemeral(
        self,
        thread: ThreadKey,  # noqa: ARG002 - the port's names
        user: str,
        text: str,
        *,
        respond_to: str = "",  # noqa: ARG002
    ) -> None:
        if not self.has_budget:
            await asyncio.Event().wait()
        self.ephemerals.append((user, text))

    async def rate(self, rate: Rate) -> None:
        self.ratings.append(rate)


BAD = Rate(TurnId("t"), THREAD, "U1", SessionId("s"), "a", is_good=False)


def question(ts: str, *, user: str = "U1", kind: Kind = Kind.ASK, is_addressed: bool = True) -> Ask:
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, THREAD, user, ts, "how?", is_addressed=is_addressed, kind=kind)


@pytest.fixture
async def front() -> AsyncIterator[SlackWithBridge]:
    front = SlackWithBridge()
    async with front.redis:
        yield front


@pytest.fixture
def threads() -> RecordingThreads:
    return RecordingThreads()


@pytest.fixture
def background(front: SlackWithBridge) -> BackgroundTasks:
    return BackgroundTasks(front.events.append)


@pytest.fixture
def handler(
    front: SlackWithBridge, threads: RecordingThreads, background: BackgroundTasks
) -> CommandHandler:
    return CommandHandler(
        front.inbox,
        RedisRatings(front.redis),
        threads.rate,
        threads=threads,
        translator=Translator(Unknown()),
        background=background,
        redelivery_s=REDELIVERY_S,
        observe=front.events.append,
        ephemeral_s=0.2,
    )


async def settle(background: BackgroundTasks) -> None:
    """Wait until all background tasks are done."""
    stop = asyncio.Event()
    stop.set()
    await background.run(stop)


def ephemeral(threads: RecordingThreads) -> list[str]:
    """The first sentence of each ephemeral."""
    return [f"{user}: {text.split('.')[0]}" for user, text in threads.ephemerals]


async def test_who_has_to_wait_behind_another_question_is_told_so(
    threads: RecordingThreads, handler: CommandHandler, background: BackgroundTasks
) -> None:
    assert await handler.handle(question("1.0")) == "accepted"
    assert await handler.handle(question("2.0", user="U2")) == "queued"
    await settle(background)
    assert ephemeral(threads) == ["U2: Got it"]


async def test_where_nothing_is_to_be_stopped_the_thread_does_not_go_on_showing_an_answer(
    threads: RecordingThreads, handler: CommandHandler, background: BackgroundTasks
) -> None:
    assert await handler.handle(Stop(THREAD, "U1", "5.0", is_shown=True)) == "not_found"
    assert await handler.handle(Stop(THREAD, "U1", "6.0")) == "not_found"
    await settle(background)
    assert threads.idle == [THREAD]


async def test_a_word_that_would_come_too_late_is_not_said(
    front: SlackWithBridge,
    threads: RecordingThreads,
    handler: CommandHandler,
    background: BackgroundTasks,
) -> None:
    threads.has_budget = False
    await handler.handle(question("1.0"))
    await handler.handle(question("2.0"))
    async with asyncio.timeout(1):  # less than background tasks are given at the end
        await settle(background)
    assert (threads.ephemerals, front.events) == ([], [])


async def test_only_the_asker_stops_and_the_others_learn_why(
    threads: RecordingThreads, handler: CommandHandler, background: BackgroundTasks
) -> None:
    await handler.handle(question("1.0"))
    assert await handler.handle(Stop(THREAD, "U2", "2.0")) == "not_yours"
    assert await handler.handle(Stop(THREAD, "U1", "2.0")) == "stopping"
    await settle(background)
    assert ephemeral(threads) == ["U2: Only the person who asked can stop this answer"]


async def test_where_nothing_runs_the_stop_becomes_a_turn_that_says_so(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    idle = question("2.0", kind=Kind.NOTHING_TO_STOP)
    assert await handler.handle(Stop(THREAD, "U1", "2.0", otherwise=idle)) == "accepted"
    assert await front.asks() == [idle]


async def test_a_stranger_who_says_stop_says_it_to_somebody_else(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    idle = question("2.0", kind=Kind.NOTHING_TO_STOP, is_addressed=False)
    assert await handler.handle(Stop(THREAD, "U1", "2.0", otherwise=idle)) == "not_engaged"
    assert await front.asks() == []


async def test_a_rating_reaches_the_bot_once(
    front: SlackWithBridge,
    threads: RecordingThreads,
    handler: CommandHandler,
    background: BackgroundTasks,
) -> None:
    assert await handler.handle(BAD) == "rated"
    assert await handler.handle(BAD) == "duplicate"
    await settle(background)
    assert threads.ratings == [BAD]
    rated = AnswerRated(TurnId("t"), THREAD, "s", "a", is_good=False, has_comment=False)
    assert front.events == [rated]


async def test_while_a_lost_mention_may_come_again_its_follow_up_is_not_taken_for_a_strangers(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    follow_up = question("2.0", is_addressed=False)
    assert await handler.handle(follow_up) == "not_engaged"
    front.store.connected = False
    with pytest.raises(Unavailable):
        await handler.handle(question("1.0"))
    front.store.connected = True
    with pytest.raises(Unavailable):
        await handler.handle(follow_up)
    assert await handler.handle(question("2.1", user="U2", is_addressed=False)) == "not_engaged"
    elsewhere = replace(follow_up, thread=ThreadKey("T1", "C1", "0.5"))
    assert await handler.handle(elsewhere) == "not_engaged"
    assert await handler.handle(question("1.0")) == "accepted"
    assert await handler.handle(follow_up) == "queued"


async def test_a_lost_edit_that_names_the_bot_is_waited_for_like_a_lost_mention(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    named = replace(question("1.0"), text="how now?")
    front.store.connected = False
    with pytest.raises(Unavailable):
        await handler.handle(EditQuestion(named, may_be_new=True))
    front.store.connected = True
    with pytest.raises(Unavailable):
        await handler.handle(question("2.0", is_addressed=False))


async def test_a_lost_follow_up_makes_nobody_wait_for_more(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    front.store.connected = False
    with pytest.raises(Unavailable):
        await handler.handle(question("2.0", is_addressed=False))
    front.store.connected = True
    assert await handler.handle(question("2.1", is_addressed=False)) == "not_engaged"


@pytest.mark.parametrize("is_followed", [True, False])
async def test_a_reply_that_names_the_bot_by_an_edit_is_asked_once_as_it_reads_now(
    front: SlackWithBridge, handler: CommandHandler, *, is_followed: bool
) -> None:
    first, reply = question("1.0"), replace(question("2.0"), text="how now?")
    await handler.handle(first)
    if is_followed:
        await handler.handle(question("2.0", is_addressed=False))
    edit = EditQuestion(reply, may_be_new=True)
    assert await handler.handle(edit) == ("edited" if is_followed else "queued")
    for text in ("how?", "how now?"):
        delivery = await front.inbox.take()
        assert delivery is not None
        assert delivery.ask.text == text
        await front.inbox.done(delivery)
    assert await front.inbox.take() is None


async def test_the_event_that_knows_of_a_file_completes_the_one_that_does_not(
    front: SlackWithBridge, handler: CommandHandler
) -> None:
    await handler.handle(question("1.0"))
    mention = question("2.0")
    assert await handler.handle(mention) == "queued"
    assert await handler.handle(replace(mention, files=1, attached="📎 a.pdf")) == "duplicate"
    running = await front.inbox.take()
    assert running is not None
    await front.inbox.done(running)
    delivery = await front.inbox.take()
    assert delivery is not None
    assert (delivery.ask.files, delivery.ask.attached) == (1, "📎 a.pdf")
