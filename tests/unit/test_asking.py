"""How often the bot is asked, how long it is waited for, and what is told of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Any

import pytest

from bridge.core.asking import Asking, AskingTiming
from bridge.core.background import BackgroundTasks
from bridge.core.errors import (
    BridgeError,
    RateLimited,
    StreamBroken,
    TimedOut,
    Unavailable,
)
from bridge.core.events import AnswerRecalled, Event
from bridge.core.lease import Lease
from bridge.core.model import (
    Answer,
    Ask,
    Frame,
    Question,
    Robot,
    RobotId,
    SessionId,
    ThreadKey,
    TurnRecord,
    message_id,
    turn_id,
)
from bridge.core.ports import AnswerStream, Delivery
from bridge.core.reply import Status
from bridge.core.robots import Robots
from bridge.core.turn import Turn
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox
from tests.robots import ROBOT, ROBOTS

TURN = turn_id("T1", "C1", "message:1.0")
THREAD = ThreadKey("T1", "C1", "1.0")
ASK = Ask(TURN, THREAD, "U1", "1.0", "question")
FIRST, NEXT = message_id(TURN, 1), message_id(TURN, 2)
SESSION = SessionId("session-1")

Outcome = Frame | BridgeError


class SlowStream:
    """A stream that says one thing, after a while."""

    def __init__(self, outcome: Outcome, silence_s: float) -> None:
        self._outcome = outcome
        self._silence_s = silence_s

    async def newer(self) -> Frame:
        await asyncio.sleep(self._silence_s)
        if isinstance(self._outcome, BridgeError):
            raise self._outcome
        return self._outcome

    async def arrives(self) -> None:
        raise AssertionError("nothing follows one frame")

    async def before_end(self, work: Coroutine[Any, Any, None]) -> bool:
        await work
        return True

    async def ends_within(self, seconds: float) -> bool:
        raise AssertionError(f"asked to wait {seconds} s for one frame")


class Scripted:
    """A bot that answers with the next outcome, the last one from then on."""

    def __init__(self, *outcomes: Outcome, silence_s: float = 0.0, logged: str = "") -> None:
        self.asked: list[str] = []
        self.limits_s: list[float] = []
        self._outcomes = outcomes
        self._silence_s = silence_s
        self._logged = logged

    @asynccontextmanager
    async def ask(self, question: Question) -> AsyncIterator[AnswerStream]:
        outcome = self._outcomes[min(len(self.asked), len(self._outcomes) - 1)]
        self.asked.append(question.message_id)
        self.limits_s.append(question.first_frame_s)
        yield SlowStream(outcome, self._silence_s)

    async def recall(self, robot: Robot, session: SessionId, text: str, since: float) -> str | None:
        assert (robot, session, text) == (ROBOT, SESSION, ASK.text)
        assert since <= time.time()
        return self._logged or None

    async def cancel(self, robot: Robot, session: SessionId, answer_id: str, shown: str) -> None:
        raise AssertionError(f"cancelled {answer_id} of {session} with {robot}: {shown}")


class RecordingReply:
    """A reply whose place nobody looks at; it remembers what was told of the waiting."""

    shown = ""

    def __init__(self) -> None:
        self.told: list[Status] = []

    def status(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def wait_until_due(self) -> None:
        pass

    async def acquire(self) -> None:
        pass

    async def show_progress(self, markdown: str) -> float:
        raise AssertionError(f"shown: {markdown}")

    def set_status(self, status: Status) -> None:
        self.told.append(status)

    async def finish(self, answer: Answer) -> None:
        raise AssertionError(f"finished: {answer}")


class Pausing(Scripted):
    """A bot that says one thing and then nothing, until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = asyncio.Event()
        self._frames = [END, Frame(session=SESSION, markdown="Fine")]

    @asynccontextmanager
    async def ask(self, question: Question) -> AsyncIterator[AnswerStream]:
        assert question.message_id == FIRST
        yield self

    async def newer(self) -> Frame:
        if len(self._frames) == 1:
            await self.may_go_on.wait()
        return self._frames.pop()

    async def arrives(self) -> None:
        await self.may_go_on.wait()

    async def before_end(self, work: Coroutine[Any, Any, None]) -> bool:
        await work
        return True

    async def ends_within(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return False


class HesitantReply(RecordingReply):
    """A reply that shows a text only when it has seen it three times."""

    def __init__(self, bot: Pausing) -> None:
        super().__init__()
        self.looks: list[str] = []
        self._bot = bot

    async def show_progress(self, markdown: str) -> float:
        self.looks.append(markdown)
        if len(self.looks) < 3:
            return 0.01
        self._bot.may_go_on.set()
        return 0.0


END = Frame(session=SESSION, markdown="Fine.", is_end=True)
QUICK = AskingTiming(first_frame_s=90, slow_s=20, throttle_s=120, recall_s=0.05, retry_s=0.01)

Fill = Callable[..., AbstractAsyncContextManager[Turn]]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def fill(events: list[Event]) -> Fill:
    """Runs an asking to its end, and gives the turn; `record` is what an earlier one left."""

    @asynccontextmanager
    async def run(
        bot: Scripted,
        timing: AskingTiming = QUICK,
        *,
        record: TurnRecord | None = None,
        reply: RecordingReply | None = None,
    ) -> AsyncIterator[Turn]:
        async with in_process() as redis:
            inbox = RedisInbox(redis, timeout_s=60)  # a machine that is busy is no outage
            await inbox.enqueue(ASK)
            taken = await inbox.take()
            assert taken
            delivery = Delivery(taken.owner, ASK, 0, record or TurnRecord(), SESSION)
            turn = Turn(delivery, Lease(15), inbox)
            background = BackgroundTasks(events.append)
            asking = Asking(
                bot,
                ROBOTS,
                background=background,
                timing=timing,
                observe=events.append,
            )
            await asking.fill(turn, reply or RecordingReply())
            yield turn

    return run


async def test_a_connection_that_was_lost_is_repeated_under_its_number_and_then_the_next(
    fill: Fill,
) -> None:
    bot = Scripted(Unavailable("beebot"))
    with pytest.raises(Unavailable):
        async with fill(bot):
            pass
    assert bot.asked == [FIRST, FIRST, NEXT]


async def test_a_bot_that_took_the_question_and_stays_silent_is_not_asked_again(
    fill: Fill,
) -> None:
    bot = Scripted(TimedOut("silent"))
    with pytest.raises(TimedOut):
        async with fill(bot):
            pass
    assert bot.asked == [FIRST]


async def test_what_is_repeated_has_only_what_is_left_of_the_patience(fill: Fill) -> None:
    bot = Scripted(Unavailable("cut"), Unavailable("cut"), END, silence_s=0.2)
    async with fill(bot, replace(QUICK, first_frame_s=0.9)):
        pass
    assert bot.asked == [FIRST, FIRST, NEXT]
    first, second, third = bot.limits_s
    assert first == 0.9
    assert second == pytest.approx(0.7, abs=0.1)
    assert third == pytest.approx(0.5, abs=0.15)


async def test_where_nothing_is_left_of_the_patience_nothing_is_repeated(fill: Fill) -> None:
    bot = Scripted(Unavailable("cut"), silence_s=0.3)
    with pytest.raises(Unavailable):
        async with fill(bot, replace(QUICK, first_frame_s=0.3)):
            pass
    assert bot.asked == [FIRST]


async def test_being_throttled_costs_no_patience(fill: Fill) -> None:
    bot = Scripted(RateLimited("throttled", after_s=0.1), END, silence_s=0.3)
    reply = RecordingReply()
    async with fill(bot, replace(QUICK, first_frame_s=5), reply=reply):
        pass
    assert bot.limits_s == [5, 5]
    assert reply.told == [Status.WAITING]


async def test_while_nothing_comes_the_status_says_so_twice(fill: Fill) -> None:
    reply, timing = RecordingReply(), replace(QUICK, slow_s=0.1)
    async with fill(Scripted(END, silence_s=0.6), timing, reply=reply):
        pass
    assert reply.told[-2:] == [Status.SLOW, Status.VERY_SLOW]


async def test_an_answer_that_comes_in_time_says_nothing_of_the_waiting(fill: Fill) -> None:
    reply = RecordingReply()
    async with fill(Scripted(END, silence_s=0.1), replace(QUICK, slow_s=5), reply=reply):
        pass
    assert reply.told == []


async def test_the_waiting_that_is_told_goes_on_through_repeats(fill: Fill) -> None:
    reply, timing = RecordingReply(), replace(QUICK, slow_s=0.3)
    bot = Scripted(Unavailable("cut"), Unavailable("cut"), END, silence_s=0.5)
    async with fill(bot, timing, reply=reply):
        pass
    assert reply.told[-1] == Status.VERY_SLOW


async def test_after_a_throttle_the_status_follows_the_waiting_again(fill: Fill) -> None:
    reply, timing = RecordingReply(), replace(QUICK, accepted_s=0.2, slow_s=0.6)
    bot = Scripted(RateLimited("throttled", after_s=0.01), END, silence_s=1.0)
    async with fill(bot, timing, reply=reply):
        pass
    throttled = reply.told.index(Status.WAITING)
    assert reply.told[throttled:] == [Status.WAITING, Status.THINKING, Status.SLOW]


async def test_a_repeat_that_brings_nothing_is_asked_under_the_next_number(fill: Fill) -> None:
    bot = Scripted(Unavailable("beebot"), Frame(session=SESSION, is_end=True), END)
    async with fill(bot) as turn:
        assert bot.asked == [FIRST, FIRST, NEXT]
        assert turn.draft.markdown == "Fine."


async def test_a_thread_talks_on_in_its_session(fill: Fill) -> None:
    bot = Scripted(END)
    async with fill(bot) as turn:
        assert bot.asked == [FIRST]
        assert turn.record.session == SESSION


async def test_a_broken_answer_that_was_found_is_told(fill: Fill, events: list[Event]) -> None:
    bot = Scripted(StreamBroken("cut"), logged="The whole.")
    async with fill(bot, record=TurnRecord(session=SESSION)) as turn:
        assert turn.draft.markdown == "The whole."
    (recalled,) = [event for event in events if isinstance(event, AnswerRecalled)]
    assert (recalled.turn, recalled.is_found) == (TURN, True)


async def test_an_answer_that_was_found_can_be_rated(fill: Fill) -> None:
    """Beebot's log does not tell what it calls the answer; the replica that is gone knew."""
    known = TurnRecord(asks=1, session=SESSION, has_frames=True, answer_id="answer-1")
    bot = Scripted(logged="The whole.")
    async with fill(bot, record=known) as turn:
        assert bot.asked == []
        assert (turn.draft.markdown, turn.draft.answer().answer_id) == ("The whole.", "answer-1")


async def test_a_broken_answer_that_was_not_found_is_told(fill: Fill, events: list[Event]) -> None:
    with pytest.raises(StreamBroken):
        async with fill(Scripted(StreamBroken("cut")), record=TurnRecord(session=SESSION)):
            pass
    (recalled,) = [event for event in events if isinstance(event, AnswerRecalled)]
    assert not recalled.is_found
    assert recalled.took_s < 5


async def test_what_could_not_be_shown_at_once_is_shown_while_the_bot_pauses(fill: Fill) -> None:
    bot = Pausing()
    reply = HesitantReply(bot)
    async with asyncio.timeout(30), fill(bot, reply=reply) as turn:
        assert reply.looks == ["Fine"] * 3
        assert turn.draft.markdown == "Fine."


HR = Robot(RobotId("chatbot-cn-hr"))


@pytest.mark.parametrize(
    ("robots", "record", "session_with", "asked", "named"),
    [
        (ROBOTS, TurnRecord(), None, ROBOT, SESSION),  # of a release that knew but one robot
        (ROBOTS, TurnRecord(), ROBOT.id, ROBOT, SESSION),
        (Robots(ROBOT, {"C1": HR}), TurnRecord(), HR.id, HR, SESSION),
        (Robots(ROBOT, {"C1": HR}), TurnRecord(), None, HR, None),
        (Robots(ROBOT, {"C1": HR}), TurnRecord(), ROBOT.id, HR, None),
        (Robots(ROBOT, {"dm": HR}), TurnRecord(), HR.id, ROBOT, None),
        # whoever takes over asks whom the one before has asked
        (ROBOTS, TurnRecord(asks=1, robot=HR, session=SESSION), ROBOT.id, HR, SESSION),
        (ROBOTS, TurnRecord(asks=1, robot=HR), ROBOT.id, HR, None),
        (Robots(ROBOT, {"C1": HR}), TurnRecord(asks=1, session=SESSION), None, ROBOT, SESSION),
    ],
)
async def test_no_robot_hears_of_a_session_with_another_one(
    robots: Robots,
    record: TurnRecord,
    session_with: RobotId | None,
    asked: Robot,
    named: SessionId | None,
) -> None:
    questions: list[Question] = []

    class Listening(Scripted):
        @asynccontextmanager
        async def ask(self, question: Question) -> AsyncIterator[AnswerStream]:
            questions.append(question)
            yield SlowStream(END, 0)

    async with in_process() as redis:
        inbox = RedisInbox(redis)
        await inbox.enqueue(ASK)
        taken = await inbox.take()
        assert taken
        delivery = Delivery(taken.owner, ASK, 0, record, SESSION, session_with)
        turn = Turn(delivery, Lease(15), inbox)
        background = BackgroundTasks(lambda _: None)
        asking = Asking(Listening(), robots, background=background, timing=QUICK)
        await asking.fill(turn, RecordingReply())
    [question] = questions
    assert (question.robot, question.session) == (asked, named)
    assert turn.record.robot == asked
