"""Asks the bot the question of a turn, again where that is safe, and shows the growing answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Literal

from bridge.core.background import BackgroundTasks, cancel_and_wait, retry
from bridge.core.errors import (
    BridgeError,
    RateLimited,
    StreamBroken,
    TimedOut,
    Unavailable,
)
from bridge.core.events import AnswerRecalled, Observer
from bridge.core.model import Frame, Question, Robot, SessionId, message_id, sender_id
from bridge.core.ports import AnswerStream, Bot
from bridge.core.reply import Reply, Status
from bridge.core.robots import Robots
from bridge.core.turn import Turn

Takeover = Literal["ask", "keep"]

_STALE_S = 0.1
_CATCH_UP_S = 1.0  # between two looks at a text that is still shorter than what people saw before


@dataclass(frozen=True, slots=True)
class AskingTiming:
    """Seconds. What has no value here comes from the settings (`settings/answering.py`)."""

    first_frame_s: float
    """how long the bot may be silent before its first frame, all askings of a question together,
    but without the pauses of a throttled one"""
    slow_s: float
    """after this much silence, and after three times as much, the status says so"""
    throttle_s: float
    """how long a throttled question is tried again"""
    recall_s: float
    """how long the bot's log is asked for an answer whose stream was lost, ten times in all"""
    accepted_s: float = 1.0
    """an asking that is not refused by then counts as accepted"""
    retry_s: float = 0.5
    """the pause before an asking that did not begin is repeated"""


class Silence:
    """How long the bot has said nothing to one question, over all its askings."""

    def __init__(self, timing: AskingTiming) -> None:
        self._timing = timing
        self._spent_s = 0.0

    @property
    def left_s(self) -> float:
        return self._timing.first_frame_s - self._spent_s

    @asynccontextmanager
    async def shown(self, reply: Reply) -> AsyncIterator[asyncio.Task[None]]:
        """Run a task beside an asking that shows how long the bot has been silent. The block gets
        the task, and may cancel it.
        """
        began = time.monotonic()
        showing = asyncio.create_task(self._show(reply))
        try:
            yield showing
        except Unavailable:
            self._spent_s += time.monotonic() - began
            raise
        finally:
            await cancel_and_wait(showing)

    async def _show(self, reply: Reply) -> None:
        began, slow_s = time.monotonic() - self._spent_s, self._timing.slow_s
        await asyncio.sleep(min(self._timing.accepted_s, slow_s))
        for status, until_s in ((Status.THINKING, slow_s), (Status.SLOW, 3 * slow_s)):
            if (left_s := began + until_s - time.monotonic()) > 0:
                reply.set_status(status)
                await asyncio.sleep(left_s)
        reply.set_status(Status.VERY_SLOW)


@dataclass(frozen=True, slots=True)
class Growth:
    """Shows one answer while it grows. A frame is decoded only when its text is due to be shown.
    The first text cancels `showing`, the task that shows the status of a silent bot.
    """

    stream: AnswerStream
    turn: Turn
    reply: Reply
    showing: asyncio.Task[None]

    async def follow(self) -> None:
        """Show the text while it grows. At the return the draft holds all of it."""
        frame = await self._catch_up()
        while not frame.is_end:
            if not await self._acquires_soon():
                frame = await self._receive(at_once=True)
                if frame.is_end:
                    return
                await self.stream.before_end(self.reply.acquire())
            wait_s = await self.reply.show_progress(self.turn.draft.markdown)
            await self.stream.ends_within(wait_s)
            frame = await self._next_text(is_shown=wait_s == 0)

    async def _catch_up(self) -> Frame:
        """Wait for the first text to show. If people saw the text of an earlier asking, it stays
        until the new text is as long.
        """
        floor = len(self.turn.record.partial)
        while True:
            frame = await self._receive()
            if frame.is_end or (frame.markdown and len(self.turn.draft.markdown) >= floor):
                return frame
            if frame.markdown:
                await self.stream.ends_within(_CATCH_UP_S)

    async def _acquires_soon(self) -> bool:
        """Acquire the call, and save the turn. False if that took so long that the draft may have
        grown, or if the stream ended meanwhile.
        """
        began = time.monotonic()
        is_ready = await self.stream.before_end(self.reply.acquire())
        return is_ready and time.monotonic() - began <= _STALE_S

    async def _next_text(self, *, is_shown: bool) -> Frame:
        """Wait as long as the pace of the answer says, then for a new text. A text that could not
        be shown is given again, also if it has not grown.
        """
        while True:
            if is_shown:
                await self.stream.arrives()
            await self.stream.before_end(self.reply.wait_until_due())
            frame = await self._receive(at_once=not is_shown)
            if frame.is_end or frame.markdown or not is_shown:
                return frame

    async def _receive(self, *, at_once: bool = False) -> Frame:
        """Wait for the next frame, and add it to the draft. With `at_once` nothing is waited for:
        if there is no new frame, the result is an empty one.
        """
        frame = Frame()
        with suppress(TimeoutError):
            async with asyncio.timeout(0 if at_once else None):
                frame = await self.stream.newer()
        self.turn.receive(frame)
        if frame.markdown:
            self.showing.cancel()
        return frame


