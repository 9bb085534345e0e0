"""The growing answer in its Slack thread: streamed or edited while it grows, exact at the end."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from bridge.core.errors import (
    BridgeError,
    ContentRefused,
    RateLimited,
    Refused,
    ThreadGone,
    Unavailable,
)
from bridge.core.events import Observer
from bridge.core.markdown import close_open
from bridge.core.model import Answer, Ask
from bridge.core.ports import Priority
from bridge.core.turn import Turn
from bridge.core.words import Speech
from bridge.slack.calls import SlackCalls
from bridge.slack.replying.composition import Composition
from bridge.slack.replying.messages import Messages
from bridge.slack.replying.thinking import Thinking
from bridge.slack.text.message import Shape, shape

PATIENCE_S = (0.5, 30.0)  # first and longest pause before a final text is tried again
SETBACK_S = 3.0  # how long edits between rest after one that failed


class SlackReplies:
    """Implements the port `Replies`. `own_bot_id` tells our posts from those of others, and raises
    `Unavailable` while it cannot.
    """

    def __init__(
        self,
        calls: SlackCalls,
        speech: Speech,
        observe: Observer,
        *,
        own_bot_id: Callable[[], str],
        modes: Modes,
        terms: Terms | None = None,
    ) -> None:
        self._calls = calls
        self._speech = speech
        self._observe = observe
        self._own_bot_id = own_bot_id
        self._modes = modes
        self._terms = terms or Terms()

    def open(self, turn: Turn) -> "SlackReply":
        thinking = Thinking(
            partial(put_status, turn, self._calls, self._speech), 
        )

    async def wait_in_line(self, ask: Ask) -> None:
        words = await self._speech.answering(ask)
        with suppress(BridgeError):
            await set_status(self._calls, ask, words.say("waiting"))


class SlackReply:
    """Implements the port `Reply` by posts and edits, which everybody in the channel sees grow."""

    def __init__(
        self,
        turn: Turn,
        calls: SlackCalls,
        speech: Speech,
        observe: Observer,
        *,
        own_bot_id: Callable[[], str],
    ) -> None:
        self._turn = turn
        self._calls = calls
        self._speech = speech
        self._composition: Composition | None = None
        self._thinking = Thinking(self._put_status, self._place)
        self._messages = Messages(
            turn,
            calls,
            own_bot_id=own_bot_id,
            posted=self._thinking.posted,
            observe=observe,
        )

    @asynccontextmanager
    async def thinking(self) -> AsyncIterator[None]:
        if self._messages.are_none:
            self._thinking.begin("thinking")
        try:
            yield
        except ThreadGone:
            await self._thinking.end()
            await self._thinking.clear()
            raise
        finally:
            await self._thinking.end()

    async def wait_in_line(self) -> None:
        with suppress(BridgeError):
            await self._thinking.say("waiting")

    async def show(self, markdown: str) -> float:
        priority = Priority.FIRST if self._messages.are_none else Priority.BETWEEN
        composition = await self._compose()
        try:
            await self._messages.write(composition.growing(markdown), priority)
        except RateLimited as limited:
            return limited.after_s
        except (Unavailable, Refused):
            return SETBACK_S
        return 0.0

    async def finish(self, answer: Answer) -> None:
        """Raises `ContentRefused` when Slack took no more of it than a sentence of regret."""
        composition = await self._compose()
        try:
            for form in composition.forms(answer):
                with suppress(ContentRefused):
                    return await self._write_patiently(form)
            await self._write_patiently(composition.regret())
        finally:
            await self._thinking.clear()
        raise ContentRefused("slack refuses the answer in every shape")

    async def _compose(self) -> Composition:
        """Begun once: who asks and in which language does not change."""
        self._composition = self._composition or await Composition.begin(self._turn, self._speech)
        return self._composition

    async def _write_patiently(self, shapes: list[Shape]) -> None:
        """Until Slack has accepted all of it, however long Slack is away."""
        pause, longest = PATIENCE_S
        while True:
            try:
                return await self._messages.write(shapes, Priority.FINAL)
            except RateLimited as limited:
                await asyncio.sleep(limited.after_s)
            except Unavailable:
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)

    async def _put_status(self, key: str) -> None:
        """Show the sentence of this name; an empty one clears the status."""
        words = await self._speech.answering(self._turn.ask)
        text = words.say(key) if key else ""
        await self._turn.lease.ensure()
        await set_status(self._calls, self._turn.ask, text)

    async def _place(self) -> None:
        """Where Slack takes no status, a placeholder shows that somebody is at work."""
        words = await self._speech.answering(self._turn.ask)
        text = words.say("thinking")
        with suppress(Unavailable, RateLimited, Refused):
            await self._messages.place(shape(f"_{text}_"))


async def set_status(calls: SlackCalls, ask: Ask, text: str) -> None:
    thread = ask.thread
    await calls.call(
        "assistant.threads.setStatus",
        {"channel_id": thread.channel, "thread_ts": thread.root, "status": text},
        team=thread.team,
        channel=thread.channel,
        priority=Priority.FIRST,
        turn=ask.turn,
    )
