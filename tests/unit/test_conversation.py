"""A turn becomes an answer or one clear sentence, whatever it is for."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from redis.asyncio import Redis

from bridge.core.asking import Asking, AskingTiming
from bridge.core.background import BackgroundTasks
from bridge.core.conversation import Conversation
from bridge.core.errors import BridgeError, LeaseLost, Refused, StreamBroken, ThreadGone
from bridge.core.events import Event
from bridge.core.lease import Lease
from bridge.core.messages import Locale
from bridge.core.model import (
    Answer,
    Ask,
    Frame,
    Handover,
    Kind,
    Question,
    Robot,
    SessionId,
    Source,
    ThreadKey,
    TurnRecord,
    reference,
    turn_id,
)
from bridge.core.policy import Admission, Policy
from bridge.core.ports import LeaseState, Users
from bridge.core.preparing import Preparing
from bridge.core.reply import Status
from bridge.core.translator import Translation, Translator
from bridge.core.turn import Turn
from bridge.store import keys
from bridge.store.connection import in_process
from bridge.store.inbox import RedisInbox
from bridge.store.repositories import RedisAnswerSources, RedisOnce
from tests.robots import ROBOT, ROBOTS
from tests.users import AsWritten, Unknown

SESSION = SessionId("session-1")
THREAD = ThreadKey("T1", "C1", "1.0")
OPENED = ThreadKey("T1", "C1", "5.0")
WHOLE = Frame(SESSION, "answer-1", "Rain falls.", is_end=True)
URL = "http://127.0.0.1/response"


def ask_of(kind: Kind = Kind.ASK, text: str = "why?", ts: str = "1.0", url: str = "") -> Ask:
    turn = turn_id("T1", "C1", f"message:{ts}")
    return Ask(turn, THREAD, "U1", ts, text, kind=kind, respond_to=url)


@dataclass
class FakeBot:
    """Says one thing; None breaks the stream after half a sentence, or lets it hang there."""

    says: Frame | None = WHOLE
    hangs: bool = False
    asked: list[Question] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    @asynccontextmanager
    async def ask(self, question: Question) -> AsyncIterator["FakeBot"]:
        self.asked.append(question)
        half = Frame(SESSION, "answer-1", "Rain **fal")
        self.frames = [self.says] if self.says else [half]
        yield self

    async def newer(self) -> Frame:
        if self.frames:
            return self.frames.pop()
        if self.hangs:
            await asyncio.Event().wait()
        raise StreamBroken("cut")

    async def arrives(self) -> None:
        pass

    async def before_end(self, work: Coroutine[Any, Any, None]) -> bool:
        await work
        return True

    async def ends_within(self, seconds: float) -> bool:
        return seconds > 0

    async def recall(self, robot: Robot, session: SessionId, text: str, since: float) -> str | None:
        assert session, (robot, text, since)
        return None

    async def cancel(self, robot: Robot, session: SessionId, answer_id: str, shown: str) -> None:
        self.cancelled.append(f"{robot.id} {session} {answer_id} {shown}")


@dataclass
class FakeThreads:
    """What was said where; `is_gone`: nothing may be posted anywhere; a bug of ours hides where
    the text says what it `stumbles_over`; `deaf`: why no human hears a call.
    """

    finished: list[Answer] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    ephemerals: list[tuple[str, str]] = field(default_factory=list)
    is_gone: bool = False
    stumbles_over: str = "nothing"
    deaf: BridgeError | None = None
    has_shown: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self, turn: Turn) -> "FakeReply":
        return FakeReply(self, turn)


@dataclass
class FakeReply:
    """Both the reply and what is around it."""

    slack: FakeThreads
    turn: Turn | None = None
    shown: str = ""

    @asynccontextmanager
    async def status(self) -> AsyncIterator[None]:
        yield

    async def wait_until_due(self) -> None:
        pass

    async def acquire(self) -> None:
        pass

    async def show_progress(self, markdown: str) -> float:
        self.shown = markdown
        self.slack.has_shown.set()
        return 0.0

    def set_status(self, status: Status) -> None:
        raise NotImplementedError

    async def finish(self, answer: Answer) -> None:
        if self.slack.is_gone:
            raise ThreadGone("not_in_channel")
        if answer.markdown and self.slack.stumbles_over in answer.markdown:
            raise TypeError("a bug that this text leads to")
        self.slack.finished.append(answer)

    async def open(self, turn: Turn) -> ThreadKey:
        if self.slack.is_gone:
            raise ThreadGone("not_in_channel")
        self.slack.opened.append(turn.ask.text)
        return OPENED

    def can_call_human(self, ask: Ask) -> bool:  # noqa: ARG002 - the port's name
        return True

    async def call_human(self, turn: Turn) -> BridgeError | None:
        assert turn.record.answer
        self.slack.called.append(turn.ask.text)
        return self.slack.deaf

    async def show_idle(self, thread: ThreadKey) -> None:
        raise NotImplementedError

    async def send_ephemeral(
        self, thread: ThreadKey, user: str, text: str, *, respond_to: str = ""
    ) -> None:
        assert (thread.channel, user) == (THREAD.channel, "U1")
        self.slack.ephemerals.append((text, respond_to))


@dataclass
class Setup:
    redis: Redis
    robot: FakeBot = field(default_factory=FakeBot)
    slack: FakeThreads = field(default_factory=FakeThreads)
    events: list[Event] = field(default_factory=list)
    late_s: float = math.inf
    policy: Policy = field(default_factory=Policy)
    users: Users = field(default_factory=Unknown)

    def __post_init__(self) -> None:
        self.inbox = RedisInbox(self.redis)
        self.answer_sources = RedisAnswerSources(self.redis)
        self.background = BackgroundTasks(self.events.append)
        self.conversation = Conversation(
            self._asking(),
            self.slack,
            FakeReply(self.slack),
            admission=Admission(self.policy, self.users),
            preparing=Preparing(AsWritten(), Translator(Unknown()), max_utterance=20),
            inbox=self.inbox,
            dm_hints=RedisOnce(self.redis, "dm_hint", ttl_s=60),
            answer_sources=self.answer_sources,
            translator=Translator(Unknown()),
            late_s=self.late_s,
            observe=self.events.append,
        )

    def _asking(self) -> Asking:
        timing = AskingTiming(90, 20, throttle_s=0, recall_s=0, retry_s=0)
        return Asking(self.robot, ROBOTS, background=self.background, timing=timing)

    async def settle(self) -> None:
        """Wait until all background tasks are done."""
        is_over = asyncio.Event()
        is_over.set()
        await self.background.run(is_over)

    async def take(self, ask: Ask) -> Turn:
        await self.inbox.enqueue(ask)
        delivery = await self.inbox.take()
        assert delivery is not None
        return Turn(delivery, Lease(15), self.inbox)

    async def run(self, ask: Ask) -> str:
        turn = await self.take(ask)
        outcome = await self.conversation.run(turn)
        await self.inbox.done(turn.delivery)
        return outcome.outcome


@pytest.fixture
async def scene() -> AsyncIterator[Setup]:
    async with in_process() as redis:
        yield Setup(redis)


async def test_a_question_is_answered_and_its_sources_are_kept(scene: Setup) -> None:
    source = Source(1, "Weather", "It rains.")
    scene.robot.says = replace(WHOLE, sources=(source,))
    assert await scene.run(ask_of()) == "answered"
    assert [answer.markdown for answer in scene.slack.finished] == ["Rain falls."]
    assert await scene.answer_sources.find("T1", ask_of().turn) == [source]


async def test_a_human_is_called_when_the_answer_stands(scene: Setup) -> None:
    scene.robot.says = replace(WHOLE, handover=Handover("12", "angry"))
    await scene.run(ask_of())
    assert scene.slack.called == ["why?"]
    assert len(scene.slack.finished) == 1


async def test_where_nobody_hears_the_call_the_answer_says_so(scene: Setup) -> None:
    scene.robot.says = replace(WHOLE, handover=Handover("12", "angry"))
    scene.slack.deaf = Refused("not_in_channel")
    assert await scene.run(ask_of()) == "answered"
    promised, taken_back = (answer.handover for answer in scene.slack.finished)
    assert promised == Handover("12", "angry", is_heard=True)
    assert taken_back == Handover("12", "angry", is_heard=False)


async def test_half_an_answer_cannot_be_rated(scene: Setup) -> None:
    scene.robot.says = None
    assert await scene.run(ask_of()) == "failed"
    (answer,) = scene.slack.finished
    assert (answer.markdown, answer.is_cut, answer.answer_id) == ("Rain **fal", True, "")


@pytest.mark.parametrize("frame", [None, Frame(SESSION, "answer-1", is_end=True)])
async def test_less_than_people_saw_of_an_earlier_asking_never_replaces_it(
    scene: Setup, frame: Frame | None
) -> None:
    """The replica that showed it is gone; asked again, the robot says little, or nothing."""
    taken = await scene.take(ask_of())
    record = TurnRecord(1, 0.0, SESSION, has_frames=True, pages=("2.0",), partial="Rain falls **on")
    turn = Turn(replace(taken.delivery, record=record), Lease(15), scene.inbox)
    scene.robot.says = frame
    await scene.conversation.run(turn)
    (answer,) = scene.slack.finished
    assert (answer.markdown, answer.is_cut) == ("Rain falls **on", True)
    assert answer.notices == (Translation(Locale.EN).text_with_reference(turn.ask, "incomplete"),)


async def test_a_stop_keeps_what_people_saw_and_tells_the_robot(scene: Setup) -> None:
    scene.robot.says, scene.robot.hangs = None, True
    turn = await scene.take(ask_of())
    running = asyncio.create_task(scene.conversation.run(turn))
    await asyncio.wait_for(scene.slack.has_shown.wait(), 30)
    turn.draft.update(Frame(SESSION, "answer-1", "Rain, which nobody has seen yet"))
    turn.lease.update(LeaseState.STOP, asked_at=0)
    assert (await running).outcome == "stopped"
    stopped = Answer("Rain **fal", answer_id="answer-1", notices=("Stopped.",), is_cut=True)
    assert scene.slack.finished == [stopped]
    await scene.settle()
    assert scene.robot.cancelled == [f"{ROBOT.id} session-1 answer-1 Rain **fal"]


async def test_a_stop_keeps_the_session_of_frames_that_no_beat_has_written_down_yet(
    scene: Setup,
) -> None:
    scene.robot.says, scene.robot.hangs = None, True
    turn = await scene.take(ask_of())
    running = asyncio.create_task(scene.conversation.run(turn))
    await scene.slack.has_shown.wait()
    turn.lease.update(LeaseState.STOP, asked_at=0)
    assert (await running).outcome == "stopped"
    await scene.inbox.done(turn.delivery)
    assert await scene.redis.get(keys.key(keys.SESSION, THREAD.encode())) == SESSION


async def test_a_stop_before_the_first_text_shows_none(scene: Setup) -> None:
    turn = await scene.take(ask_of())
    turn.draft.update(Frame(SESSION, "answer-1", "Rain"))
    turn.delivery = replace(turn.delivery, record=TurnRecord(partial="Rain"))
    turn.lease.update(LeaseState.STOP, asked_at=0)
    assert (await scene.conversation.run(turn)).outcome == "stopped"
    (answer,) = scene.slack.finished
    assert (answer.markdown, answer.notices) == ("", ("Stopped.",))


async def test_a_thread_that_was_reset_forgets_its_session(scene: Setup) -> None:
    await scene.run(ask_of(ts="1.0"))
    assert await scene.run(ask_of(Kind.RESET, ts="2.0")) == "declined"
    await scene.run(ask_of(ts="3.0"))
    assert [question.session for question in scene.robot.asked] == [None, None]
    assert "forgotten" in scene.slack.finished[1].notices[0]


async def test_an_answer_that_ran_when_the_reset_was_wanted_keeps_no_session(
    scene: Setup,
) -> None:
    turn = await scene.take(ask_of(ts="1.0"))
    await scene.inbox.enqueue(ask_of(Kind.RESET, ts="2.0"))
    await scene.conversation.run(turn)
    await scene.inbox.done(turn.delivery)
    reset = await scene.inbox.take()
    assert reset is not None
    assert reset.session == SESSION
    await scene.conversation.run(Turn(reset, Lease(15), scene.inbox))
    assert await scene.redis.get(keys.key(keys.SESSION, THREAD.encode())) is None


async def test_a_reset_whose_turn_another_replica_has_says_nothing(scene: Setup) -> None:
    turn = await scene.take(ask_of(Kind.RESET))
    turn.delivery = replace(turn.delivery, owner="another")
    with pytest.raises(LeaseLost):
        await scene.conversation.run(turn)
    assert scene.slack.finished == []


async def test_a_stop_where_nothing_runs_is_answered_with_a_sentence(scene: Setup) -> None:
    assert await scene.run(ask_of(Kind.NOTHING_TO_STOP, text="")) == "declined"
    assert "nothing to stop" in scene.slack.finished[0].notices[0]
    assert scene.robot.asked == []


async def test_a_question_without_a_thread_opens_one_and_waits_there(scene: Setup) -> None:
    assert await scene.run(ask_of(Kind.OPEN, url=URL)) == "opened"
    delivery = await scene.inbox.take()
    assert delivery is not None
    asked = delivery.ask
    assert (asked.thread, asked.kind, asked.ts) == (OPENED, Kind.ASK, OPENED.root)
    assert (asked.text, asked.user, asked.respond_to) == ("why?", "U1", URL)


async def test_a_replica_that_opens_the_same_thread_again_asks_once(scene: Setup) -> None:
    turn = await scene.take(ask_of(Kind.OPEN))
    await scene.conversation.run(turn)
    await scene.conversation.run(turn)
    assert len(await scene.inbox.waiting(9)) == 1


async def test_a_question_too_long_opens_no_thread(scene: Setup) -> None:
    assert await scene.run(ask_of(Kind.OPEN, text="why " * 20, url=URL)) == "declined"
    ((said, url),) = scene.slack.ephemerals
    assert ("80 characters" in said, url) == (True, URL)
    assert scene.slack.opened == []


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.RESET])
async def test_where_the_bot_is_no_member_one_person_reads_why(scene: Setup, kind: Kind) -> None:
    scene.slack.is_gone = True
    with pytest.raises(ThreadGone):
        await scene.run(ask_of(kind, url=URL))
    ((said, url),) = scene.slack.ephemerals
    assert ("/invite" in said, url) == (True, URL)


async def test_a_thread_that_could_not_be_opened_is_given_up_in_private(scene: Setup) -> None:
    turn = await scene.take(ask_of(Kind.OPEN, url=URL))
    await scene.conversation.give_up(turn, "failed")
    ((said, _),) = scene.slack.ephemerals
    assert "Something went wrong" in said
    assert scene.slack.finished == []


async def test_what_is_given_up_keeps_what_came_and_closes_it(scene: Setup) -> None:
    turn = await scene.take(ask_of())
    turn.draft.update(Frame(SESSION, "answer-1", "Rain **fal"))
    await scene.conversation.give_up(turn, "restarted")
    (answer,) = scene.slack.finished
    assert (answer.markdown, answer.is_cut, answer.answer_id) == ("Rain **fal", True, "")
    assert "restarted" in answer.notices[0]


async def test_where_the_text_leads_to_a_bug_the_person_is_told_all_the_same(scene: Setup) -> None:
    scene.slack.stumbles_over = "Rain"
    turn = await scene.take(ask_of())
    with pytest.raises(TypeError):
        await scene.conversation.run(turn)
    with pytest.raises(TypeError):
        await scene.conversation.give_up(turn, "failed")
    (told,) = scene.slack.finished
    assert told.markdown == ""
    assert reference(turn.ask.turn) in told.notices[0]


async def test_who_must_belong_to_the_team_and_is_not_known_to_is_not_answered(
    scene: Setup,
) -> None:
    assert await scene.run(replace(ask_of(), is_for_members=True)) == "declined"
    assert scene.slack.finished == []
    assert scene.robot.asked == []


AGES = {
    890: "",
    910: "You asked this 15 min ago; I could not answer sooner.",
    3600: "You asked this 60 min ago; I could not answer sooner.",
    3 * 3600 + 60: "You asked this 3 h ago; I could not answer sooner.",
    23.6 * 3600: "You asked this 24 h ago; I could not answer sooner.",
}


@pytest.mark.parametrize(("age_s", "notice"), AGES.items())
async def test_an_answer_to_an_old_question_says_how_old_it_is(
    scene: Setup, age_s: float, notice: str
) -> None:
    scene = Setup(scene.redis, late_s=900)
    await scene.run(ask_of(ts=f"{time.time() - age_s:.6f}"))
    (answer,) = scene.slack.finished
    assert answer.notices == ((notice,) if notice else ())


async def test_a_question_is_as_old_as_the_edit_or_the_command_that_asked_it(scene: Setup) -> None:
    scene = Setup(scene.redis, late_s=900)
    old, new = f"{time.time() - 10_000:.6f}", f"{time.time():.6f}"
    await scene.run(replace(ask_of(ts=old), asked_ts=new))
    assert scene.slack.finished[0].notices == ()
    command = f"{time.time() - 5_000:.6f}"
    await scene.run(ask_of(Kind.OPEN, ts=command))
    asked = await scene.inbox.take()
    assert asked is not None
    assert (asked.ask.thread, asked.ask.asked_ts) == (OPENED, command)
