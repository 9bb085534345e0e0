"""The growing answer in its Slack thread: posted once, edited from then on, exact at the end."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from bridge.core.errors import (
    BridgeError,
    ContentRefused,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Refused,
    ThreadGone,
    Unavailable,
)
from bridge.core.events import FirstText, Observer
from bridge.core.model import Answer, Ask
from bridge.core.ports import Priority
from bridge.core.turn import Turn
from bridge.core.words import Words
from bridge.slack.calls import SlackCalls
from bridge.slack.footer import footer
from bridge.slack.message import Shape, pages, plain_shape, shape, split_again
from bridge.slack.posts import find_posts, metadata
from bridge.slack.thinking import Thinking

PATIENCE_S = (0.5, 30.0)  # first and longest pause before a final text is tried again
SETBACK_S = 3.0  # how long edits between rest after one that failed


@dataclass(slots=True)
class Posted:
    """A message of the answer as Slack has it; `shape` None: we do not know how it looks."""

    ts: str
    shape: Shape | None = None


class SlackReplies:
    """Implements the port `Replies`."""

    def __init__(self, calls: SlackCalls, words: Words, observe: Observer) -> None:
        self._calls = calls
        self._words = words
        self._observe = observe

    def open(self, turn: Turn) -> "SlackReply":
        return SlackReply(turn, self._calls, self._words, self._observe)

    async def wait_in_line(self, ask: Ask) -> None:
        with suppress(BridgeError):
            await set_status(self._calls, ask, self._words.say("waiting", ask.text))


class SlackReply:
    """Implements the port `Reply` by posts and edits, which everybody in the channel sees grow."""

    def __init__(self, turn: Turn, calls: SlackCalls, words: Words, observe: Observer) -> None:
        self._turn = turn
        self._calls = calls
        self._words = words
        self._observe = observe
        self._began = time.monotonic()
        self._posted = [Posted(ts) for ts in turn.record.pages]
        # Somebody may have posted for this turn and died before it was written down.
        self._is_unsure = turn.delivery.attempt > 0 or turn.record.asks > 0
        self._writing = asyncio.Lock()
        self._thinking = Thinking(self._put_status, self._place)

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        if not self._posted:
            self._thinking.begin(self._words.say("thinking", self._turn.ask.text))
        try:
            yield
        finally:
            await self._thinking.end()

    async def wait_in_line(self) -> None:
        with suppress(BridgeError):
            await self._put_status(self._words.say("waiting", self._turn.ask.text))

    async def show(self, markdown: str) -> float:
        priority = Priority.BETWEEN if self._posted else Priority.FIRST
        try:
            await self._write([shape(page) for page in pages(markdown)], priority)
        except RateLimited as limited:
            return limited.after_s
        except (Unavailable, Refused):
            return SETBACK_S
        return 0.0

    async def finish(self, answer: Answer) -> None:
        try:
            await self._write_in_some_shape(answer)
        finally:
            await self._thinking.clear()

    async def _write_in_some_shape(self, answer: Answer) -> None:
        for compose in (self._compose, self._compose_smaller, self._compose_plain):
            try:
                return await self._write_patiently(compose(answer))
            except ContentRefused:
                continue
        raise ThreadGone("slack refuses the text in every shape")

    async def _write_patiently(self, shapes: list[Shape]) -> None:
        """Until Slack has accepted all of it, however long Slack is away."""
        pause, longest = PATIENCE_S
        while True:
            try:
                return await self._write(shapes, Priority.FINAL)
            except RateLimited as limited:
                await asyncio.sleep(limited.after_s)
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    async def _write(self, shapes: list[Shape], priority: Priority) -> None:
        """Make the thread show exactly these pages; what it shows already costs no call."""
        async with self._writing:
            if self._is_unsure:
                await self._recollect()
            for number, page in enumerate(shapes):
                if number == len(self._posted):
                    await self._post(page, priority)
                elif self._posted[number].shape != page:
                    await self._edit(self._posted[number], page, priority)
            while len(self._posted) > len(shapes):
                await self._delete_last(priority)

    async def _post(self, page: Shape, priority: Priority) -> None:
        if priority is not Priority.FINAL and not self._turn.lease.may_begin_page:
            raise Unavailable("no new page while the store is away")
        self._is_unsure = True
        try:
            posted = await self._call(
                "chat.postMessage",
                {
                    "thread_ts": self._turn.ask.thread.root,
                    "metadata": metadata(self._turn.ask.turn, len(self._posted)),
                    "unfurl_links": False,
                    "unfurl_media": False,
                    "blocks": page.blocks,
                    "text": page.text,
                },
                priority,
            )
        except BridgeError as error:
            self._is_unsure = isinstance(error, OutcomeUnknown)
            raise
        self._is_unsure = False
        self._thinking.posted()
        self._posted.append(Posted(str(posted["ts"]), page))
        if len(self._posted) == 1:
            self._observe(FirstText(self._turn.ask.turn, time.monotonic() - self._began))
        await self._note_pages()

    async def _edit(self, posted: Posted, page: Shape, priority: Priority) -> None:
        posted.shape = None
        edit = {"ts": posted.ts, "blocks": page.blocks, "text": page.text}
        await self._call("chat.update", edit, priority)
        posted.shape = page

    async def _delete_last(self, priority: Priority) -> None:
        """The bot took back so much that a page is left over."""
        with suppress(ThreadGone):
            await self._call("chat.delete", {"ts": self._posted[-1].ts}, priority)
        self._posted.pop()
        await self._note_pages()

    async def _recollect(self) -> None:
        """Look in the thread for posts of this turn that we do not know of."""
        await self._turn.lease.ensure()
        try:
            found = await find_posts(self._calls, self._turn.ask)
        except Permanent:
            # We may not look here (a scope is missing, the root is deleted): what is written down
            # must do.
            self._is_unsure = False
            return
        known = {posted.ts: posted for posted in self._posted}
        self._posted = [known.get(ts, Posted(ts)) for ts in found]
        self._is_unsure = False
        await self._note_pages()

    async def _note_pages(self) -> None:
        known = tuple(posted.ts for posted in self._posted)
        if known != self._turn.record.pages:
            await self._turn.note(pages=known)

    async def _call(
        self, method: str, arguments: dict[str, Any], priority: Priority
    ) -> dict[str, Any]:
        await self._turn.lease.ensure()
        thread = self._turn.ask.thread
        return await self._calls.call(
            method,
            {"channel": thread.channel, **arguments},
            team=thread.team,
            channel=thread.channel,
            priority=priority,
        )

    async def _put_status(self, text: str) -> None:
        await self._turn.lease.ensure()
        await set_status(self._calls, self._turn.ask, text)

    async def _place(self) -> None:
        """Where Slack takes no status, a placeholder shows that somebody is at work."""
        text = self._words.say("thinking", self._turn.ask.text)
        with suppress(Unavailable, RateLimited, Refused):
            if not self._posted:
                await self._write([shape(f"_{text}_")], Priority.FIRST)

    def _compose(self, answer: Answer) -> list[Shape]:
        return self._pages(answer, pages(_body(answer)), shape)

    def _compose_smaller(self, answer: Answer) -> list[Shape]:
        halves = [half for page in pages(_body(answer)) for half in split_again(page)]
        return self._pages(answer, halves, shape)

    def _compose_plain(self, answer: Answer) -> list[Shape]:
        return self._pages(answer, pages(_body(answer)), plain_shape)

    def _pages(
        self, answer: Answer, parts: Sequence[str], build: Callable[..., Shape]
    ) -> list[Shape]:
        below = footer(answer, self._turn.ask, self._words)
        *others, last = parts or ("",)
        return [*(build(page) for page in others), build(last, footer=below)]


async def set_status(calls: SlackCalls, ask: Ask, text: str) -> None:
    thread = ask.thread
    await calls.call(
        "assistant.threads.setStatus",
        {"channel_id": thread.channel, "thread_ts": thread.root, "status": text},
        team=thread.team,
        channel=thread.channel,
        priority=Priority.FIRST,
    )


def _body(answer: Answer) -> str:
    """A sentence of the bridge that stands alone is the message itself, not a note under it."""
    return answer.markdown or "\n\n".join(answer.notices)
