"""The messages of one answer in Slack: writes, streams, edits and deletes them."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from bridge.core.background import finish_despite_cancel
from bridge.core.errors import (
    BridgeError,
    EditRefused,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Refused,
    ThreadGone,
    Unavailable,
)
from bridge.core.limits import Priority
from bridge.core.turn import Turn
from bridge.slack.api.limiter import Permit
from bridge.slack.api.rate_limits import APPEND, POST, START, STOP, UPDATE
from bridge.slack.api.web_api import SlackApi
from bridge.slack.block_kit.message import Message, short_message
from bridge.slack.outbound.posts import (
    PARTING_S,
    CannotStream,
    Content,
    FoundPosts,
    Posted,
    Streaming,
    find_posts,
    metadata,
)

EMPTY = short_message("")
_WITHOUT_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}


class AnswerMessages:
    """One writer: methods may be called concurrently, their calls to Slack follow one another.

    A message is changed by posts and edits. The last one may be a native stream instead: it is
    started with a text and appended to until a `Message` is wanted in its place. Then the stream is
    stopped with the text that is missing, or stopped and edited. A stopped stream never goes on.

    All methods but `stop_streams` may raise `LeaseLost`, and any other `BridgeError` of Slack's.
    """

    def __init__(
        self, turn: Turn, api: SlackApi, *, own_bot_id: Callable[[], str], expiry_s: float
    ) -> None:
        """Slack ends a stream `expiry_s` after its start."""
        self.has_posted = False  # a post of ours was accepted, which also clears the status
        self._turn = turn
        self._api = api.guarded_by(turn.lease.ensure)
        self._own_bot_id = own_bot_id
        self._expiry_s = expiry_s
        # Never append to the stream of another process: what it sent last is not known.
        self.posted = [
            Posted(ts, page, Streaming() if ts == turn.record.stream else None)
            for page, ts in enumerate(turn.record.pages)
        ]
        # Another replica may have posted for this turn and died before that was written down.
        self._is_unsure = turn.delivery.attempt > 0 or turn.record.asks > 0
        self._writing = asyncio.Lock()
        self._permit: Permit | None = None

    def stand_as(self, contents: Sequence[Content]) -> bool:
        return [posted.content for posted in self.posted] == list(contents)

    async def write(
        self, contents: Sequence[Content], *, is_final: bool = False, permit: Permit | None = None
    ) -> None:
        """Make the thread show exactly these messages. No call is made for what it shows already.
        `permit` is used for the first call of its method. May also raise `CannotStream`.
        """
        async with self._writing:
            await self._recover_posts()
            growing = Priority.PROGRESS if self.posted else Priority.FIRST
            await self._write(contents, Priority.FINAL if is_final else growing, permit)

    async def place(self, message: Message, *, before: Message | None) -> None:
        """Post this if nothing is posted yet, or replace the message `before`."""
        async with self._writing:
            await self._recover_posts()
            if not self.posted:
                await self._write([message], Priority.FIRST)
            elif before and self.stand_as([before]):
                await self._write([message], Priority.PROGRESS)

    async def stop_streams(self) -> None:
        """Stop what still streams; failing costs nothing."""
        async with self._writing:
            for posted in self.posted:
                if isinstance(posted.content, Streaming):
                    with suppress(BridgeError):
                        await self._carry_out(self._end_stream(posted, Priority.FINAL))

    async def _write(
        self, contents: Sequence[Content], priority: Priority, permit: Permit | None = None
    ) -> None:
        self._permit = permit
        for page, content in enumerate(contents):
            if page == len(self.posted):
                await self._carry_out(self._begin(page, content, priority))
            elif self.posted[page].content != content:
                await self._carry_out(self._change(self.posted[page], content, priority))
        while len(self.posted) > len(contents):
            await self._carry_out(self._delete_last(priority))

    async def _carry_out(self, step: Coroutine[Any, Any, None]) -> None:
        await finish_despite_cancel(step, patience_s=PARTING_S)

    async def _begin(self, page: int, content: Content, priority: Priority) -> None:
        if isinstance(content, Message):
            await self._post(page, content, priority)
        elif content.text:
            await self._start_stream(page, content.text)

    async def _change(self, posted: Posted, content: Content, priority: Priority) -> None:
        if isinstance(content, Streaming):
            return await self._append(posted, content.text or "", priority)
        if isinstance(posted.content, Streaming):
            await self._stop_stream(posted, posted.content, content, priority)
        if posted.content != content:
            await self._edit(posted, content, priority)
        return None

    async def _post(self, page: int, message: Message, priority: Priority) -> None:
        post = {"blocks": message.blocks, "text": message.text, **_WITHOUT_PREVIEWS}
        post["metadata"] = metadata(self._turn.ask.turn, page)
        ts = await self._add(POST, post, priority)
        self.posted[page : page + 1] = [Posted(ts, page, message)]
        self._note()

    async def _start_stream(self, page: int, text: str) -> None:
        ask = self._turn.ask
        start = {"markdown_text": text}
        if not ask.is_dm:
            team = ask.user_team or ask.thread.team
            start |= {"recipient_user_id": ask.user, "recipient_team_id": team}
        try:
            ts = await self._add(START, start, Priority.FIRST)
        except RateLimited:
            raise CannotStream("edits may be had") from None
        except Permanent as error:
            raise CannotStream(error.reason, error) from None
        self.posted.append(Posted(ts, page, Streaming(text), time.time()))
        self._note()

    async def _add(self, method: str, arguments: dict[str, Any], priority: Priority) -> str:
        """Add a message to the thread; its timestamp."""
        if priority is not Priority.FINAL and self._turn.lease.is_store_away:
            raise Unavailable("no new page while the store is away")
        self._is_unsure = True
        arguments = {"thread_ts": self._turn.ask.thread.root, **arguments}
        try:
            answer = await self._call(method, arguments, priority)
        except BridgeError as error:
            self._is_unsure = isinstance(error, OutcomeUnknown)
            raise
        self._is_unsure = False
        self.has_posted = True
        return str(answer["ts"])

    async def _append(self, posted: Posted, text: str, priority: Priority) -> None:
        sent = posted.content.text if isinstance(posted.content, Streaming) else None
        if sent is None:
            raise CannotStream("nobody knows what it holds")
        if len(text) <= len(sent):
            return
        try:
            with posted.in_doubt():
                append = {"ts": posted.ts, "markdown_text": text.removeprefix(sent)}
                await self._call(APPEND, append, priority)
                posted.content = Streaming(text)
        except Permanent as error:  # an edit is tried next, and tells whether it is fatal
            raise CannotStream(error.reason) from None

    async def _stop_stream(
        self, posted: Posted, stream: Streaming, message: Message, priority: Priority
    ) -> None:
        """Stop the stream with the text that the message still lacks. If appending cannot make it
        that message, stop it as it is.
        """
        if (rest := stream.rest_of(message)) is not None:
            whole = {"blocks": message.blocks[1:]} | ({"markdown_text": rest} if rest else {})
            with suppress(Refused, ThreadGone), posted.in_doubt():
                await self._call(STOP, self._at(posted) | whole, priority)
                posted.content = message
        if isinstance(posted.content, Streaming):
            await self._end_stream(posted, priority)
        self._note()

    async def _end_stream(self, posted: Posted, priority: Priority) -> None:
        """Stop the stream with the text that it has. Slack may refuse that: in some shared channels
        with `user_not_found`. The edit that follows then tells whether the message still streams.
        """
        with suppress(Refused, ThreadGone):
            await self._call(STOP, self._at(posted), priority)
        posted.content = None

    async def _edit(self, posted: Posted, message: Message, priority: Priority) -> None:
        edit = {"blocks": message.blocks, "text": message.text}
        try:
            with posted.in_doubt():
                await self._call(UPDATE, self._at(posted) | edit, priority)
                posted.content = message
        except EditRefused:
            if priority is not Priority.FINAL:
                raise
            await self._post(posted.page, message, priority)  # the end is posted below it
        except Refused as error:
            if error.reason != "streaming_state_conflict":
                raise
            await self._outlast_stream(posted, message, priority)

    async def _outlast_stream(self, posted: Posted, message: Message, priority: Priority) -> None:
        """Slack refuses to edit a stream: it is stopped before the next try, or expires."""
        now = time.time()
        began = self._turn.record.stream_began or now
        posted.refuses_until = posted.refuses_until or min(began, now) + self._expiry_s
        if now < posted.refuses_until:
            posted.content = Streaming()
            raise Unavailable("the message streams, which nobody has written down") from None
        if priority is not Priority.FINAL:
            raise EditRefused("streaming_state_conflict") from None
        await self._post(posted.page, message, priority)

    async def _delete_last(self, priority: Priority) -> None:
        """The text became shorter, so that a message is left over."""
        last = self.posted[-1]
        if isinstance(last.content, Streaming):
            await self._end_stream(last, priority)
        try:
            await self._call("chat.delete", {"ts": last.ts}, priority)
        except ThreadGone:
            pass  # somebody else has deleted it
        except Refused:
            with suppress(Refused):
                await self._edit(last, EMPTY, priority)
        self.posted.pop()
        self._note()

    def _at(self, posted: Posted) -> dict[str, Any]:
        """Tags it again: a stream has no metadata before its stop."""
        return {"ts": posted.ts, "metadata": metadata(self._turn.ask.turn, posted.page)}

    async def _recover_posts(self) -> None:
        """Find posts of this turn in the thread, if there may be some that we do not know.

        A post of the record counts, even if Slack does not show it (yet).
        """
        if not self._is_unsure:
            return
        await self._turn.lease.ensure()
        found = FoundPosts()
        with suppress(Permanent):  # without the scope to read, the record must do
            found = await find_posts(self._api, self._turn.ask, own_bot_id=self._own_bot_id())
        while ts := found.pages.get(page := len(self.posted)):
            self.posted.append(Posted(ts, page))
        if found.stream and found.stream not in {posted.ts for posted in self.posted}:
            self.posted.append(Posted(found.stream, len(self.posted), Streaming()))
        self._is_unsure = False
        self._note()

    async def _call(
        self, method: str, arguments: dict[str, Any], priority: Priority
    ) -> dict[str, Any]:
        thread, permit = self._turn.ask.thread, None
        if self._permit and self._permit.call.method == method:
            permit, self._permit = self._permit, None
        return await self._api.call(
            method,
            {"channel": thread.channel, **arguments},
            team=thread.team,
            channel=thread.channel,
            priority=priority,
            turn=self._turn.ask.turn,
            permit=permit,
        )

    def _note(self) -> None:
        """What a successor needs to know."""
        pages = tuple(posted.ts for posted in self.posted)
        last = self.posted[-1] if self.posted else None
        if last and isinstance(last.content, Streaming):
            self._turn.note_pages(pages, last.ts, last.began)
        else:
            self._turn.note_pages(pages)
