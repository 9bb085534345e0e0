"""Stores what a user wants, in one step, before Slack is told that we have it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from bridge.core.background import BackgroundTasks
from bridge.core.commands import Command, DeleteQuestion, EditQuestion, Rate, Stop
from bridge.core.errors import Unavailable
from bridge.core.events import AnswerRated, Observer
from bridge.core.model import Ask, Kind, ThreadKey
from bridge.core.ports import EnqueueResult, Inbox, Ratings, StopResult
from bridge.core.reply import Threads
from bridge.core.translator import Translator

REDELIVERY_S = 70.0  # Slack brings a refused event again at once and after a minute


class CommandHandler:
    """`rate` tells the bot what somebody thinks of its answer. `take` raises `Unavailable` when the
    store cannot be reached: then nothing has happened. For a while after that a follow-up of the
    same person in the same thread is refused as well, if it is a stranger's: the mention that makes
    them none may be what was lost. A private word that cannot be said within `ephemeral_s` has lost
    its point.
    """

    def __init__(  # noqa: PLR0913 - one of each that a command may reach
        self,
        inbox: Inbox,
        ratings: Ratings,
        rate: Callable[[Rate], Awaitable[None]],
        *,
        threads: Threads,
        translator: Translator,
        background: BackgroundTasks,
        observe: Observer,
        ephemeral_s: float = 10.0,
    ) -> None:
        self._inbox = inbox
        self._ratings = ratings
        self._tell_bot = rate
        self._threads = threads
        self._translator = translator
        self._background = background
        self._observe = observe
        self._ephemeral_s = ephemeral_s
        self._refused: dict[tuple[ThreadKey, str], float] = {}  # until when it may come again

    async def handle(self, command: Command) -> str:
        """One word on what became of it."""
        try:
            return await self._handle(command)
        except Unavailable:
            self._expect_again(command)
            raise

    async def _handle(self, command: Command) -> str:
        team = command.thread.team
        match command:
            case Ask():
                return await self._enqueue(command)
            case EditQuestion():
                return await self._edit(command)
            case DeleteQuestion():
                was_open = await self._inbox.delete(team, command.turn)
                return "deleted" if was_open else "not_found"
            case Stop():
                return await self._stop(command)
            case Rate():
                return await self._rate(command)

    async def _enqueue(self, ask: Ask) -> str:
        result = await self._inbox.enqueue(ask)
        if result is EnqueueResult.DUPLICATE and (ask.attached or ask.files):
            # Of the two events of one post, the mention sometimes lacks what is attached.
            await self._inbox.edit(ask)
        if result is EnqueueResult.NOT_ENGAGED and self._may_be_engaged_soon(ask):
            raise Unavailable("the mention before it may still come")
        if result is EnqueueResult.QUEUED and ask.kind is Kind.ASK:
            self._send_ephemeral(ask.thread, ask.user, "queued", wrote=ask.text)
        return result

    def _expect_again(self, command: Command) -> None:
        """Slack brings it once more; until then nobody knows whom it would have engaged."""
        ask = _question_in(command)
        if ask and ask.is_addressed:
            now = time.monotonic()
            recent = {one: until for one, until in self._refused.items() if until > now}
            self._refused = {**recent, (ask.thread, ask.user): now + REDELIVERY_S}

    def _may_be_engaged_soon(self, ask: Ask) -> bool:
        return time.monotonic() < self._refused.get((ask.thread, ask.user), 0.0)

    async def _edit(self, revise: EditQuestion) -> str:
        if await self._inbox.edit(revise.ask):
            return "edited"
        return await self._enqueue(revise.ask) if revise.may_be_new else "not_found"

    async def _stop(self, stop: Stop) -> str:
        result = await self._inbox.stop(stop)
        if result is StopResult.NOT_YOURS:
            self._send_ephemeral(stop.thread, stop.user, "not_yours")
        if result is StopResult.NOT_FOUND and stop.otherwise:
            return await self._enqueue(stop.otherwise)
        return result

    async def _rate(self, rate: Rate) -> str:
        if not await self._ratings.add(rate):
            return EnqueueResult.DUPLICATE
        self._observe(AnswerRated(rate.turn, rate.is_good, bool(rate.comment)))
        undo = partial(self._ratings.remove, rate)
        self._background.start("rate", partial(self._tell_bot, rate), undo=undo)
        return "rated"

    def _send_ephemeral(self, thread: ThreadKey, user: str, key: str, *, wrote: str = "") -> None:
        async def send_ephemeral() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ephemeral_s):
                    translation = await self._translator.for_user(thread.team, user, wrote)
                    await self._threads.send_ephemeral(thread, user, translation.text(key))

        self._background.start("send_ephemeral", send_ephemeral)


def _question_in(command: Command) -> Ask | None:
    match command:
        case Ask():
            return command
        case EditQuestion(may_be_new=True):
            return command.ask
        case Stop():
            return command.otherwise
    return None
