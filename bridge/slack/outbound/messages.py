"""The messages of one answer as Slack has them: brought to a wanted shape, call by call."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
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
from bridge.slack.limiter import Permit
from bridge.slack.message import Message, short_message
from bridge.slack.outbound.posts import Found, find_posts, metadata
from bridge.slack.outbound.streams import EXPIRY_S, Posted, Stream
from bridge.slack.web_api import SlackApi

# How long a call that was sent may still take when its answer is not wanted any more: Slack
# carries it out all the same, and whoever comes next must know how it ended.
PARTING_S = 1.5
EMPTY = short_message("")
_WITHOUT_PREVIEWS = {"unfurl_links": False, "unfurl_media": False}


class Messages:
    """One writer: the methods may be called side by side, their calls to Slack never are.

    Posts and edits bring any message to any shape. The last message may stream natively instead:
    it is begun with a text and appended to, until `write` wants it in a shape. Then it is stopped
    with what is missing, or stopped and edited; and once stopped it never streams again.

    Every method but `leave` may raise `LeaseLost`, and any other `BridgeError` of Slack's.
    """

    def __init__(
        self,
        turn: Turn,
        api: SlackApi,
        *,
        own_bot_id: Callable[[], str],
        posted: Callable[[], None],
        expiry_s: float = EXPIRY_S,
    ) -> None:
        """`posted` is called whenever Slack has taken a post; a stream lives for `expiry_s`."""
        self._expiry_s = expiry_s
        self._turn = turn
        self._api = api.guarded_by(turn.lease.ensure)  # asked after any wait for a permit
        self._own_bot_id = own_bot_id
        self._tell_posted = posted
        # Nobody appends to the stream of another process: who knows what that has sent last?
        self._posted = [
            Posted(ts, stream=Stream() if ts == turn.record.stream else None)
            for ts in turn.record.pages
        ]
        # Somebody may have posted for this turn and died before it was written down.
        self._is_unsure = turn.delivery.attempt > 0 or turn.record.asks > 0
        self._writing = asyncio.Lock()
        self.permit: Permit | None = None  # for the next call of its method

    @property
    def are_none(self) -> bool:
        return not self._posted

    @property
    def count(self) -> int:
        return len(self._posted)

    @property
    def stream(self) -> Stream | None:
        """That of the last message, if it still streams."""
        return self._posted[-1].stream if self._posted else None

    def stand_as(self, shapes: list[Message]) -> bool:
        return [posted.shape for posted in self._posted] == shapes

    async def start_stream(self, text: str, priority: Priority) -> None:
        """Let a next message stream, unless one turned up that we did not know of."""
        async with self._writing:
            known = len(self._posted)
            if self._is_unsure:
                await self._recollect()
            if known == len(self._posted):
                await self._carry(self._start_stream(text, priority))

    async def append(self, text: str, priority: Priority) -> None:
        """To the message that streams."""
        async with self._writing:
            await self._carry(self._append(text, priority))

    async def write(self, shapes: list[Message], priority: Priority) -> None:
        """Make the thread show exactly these; what it shows already costs no call."""
        async with self._writing:
            if self._is_unsure:
                await self._recollect()
            for number, page in enumerate(shapes):
                if number == len(self._posted):
                    await self._carry(self._post(page, priority, number))
                elif self._posted[number].shape != page:
                    await self._carry(self._bring(page, priority, number))
            while len(self._posted) > len(shapes):
                await self._carry(self._delete_last(priority))

    async def leave(self) -> None:
        """Let nothing stream on behind us, as far as that can be had."""
        async with self._writing:
            for number, posted in enumerate(self._posted):
                if posted.stream:
                    with suppress(BridgeError):
                        await self._carry(self._end_stream(Priority.FINAL, number))

    async def place(self, page: Message, *, before: Message | None) -> None:
        """Post this unless something is there, or put it in the place of what stood `before`."""
        async with self._writing:
            if self._is_unsure:
                await self._recollect()
            if not self._posted:
                await self._carry(self._post(page, Priority.FIRST, 0))
            elif before and self.stand_as([before]):
                await self._carry(self._edit(page, Priority.PROGRESS, 0))

    async def call(
        self, method: str, arguments: dict[str, Any], priority: Priority
    ) -> dict[str, Any]:
        thread, permit = self._turn.ask.thread, None
        if self.permit and self.permit.call.method == method:
            permit, self.permit = self.permit, None
        return await self._api.call(
            method,
            {"channel": thread.channel, **arguments},
            team=thread.team,
            channel=thread.channel,
            priority=priority,
            turn=self._turn.ask.turn,
            permit=permit,
        )

    async def _carry(self, step: Coroutine[Any, Any, None]) -> None:
        await finish_despite_cancel(step, patience_s=PARTING_S)

    async def _post(self, page: Message, priority: Priority, number: int) -> None:
        post = {"blocks": page.blocks, "text": page.text, **_WITHOUT_PREVIEWS}
        post["metadata"] = metadata(self._turn.ask.turn, number)
        ts = await self._add("chat.postMessage", post, priority)
        self._posted[number : number + 1] = [Posted(ts, page)]
        await self._note()

    async def _start_stream(self, text: str, priority: Priority) -> None:
        ask = self._turn.ask
        start = {"markdown_text": text}
        if not ask.is_dm:
            team = ask.user_team or ask.thread.team
            start |= {"recipient_user_id": ask.user, "recipient_team_id": team}
        ts = await self._add("chat.startStream", start, priority)
        self._posted.append(Posted(ts, stream=Stream(text, time.time())))
        await self._note()

    async def _add(self, method: str, arguments: dict[str, Any], priority: Priority) -> str:
        """A new message in the thread; its timestamp."""
        if priority is not Priority.FINAL and self._turn.lease.is_store_away:
            raise Unavailable("no new page while the store is away")
        self._is_unsure = True
        arguments = {"thread_ts": self._turn.ask.thread.root, **arguments}
        try:
            answer = await self.call(method, arguments, priority)
        except BridgeError as error:
            self._is_unsure = isinstance(error, OutcomeUnknown)
            raise
        self._is_unsure = False
        self._tell_posted()
        return str(answer["ts"])

    async def _append(self, text: str, priority: Priority) -> None:
        posted = self._posted[-1]
        if posted.stream:
            with posted.stream.in_doubt() as sent:
                append = {"ts": posted.ts, "markdown_text": text}
                await self.call("chat.appendStream", append, priority)
                posted.stream.sent = sent + text

    async def _bring(self, page: Message, priority: Priority, number: int) -> None:
        """A message that stands already to this shape."""
        posted = self._posted[number]
        if posted.stream:
            await self._stop(posted.stream, page, priority, number)
        if posted.shape != page:
            await self._edit(page, priority, number)

    async def _stop(self, stream: Stream, page: Message, priority: Priority, number: int) -> None:
        """End the stream, in this shape if appending leads there."""
        posted = self._posted[number]
        if (rest := stream.rest(page)) is not None:
            whole = {"blocks": page.blocks[1:]} | ({"markdown_text": rest} if rest else {})
            with suppress(Refused, ThreadGone), stream.in_doubt():
                await self.call("chat.stopStream", self._at(number) | whole, priority)
                posted.shape, posted.stream = page, None
        if posted.stream:
            await self._end_stream(priority, number)
        await self._note()

    async def _end_stream(self, priority: Priority, number: int) -> None:
        """As it stands. Refused, with `user_not_found` in some shared channels: it streams no more,
        or an edit will tell.
        """
        with suppress(Refused, ThreadGone):
            await self.call("chat.stopStream", self._at(number), priority)
        self._posted[number].stream = None

    async def _edit(self, page: Message, priority: Priority, number: int) -> None:
        posted = self._posted[number]
        before, posted.shape = posted.shape, None
        edit = {"blocks": page.blocks, "text": page.text}
        try:
            await self.call("chat.update", self._at(number) | edit, priority)
        except RateLimited:
            posted.shape = before
            raise
        except EditRefused:
            if priority is not Priority.FINAL:
                raise
            await self._post(page, priority, number)  # it stands as it is; say the end below it
        except Refused as error:
            if error.reason != "streaming_state_conflict":
                raise
            await self._outlast_stream(page, priority, number)
        else:
            posted.shape = page

    async def _outlast_stream(self, page: Message, priority: Priority, number: int) -> None:
        """Slack refuses an edit of what streams: it is stopped before the next try, or expires."""
        posted = self._posted[number]
        if posted.may_stream(self._turn.record.stream_began, expiry_s=self._expiry_s):
            posted.stream = Stream()
            raise Unavailable("the message streams, which nobody has written down") from None
        if priority is not Priority.FINAL:
            raise EditRefused("streaming_state_conflict") from None
        await self._post(page, priority, number)

    async def _delete_last(self, priority: Priority) -> None:
        """The bot took back so much that a page is left over."""
        number = len(self._posted) - 1
        if self.stream:
            await self._end_stream(priority, number)
        try:
            await self.call("chat.delete", {"ts": self._posted[number].ts}, priority)
        except ThreadGone:
            pass  # somebody else has deleted it
        except Refused:
            with suppress(Refused):
                await self._edit(EMPTY, priority, number)
        self._posted.pop()
        await self._note()

    def _at(self, number: int) -> dict[str, Any]:
        """Names a message that stands, and tags it anew: a stream has no tag before its stop."""
        return {
            "ts": self._posted[number].ts,
            "metadata": metadata(self._turn.ask.turn, number),
        }

    async def _recollect(self) -> None:
        """Look in the thread for posts of this turn that we do not know of.

        What is written down stands, even if Slack does not show it (yet).
        """
        await self._turn.lease.ensure()
        found = Found()
        # We may not be allowed to look: then what is written down must do.
        with suppress(Permanent):
            found = await find_posts(self._api, self._turn.ask, own_bot_id=self._own_bot_id())
        while (ts := found.pages.get(len(self._posted))) is not None:
            self._posted.append(Posted(ts))
        if found.stream and found.stream not in {posted.ts for posted in self._posted}:
            self._posted.append(Posted(found.stream, stream=Stream()))
        self._is_unsure = False
        await self._note()

    async def _note(self) -> None:
        record = self._turn.record
        known = replace(record, pages=tuple(posted.ts for posted in self._posted), stream="")
        if stream := self.stream:
            known = replace(known, stream=self._posted[-1].ts, stream_began=stream.began)
        if known != record:
            await self._turn.update(
                pages=known.pages, stream=known.stream, stream_began=known.stream_began
            )
