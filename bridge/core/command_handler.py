"""Carries out commands. When `handle` returns, everything that must be kept is stored, so Slack may
be told that we have it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from functools import partial

from cachetools import TTLCache

from bridge.core.background import BackgroundTasks
from bridge.core.commands import (
    Command,
    CommandResult,
    DeleteQuestion,
    EditQuestion,
    Rate,
    Stop,
)
from bridge.core.errors import Unavailable
from bridge.core.events import AnswerRated, Observer
from bridge.core.model import Ask, Kind, ThreadKey
from bridge.core.policy import QuotaReached
from bridge.core.ports import Inbox, Ratings
from bridge.core.reply import Threads
from bridge.core.translator import Translator

MOST_REFUSED = 10_000  # questions that are expected again, in this process


@dataclass(slots=True)
class CommandHandler:
    """`rate` tells the bot what somebody thinks of its answer. An ephemeral message is given up
    after `ephemeral_s`: it would come too late to be of use.

    If a question cannot be stored, Slack delivers it again within `redelivery_s`. It may be a
    mention, which lets its author go on in the thread without mentions. So until then a reply
    without a mention, by the same person in the same thread, is refused too, and Slack delivers it
    again later.
    """

    inbox: Inbox
    ratings: Ratings
    rate: Callable[[Rate], Awaitable[None]]
    _: KW_ONLY
    threads: Threads
    translator: Translator
    background: BackgroundTasks
    observe: Observer
    redelivery_s: float
    ephemeral_s: float = 10.0
    _refused: TTLCache[tuple[ThreadKey, str], bool] = field(init=False)

    def __post_init__(self) -> None:
        self._refused = TTLCache(MOST_REFUSED, self.redelivery_s)

    async def handle(self, command: Command) -> CommandResult:
        """Raises `Unavailable` when the store cannot be reached: then nothing has happened."""
        try:
            return await self._handle(command)
        except Unavailable:
            self._expect_again(command)
            raise

    async def _handle(self, command: Command) -> CommandResult:
        match command:
            case Ask():
                return await self._enqueue(command)
            case EditQuestion():
                return await self._edit(command)
            case DeleteQuestion():
                was_open = await self.inbox.delete(command.thread.team, command.turn)
                return CommandResult.DELETED if was_open else CommandResult.NOT_FOUND
            case Stop():
                return await self._stop(command)
            case Rate():
                return await self._rate(command)

    async def _enqueue(self, ask: Ask) -> CommandResult:
        try:
            result = await self.inbox.enqueue(ask)
        except QuotaReached as reached:
            self._send_wait(ask, reached)
            return CommandResult(reached.counted)
        if result is CommandResult.DUPLICATE and (ask.attached or ask.files):
            # Of the two events of one post, the mention sometimes lacks what is attached.
            await self.inbox.edit(ask)
        if result is CommandResult.NOT_ENGAGED and (ask.thread, ask.user) in self._refused:
            raise Unavailable("the mention before it may still come")
        if result is CommandResult.QUEUED and ask.kind is Kind.ASK and not ask.bot:
            self._send_ephemeral(ask.thread, ask.user, "queued", wrote=ask.text)
        return result

    def _send_wait(self, ask: Ask, reached: QuotaReached) -> None:
        if not ask.bot:
            self._send_ephemeral(
                ask.told_in,
                ask.user,
                reached.counted,
                wrote=ask.text,
                respond_to=ask.respond_to,
                wait_s=reached.wait_s,
            )

    def _expect_again(self, command: Command) -> None:
        """Slack delivers it again. Remember who has asked there: until it comes, the store does not
        know that this person may go on without a mention.
        """
        ask = _question_in(command)
        if ask and ask.is_addressed:
            self._refused[ask.thread, ask.user] = True

    async def _edit(self, edit: EditQuestion) -> CommandResult:
        if await self.inbox.edit(edit.ask):
            return CommandResult.EDITED
        return await self._enqueue(edit.ask) if edit.may_be_new else CommandResult.NOT_FOUND

    async def _stop(self, stop: Stop) -> CommandResult:
        result = await self.inbox.stop(stop)
        if result is CommandResult.NOT_YOURS:
            self._send_ephemeral(stop.thread, stop.user, "not_yours")
        if result is CommandResult.NOT_FOUND and stop.is_shown:
            self.background.start("show_idle", partial(self.threads.show_idle, stop.thread))
        if result is CommandResult.NOT_FOUND and stop.otherwise:
            return await self._enqueue(stop.otherwise)
        return result

    async def _rate(self, rate: Rate) -> CommandResult:
        if not await self.ratings.add(rate):
            return CommandResult.DUPLICATE
        is_good, has_comment = rate.is_good, bool(rate.comment)
        self.observe(
            AnswerRated(
                rate.turn,
                rate.thread,
                rate.session,
                rate.answer_id,
                is_good,
                has_comment,
                rate.robot or "",
            )
        )
        undo = partial(self.ratings.remove, rate)
        self.background.start("rate", partial(self.rate, rate), undo=undo)
        return CommandResult.RATED

    def _send_ephemeral(
        self,
        thread: ThreadKey,
        user: str,
        key: str,
        *,
        wrote: str = "",
        respond_to: str = "",
        wait_s: float = 0.0,
    ) -> None:
        async def send_ephemeral() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.ephemeral_s):
                    translation = await self.translator.for_user(thread.team, user, wrote)
                    text = translation.text(key, wait=translation.duration(wait_s))
                    await self.threads.send_ephemeral(thread, user, text, respond_to=respond_to)

        self.background.start("send_ephemeral", send_ephemeral)


def _question_in(command: Command) -> Ask | None:
    match command:
        case Ask():
            return command
        case EditQuestion(may_be_new=True):
            return command.ask
        case Stop():
            return command.otherwise
    return None
