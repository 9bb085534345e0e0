"""The growing answer in its Slack thread: streamed or edited while it grows, exact at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from os.path import commonprefix

from bridge.core.background import alongside, retry
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
from bridge.core.model import Answer
from bridge.core.reply import Status
from bridge.core.translator import Translator
from bridge.core.turn import Turn
from bridge.slack.api.limiter import Permit
from bridge.slack.api.pacing import Pace
from bridge.slack.api.rate_limits import APPEND, POST, START, UPDATE
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message
from bridge.slack.outbound.answer_messages import AnswerMessages
from bridge.slack.outbound.late_ends import LateEnds
from bridge.slack.outbound.message_layout import MessageLayout, Progress
from bridge.slack.outbound.native_stream import (
    StreamingPolicy,
    StreamTiming,
    streamed_text,
)
from bridge.slack.outbound.posts import CannotStream
from bridge.slack.outbound.session import AgentSession
from bridge.slack.outbound.status import ThreadStatus

PATIENCE_S = (0.5, 30.0)  # first and longest pause before a final text is tried again
PAUSE_AFTER_FAILURE_S = 3.0  # how long progress rests after a call that failed
# The longest gap between two edits of an answer that reads well, and of one that is still bearable.
FLUENT_S, SLUGGISH_S = 3.2, 5.0


@dataclass(frozen=True, slots=True)
class SlackReplies:
    """Implements the port `Replies`. `own_bot_id` tells our posts from those of others, and raises
    `Unavailable` while it cannot. `mask` takes secrets out of a text.
    """

    api: SlackApi
    translator: Translator
    observe: Observer
    own_bot_id: Callable[[], str] = field(kw_only=True)
    policy: StreamingPolicy = field(kw_only=True)
    mask: Callable[[str], str] = field(kw_only=True)
    late_ends: LateEnds = field(kw_only=True)
    pace: Pace = field(kw_only=True)
    timing: StreamTiming = field(default=StreamTiming(), kw_only=True)

    def open(self, turn: Turn) -> "SlackReply":
        return SlackReply(turn, self)


class SlackReply:
    """Implements the port `Reply`: by a native stream if there can be one. Otherwise by posts and
    edits, which everybody in the channel sees grow.

    `MessageLayout` makes contents of a text, and `AnswerMessages` writes these to Slack.
    """

    def __init__(self, turn: Turn, replies: SlackReplies) -> None:
        self.shown = ""
        self._turn = turn
        self._replies = replies
        self._limiter = replies.api.limiter
        self._session = AgentSession(turn, replies.api, replies.late_ends, replies.mask)
        self._messages = AnswerMessages(
            turn,
            replies.api.observed_by(self._session.note),
            own_bot_id=replies.own_bot_id,
            expiry_s=replies.timing.expiry_s,
        )
        self._status = ThreadStatus(
            turn,
            replies.api,
            replies.translator,
            self._messages,
            session=self._session,
            late_ends=replies.late_ends,
        )
        self._layout: MessageLayout | None = None
        self._looked_at: str | None = None
        self._has_text = bool(turn.record.pages and (turn.record.partial or turn.record.answer))
        self._opened_at = time.monotonic()
        self._permit: Permit | None = None
        self._began_at = 0.0
        self._due_at = 0.0

    @asynccontextmanager
    async def status(self) -> AsyncIterator[None]:
        self._status.begin()
        try:
            yield
        except ThreadGone:
            await self._status.end()
            await self._messages.stop_streams()
            await self._release()
            raise
        finally:
            await self._status.end()

    def set_status(self, status: Status) -> None:
        self._status.set(status)

    async def wait_until_due(self) -> None:
        if not self._unused_permit:
            await asyncio.sleep(self._due_at - time.monotonic())

    async def acquire(self) -> None:
        if self._looked_at is not None:
            return  # of a second look only what the first has seen is shown
        async with alongside(self._turn.save_partial()):
            if not self._unused_permit:
                await self._acquire()

    async def _acquire(self) -> None:
        self._permit = await self._limiter.acquire(*self._next_calls())
        now = time.monotonic()
        self._began_at = self._began_at or now
        share = self._limiter.share(self._permit)
        length = len(self._turn.draft.markdown)
        gap_s = self._replies.pace.gap(now - self._began_at, share, length)
        self._permit.gap_s, self._due_at = gap_s, now + gap_s

    async def show_progress(self, markdown: str) -> float:
        layout = await self._begin_layout()
        try:
            if self._may_stream():
                try:
                    return await self._stream(layout, markdown)
                except CannotStream as over:
                    self._give_up_streaming(over)
                    if not self._messages.posted:  # a post has to be admitted, too
                        return self._replies.timing.between_looks_s
                    await self._turn.save_partial()
            await self._edit(layout, markdown)
        except RateLimited as limited:
            return limited.after_s
        except (Unavailable, Refused):
            return PAUSE_AFTER_FAILURE_S
        return 0.0

    async def finish(self, answer: Answer) -> None:
        """Raises `ContentRefused` when Slack took no more of it than an apology."""
        async with self._session.last_call_booked():
            try:
                await self._finish(answer)
            except BridgeError:
                await self._messages.stop_streams()
                raise
            finally:
                await self._release()
            await self._session.name()

    async def _finish(self, answer: Answer) -> None:
        layout = await self._begin_layout()
        for messages in await layout.final(answer, self._messages.posted):
            with suppress(ContentRefused):
                return await self._write_final(messages)
        await self._write_final(layout.apology())
        raise ContentRefused("slack refuses the answer in every shape")

    @property
    def _unused_permit(self) -> Permit | None:
        """The permit for the next call, until it is used."""
        return self._permit if self._permit and not self._permit.resolved.is_set() else None

    def _may_stream(self) -> bool:
        if self._messages.posted:
            return streamed_text(self._messages.posted) is not None
        if permit := self._unused_permit:
            return permit.call.method == START
        return self._replies.policy.prefers_stream(self._turn.ask)

    def _next_calls(self) -> list[Call]:
        """The ways to show more, the best first."""
        ask, policy = self._turn.ask, self._replies.policy

        def call(method: str, priority: Priority, gap_s: float = 0.0) -> Call:
            thread = ask.thread
            return Call(thread.team, method, thread.channel, priority, ask.turn, gap_s)

        if posted := self._messages.posted:
            return [call(APPEND if streamed_text(posted) else UPDATE, Priority.PROGRESS)]
        edited, sluggish = (call(POST, Priority.FIRST, gap) for gap in (FLUENT_S, SLUGGISH_S))
        if not policy.may_stream(ask):
            return [sluggish]
        streamed = call(START, Priority.FIRST, FLUENT_S)
        if policy.prefers_stream(ask):
            return [streamed, sluggish]
        return [edited, streamed, sluggish]

    async def _edit(self, layout: MessageLayout, markdown: str) -> None:
        """Slack's Stop button is asked for before the first text is posted. If a stream stands
        there, it is asked for after the edit: the edit stops the stream, and that takes the button
        away.
        """
        posted, status, session = self._messages.posted, self._status, self._session
        if not posted:
            status.grow()
        if progress := await layout.edited(
            markdown, posted, has_stop_button=not session.has_stop_button
        ):
            await self._write(progress)
            status.grow()

    async def _stream(self, layout: MessageLayout, markdown: str) -> float:
        """Returns seconds, as `show_progress`; raises `CannotStream`."""
        common, timing = self._find_common(markdown), self._replies.timing
        if common is None:
            return timing.between_looks_s
        await self._write(await layout.streamed(common, self._messages.posted, timing))
        return 0.0 if streamed_text(self._messages.posted) else timing.between_looks_s

    def _find_common(self, markdown: str) -> str | None:
        """What two looks at a growing text have in common; None after the first look. The very
        first text is shown without a second look: if it changes, an edit corrects it.
        """
        if not self._messages.posted:
            return markdown
        before, self._looked_at = self._looked_at, None
        if before is None:
            self._looked_at = markdown
            return None
        if markdown.startswith(before):
            return before
        return commonprefix([before, markdown])  # noqa: RUF071 - texts, not paths

    def _give_up_streaming(self, over: CannotStream) -> None:
        if self._permit:
            self._permit.drop()
        if over.refusal:
            self._replies.policy.remember_refusal(self._turn.ask, over.refusal)

    async def _write(self, progress: Progress) -> None:
        """A text counts as `shown` even if we are cancelled after its call was sent."""
        wanted = progress.contents
        try:
            await self._messages.write(wanted, permit=self._unused_permit)
        except RateLimited:
            wanted = progress.meanwhile
            if not wanted:
                raise
            await self._messages.write(wanted, permit=self._unused_permit)
        finally:
            if progress.markdown and wanted and self._messages.stand_as(wanted):
                self.shown = progress.markdown
                self._report_first_text()

    async def _write_final(self, messages: list[Message]) -> None:
        """Try until Slack has accepted all of it."""

        async def write() -> None:
            await self._messages.write(messages, is_final=True, permit=self._unused_permit)

        # As long as a rate limit asks and no longer; longer from failure to failure of other kinds.
        wait_for_limit = partial(retry, write, on=RateLimited, pauses_s=(0, 0))
        await retry(wait_for_limit, pauses_s=PATIENCE_S)
        self._report_first_text()

    async def _release(self) -> None:
        """The answer is over: clear the status, and free the calls that were kept for it."""
        await self._status.clear()
        await self._session.end()
        if self._permit:
            self._permit.drop()
        if not self._turn.lease.is_lost:
            await self._limiter.release(self._turn.ask.thread.team, self._turn.ask.turn)

    async def _begin_layout(self) -> MessageLayout:
        """Once for all texts: the asker and the language do not change."""
        translator = self._replies.translator
        self._layout = self._layout or await MessageLayout.begin(self._turn, translator)
        return self._layout

    def _report_first_text(self) -> None:
        """Unless a text of this answer was shown before, perhaps by another replica."""
        if not self._has_text:
            self._has_text = True
            self._turn.show_text()
            after_s = time.monotonic() - self._opened_at
            self._replies.observe(FirstTextShown(self._turn.ask.turn, after_s))
