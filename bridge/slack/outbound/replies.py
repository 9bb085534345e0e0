"""The growing answer in its Slack thread: streamed or edited while it grows, exact at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from bridge.core.background import retry
from bridge.core.errors import (
    BridgeError,
    ContentRefused,
    RateLimited,
    Refused,
    ThreadGone,
    Unavailable,
)
from bridge.core.events import FirstTextShown, Observer
from bridge.core.limits import Call, Priority
from bridge.core.model import Answer, Ask
from bridge.core.pacing import Pace
from bridge.core.reply import Status
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.slack.message import Message, short_message
from bridge.slack.outbound.message_layout import MessageLayout
from bridge.slack.outbound.messages import Messages
from bridge.slack.outbound.modes import Modes
from bridge.slack.outbound.native_stream import NativeStream, StreamTiming
from bridge.slack.outbound.status import ThreadStatus
from bridge.slack.rate_limits import APPEND, POST, START, STATUS, UPDATE
from bridge.slack.web_api import SlackApi

PATIENCE_S = (0.5, 30.0)  # first and longest pause before a final text is tried again
SETBACK_S = 3.0  # how long progress rests after a call that failed
FLUENT_S, SLUGGISH_S = 3.2, 5.0  # gaps between two shows: it grows; it can still be seen to grow


@dataclass(frozen=True, slots=True)
class SlackReplies:
    """Implements the port `Replies`. `own_bot_id` tells our posts from those of others, and raises
    `Unavailable` while it cannot.
    """

    api: SlackApi
    translator: Translator
    observe: Observer
    own_bot_id: Callable[[], str] = field(kw_only=True)
    modes: Modes = field(kw_only=True)
    timing: StreamTiming = field(default=StreamTiming(), kw_only=True)
    pace: Pace = field(default=Pace(), kw_only=True)

    def open(self, turn: Turn) -> "SlackReply":
        return SlackReply(turn, self)

    async def show_waiting(self, ask: Ask) -> None:
        translation = await self.translator.for_ask(ask)
        with suppress(BridgeError):
            await set_status(self.api, ask, translation.text(Status.WAITING))


class SlackReply:
    """Implements the port `Reply`: by a native stream where that may be had, else by posts and
    edits, which everybody in the channel sees grow.
    """

    def __init__(self, turn: Turn, replies: SlackReplies) -> None:
        self._turn = turn
        self._api = replies.api
        self._translator = replies.translator
        self._layout: MessageLayout | None = None
        self.shown = ""
        self._status = ThreadStatus(self._put_status, self._place)
        self._messages = Messages(
            turn,
            replies.api,
            own_bot_id=replies.own_bot_id,
            posted=self._status.posted,
            expiry_s=replies.timing.expiry_s,
        )
        self._modes = replies.modes
        declined = partial(replies.modes.refused, turn.ask)
        self._native = NativeStream(self._messages, replies.timing, declined=declined)
        self._native.is_over |= not self._modes.prefers_stream(turn.ask)
        self._observe = replies.observe
        self._placeholder: Message | None = None
        self._has_text = bool(turn.record.pages and (turn.record.partial or turn.record.answer))
        self._opened_at = time.monotonic()
        self._pace = replies.pace
        self._began_at = 0.0
        self._due_at = 0.0

    @asynccontextmanager
    async def status(self) -> AsyncIterator[None]:
        if self._messages.are_none:
            self._status.begin(Status.THINKING)
        try:
            yield
        except ThreadGone:
            await self._status.end()
            await self._messages.leave()
            await self._clear()
            raise
        finally:
            await self._status.end()

    def set_status(self, status: Status) -> None:
        self._status.say(status)

    async def due(self) -> None:
        if not self._messages.permit:
            await asyncio.sleep(self._due_at - time.monotonic())

    async def acquire(self) -> None:
        if self._messages.permit:
            return
        permit = await self._api.limiter.acquire(*self._next_calls())
        if self._messages.are_none:
            self._native.is_over = permit.call.method != START
        self._messages.permit = permit
        now = time.monotonic()
        self._began_at = self._began_at or now
        share = self._api.limiter.share(permit)
        self._due_at = now + self._pace.gap(now - self._began_at, share)

    def _next_calls(self) -> list[Call]:
        """The ways to show more, the best first."""
        ask = self._turn.ask

        def call(method: str, priority: Priority, gap_s: float = 0.0) -> Call:
            thread = ask.thread
            return Call(thread.team, method, thread.channel, priority, ask.turn, gap_s)

        if not self._messages.are_none:
            is_stream = self._messages.stream and not self._native.is_over
            return [call(APPEND if is_stream else UPDATE, Priority.PROGRESS)]
        edited, sluggish = (call(POST, Priority.FIRST, gap) for gap in (FLUENT_S, SLUGGISH_S))
        if not self._modes.may_stream(ask):
            return [sluggish]
        streamed = call(START, Priority.FIRST, FLUENT_S)
        if self._modes.prefers_stream(ask):
            return [streamed, sluggish]
        return [edited, streamed, sluggish]

    async def show_progress(self, markdown: str) -> float:
        layout = await self._lay_out()
        try:
            if not self._native.is_over:
                wait_s = await self._stream(layout, markdown)
                if not self._native.is_over:
                    return wait_s
            await self._edit(layout, markdown)
        except RateLimited as limited:
            return limited.after_s
        except (Unavailable, Refused):
            return SETBACK_S
        return 0.0

    async def _stream(self, layout: MessageLayout, markdown: str) -> float:
        stable = self._native.look(markdown)
        if stable is None:
            return self._native.look_s
        try:
            return await self._native.show(stable, await layout.text.settled(stable))
        finally:
            self.shown = self._native.shown
            if self.shown:
                self._note_text()

    async def _edit(self, layout: MessageLayout, markdown: str) -> None:
        written = await layout.text.whole(markdown, is_open=True)
        if not written.pieces:
            return
        filled, start = self._native.split(written)
        shapes = [*filled, *layout.growing(written, start)]
        priority = Priority.FIRST if self._messages.are_none else Priority.PROGRESS
        try:
            await self._messages.write(shapes, priority)
        finally:
            if self._messages.stand_as(shapes):
                self.shown = markdown
                self._note_text()

    async def finish(self, answer: Answer) -> None:
        """Raises `ContentRefused` when Slack took no more of it than a sentence of regret."""
        layout = await self._lay_out()
        try:
            written = await layout.read(answer)
            # What streaming has filled stays as it is; the forms are those of what is left.
            filled, start = self._native.split(written)
            for form in layout.forms(answer, written, start):
                with suppress(ContentRefused):
                    return await self._write_patiently([*filled, *form])
            await self._write_patiently(layout.regret())
        except BridgeError:
            await self._messages.leave()
            raise
        finally:
            await self._clear()
        raise ContentRefused("slack refuses the answer in every shape")

    async def _clear(self) -> None:
        """Nothing more will be said: no status is left, and no call is kept for an end."""
        await self._status.clear()
        if permit := self._messages.permit:
            permit.drop()
        if not self._turn.lease.is_lost:
            await self._api.limiter.release(self._turn.ask.thread.team, self._turn.ask.turn)

    async def _lay_out(self) -> MessageLayout:
        """Begun once: who asks and in which language does not change."""
        self._layout = self._layout or await MessageLayout.begin(self._turn, self._translator)
        return self._layout

    async def _write_patiently(self, shapes: list[Message]) -> None:
        """Until Slack has accepted all of it, however long Slack is away."""
        write = partial(self._messages.write, shapes, Priority.FINAL)
        await retry(write, pauses_s=PATIENCE_S)
        self._note_text()

    def _note_text(self) -> None:
        """Slack has taken a text, and not for the first time in the life of the answer."""
        if not self._has_text:
            self._has_text = True
            self._observe(FirstTextShown(self._turn.ask.turn, time.monotonic() - self._opened_at))

    async def _put_status(self, key: str) -> None:
        """Show the sentence of this name; an empty one clears the status."""
        translation = await self._translator.for_ask(self._turn.ask)
        text = translation.text(key) if key else ""
        await self._turn.lease.ensure()
        await set_status(self._api, self._turn.ask, text)

    async def _place(self, key: str) -> None:
        """Where Slack takes no status, a placeholder shows that somebody is at work."""
        translation = await self._translator.for_ask(self._turn.ask)
        page, before = short_message(f"_{translation.text(key)}_"), self._placeholder
        with suppress(BridgeError):  # whoever shows or ends the answer meets it again
            self._placeholder = page
            await self._messages.place(page, before=before)


async def set_status(api: SlackApi, ask: Ask, text: str) -> None:
    thread = ask.thread
    await api.call(
        STATUS,
        {"channel_id": thread.channel, "thread_ts": thread.root, "status": text},
        team=thread.team,
        channel=thread.channel,
        priority=Priority.FINAL,
        turn=ask.turn,
    )