@dataclass(frozen=True, slots=True)
class Asking:
    """Asks the bot, and fills the draft of the turn with the answer. `pseudonym_key` is the secret
    that a pseudonym of the asker is made with; without one it is made of ids alone. `image_address`
    gives the address of an image, a new one for each asking.
    """

    bot: Bot
    robots: Robots
    _: KW_ONLY
    background: BackgroundTasks
    timing: AskingTiming
    takeover: Takeover = "ask"
    pseudonym_key: str = ""
    image_address: Callable[[str], str] = str
    observe: Observer = lambda _event: None

    async def fill(self, turn: Turn, reply: Reply) -> None:
        """Return with the whole answer in `turn.draft`.

        Raises `BridgeError`. The draft then holds the text that came before the error; after
        `StreamBroken` no more text will come.
        """
        if turn.record.has_frames and await self._recalled(turn):
            return
        if turn.record.has_frames and self.takeover == "keep":
            raise StreamBroken("the replica that asked is gone")
        try:
            await self._ask(turn, reply)
        except StreamBroken:
            if not await self._recalled(turn):
                raise

    def cancel(self, turn: Turn, seen: str) -> None:
        """Tell the bot, in the background, that people stopped the answer after what they have
        `seen`.
        """
        session, answer_id = turn.record.session, turn.draft.answer().answer_id
        if session and answer_id:
            cancel = partial(self.bot.cancel, self._robot_of(turn), session, answer_id, seen)
            self.background.start("cancel", cancel)

    def _robot_of(self, turn: Turn) -> Robot:
        """The robot that was asked stays, even if the settings now name another one for this
        place.
        """
        was_asked = self.robots.default if turn.record.asks else self.robots.answering(turn.ask)
        return turn.record.robot or was_asked

    def _session_with(self, robot: Robot, turn: Turn) -> SessionId | None:
        """A session is never sent to another robot than the one that opened it."""
        known = turn.delivery.robot or self.robots.default.id
        return turn.record.session or (turn.delivery.session if known == robot.id else None)

    async def _ask(self, turn: Turn, reply: Reply) -> None:
        """Ask, and ask again where that is safe.

        If an asking breaks off before its first frame, it is repeated with the same number, and the
        bot takes it for the same asking. If that fails as well, the bot is asked once more, with
        the next number. All of this has one time limit. If the bot took the question and stays
        silent, it is not asked again.

        After a first frame nothing is asked again: the bot would take it for another turn of the
        session.
        """
        silence = Silence(self.timing)
        record = turn.record
        first = record.asks if record.asks and not record.has_frames else record.asks + 1
        for number, is_last in ((first, False), (first, False), (first + 1, True)):
            is_repeat = turn.record.asks == number
            try:
                await retry(
                    partial(self._ask_once, turn, number, reply, silence),
                    on=RateLimited,
                    within_s=self.timing.throttle_s,
                    on_failure=lambda _: reply.set_status(Status.WAITING),
                )
            except TimedOut:
                raise
            except Unavailable:
                if is_last or silence.left_s <= 0:
                    raise
                await asyncio.sleep(self.timing.retry_s)
            else:
                if not (turn.draft.is_empty and is_repeat):
                    break
        if turn.draft.is_empty and turn.record.partial:
            raise StreamBroken("asked again, the bot said nothing")

    async def _ask_once(self, turn: Turn, number: int, reply: Reply, silence: Silence) -> None:
        ask, robot = turn.ask, self._robot_of(turn)
        await turn.begin_asking(number, robot, self._session_with(robot, turn))
        question = Question(
            message_id(ask.turn, number),
            turn.utterance.text,
            turn.record.session,
            robot,
            sender_id(ask.thread.team, ask.user, self.pseudonym_key),
            turn.asker,
            silence.left_s,
            images=tuple(map(self.image_address, turn.images)),
        )
        async with silence.shown(reply) as showing, self.bot.ask(question) as stream:
            await Growth(stream, turn, reply, showing).follow()

    async def _recalled(self, turn: Turn) -> bool:
        """Look for the whole answer in the bot's own log."""
        if not turn.record.session:
            return False
        began = time.monotonic()
        text = await self._look_up(turn, turn.record.session)
        self.observe(AnswerRecalled(turn.ask.turn, bool(text), time.monotonic() - began))
        if text:
            turn.receive(Frame(markdown=text, answer_id=turn.record.answer_id))
        return bool(text)

    async def _look_up(self, turn: Turn, session: SessionId) -> str | None:
        robot = self._robot_of(turn)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timing.recall_s):
                while True:
                    with suppress(BridgeError):
                        text = await self.bot.recall(
                            robot, session, turn.utterance.text, turn.record.asked_at
                        )
                        if text:
                            return text
                    await asyncio.sleep(self.timing.recall_s / 10)
        return None
