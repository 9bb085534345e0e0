"""The use case: a question becomes an answer, or one clear sentence."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial

from bridge.core.asking import Asking
from bridge.core.background import alongside, cancel_and_wait, retry
from bridge.core.errors import BridgeError, LeaseLost, StreamBroken, ThreadGone, Unavailable
from bridge.core.events import HandoverWanted, Observer, TurnError
from bridge.core.model import Answer, Ask, Handover, Kind, Outcome, turn_id
from bridge.core.policy import Admission, Refusal
from bridge.core.ports import AnswerSources, Inbox, Once
from bridge.core.preparing import Preparing
from bridge.core.reply import Replies, Reply, Threads
from bridge.core.translator import Translation, Translator
from bridge.core.turn import Draft, Turn
from bridge.core.utterance import Utterance

_HOURS_FROM_MINUTES = 90  # so much is told in hours


@dataclass(frozen=True, slots=True)
class TurnResult:
    """How a turn ended; `reason` is for the log."""

    outcome: Outcome
    answer_id: str = ""
    reason: str = ""


@dataclass(slots=True)
class Conversation:
    """Runs one turn. An answer to a question older than `late_s` says so."""

    asking: Asking
    replies: Replies
    threads: Threads
    _: KW_ONLY
    admission: Admission
    preparing: Preparing
    inbox: Inbox
    dm_hints: Once
    answer_sources: AnswerSources
    translator: Translator
    late_s: float
    observe: Observer

    async def run(self, turn: Turn) -> TurnResult:
        """Returns when Slack has accepted the end.

        Raises `LeaseLost`; and `ThreadGone` when there is no place left to say anything. The policy
        is checked before the first asking only: a replica that takes over finishes what was begun.
        """
        was_admitted = turn.record.asks > 0
        if not was_admitted and (refusal := await self.admission.refuses(turn.ask)):
            return await self._refuse(turn.ask, refusal)
        await self.preparing.prepare(turn)
        try:
            if turn.ask.kind is Kind.OPEN:
                return await self._open(turn)
            return await self._reply(turn, self.replies.open(turn))
        except ThreadGone:
            if turn.ask.respond_to and not turn.record.pages:
                translation = await self.translator.for_ask(turn.ask)
                await self._send_ephemeral(turn.ask, translation.text("not_member"))
            raise

    async def _refuse(self, ask: Ask, refusal: Refusal) -> TurnResult:
        """Whoever addressed the bot is told why."""
        with suppress(Unavailable):
            await self.inbox.uncount(ask)
        if refusal is not Refusal.EXTERNAL and ask.is_addressed and not ask.bot:
            translation = await self.translator.for_ask(ask)
            await self._send_ephemeral(ask, translation.text(f"refused_{refusal}"))
        return TurnResult(Outcome.DECLINED, reason=refusal)

    async def give_up(self, turn: Turn, notice: str) -> None:
        """Say in the thread that no more will come, below the text that has come so far. If the
        answer was whole, and only could not be posted, it is posted without that sentence.
        """
        await self.preparing.resolve_names(turn)
        said = (await self.translator.for_ask(turn.ask)).text_with_reference(turn.ask, notice)
        if turn.ask.kind is Kind.OPEN:
            await self._send_ephemeral(turn.ask, said)
        else:
            answer = turn.record.answer or _unrated(turn.draft.broken_off(said))
            try:
                await self.replies.open(turn).finish(answer)
            except BridgeError:
                raise
            except Exception:
                # A bug may lie in what this text leads to: then the sentence stands alone.
                await self.replies.open(turn).finish(Answer("", notices=(said,)))
                raise

    async def _send_ephemeral(self, ask: Ask, text: str) -> None:
        await self.threads.send_ephemeral(ask.told_in, ask.user, text, respond_to=ask.respond_to)

    async def _open(self, turn: Turn) -> TurnResult:
        ask = turn.delivery.ask
        if notice := await self._reason_not_to_ask(turn):
            await self._send_ephemeral(ask, notice)
            return TurnResult(Outcome.DECLINED)
        thread = await self.threads.open(turn)
        cause = turn_id(thread.team, thread.channel, f"root:{ask.turn}")
        put = replace(
            ask, turn=cause, thread=thread, ts=thread.root, kind=Kind.ASK, asked_ts=ask.ts
        )
        await retry(partial(self.inbox.enqueue, put, counts=False))
        return TurnResult(Outcome.OPENED)

    async def _reply(self, turn: Turn, reply: Reply) -> TurnResult:
        if turn.ask.kind is Kind.RESET:
            await turn.reset()
        if notice := await self._reason_not_to_ask(turn):
            await reply.finish(Answer("", notices=(notice,)))
            return TurnResult(Outcome.DECLINED)
        result = TurnResult(Outcome.ANSWERED)
        answer = turn.record.answer
        if answer is None:
            answer, result = await self._answer(turn, reply)
        if answer.handover and not self.threads.can_call_human(turn.ask):
            answer = replace(answer, handover=replace(answer.handover, is_heard=False))
        async with alongside(turn.save_answer(answer)):
            await self._save_sources(turn, answer)
            await reply.finish(answer)
        if answer.handover:
            await self._hand_over(turn, reply, answer, answer.handover)
        return result

    async def _hand_over(self, turn: Turn, reply: Reply, answer: Answer, wanted: Handover) -> None:
        """If nobody hears of it after all, the answer promises no human any more."""
        error = await self.threads.call_human(turn) if wanted.is_heard else None
        if error:
            wanted = replace(wanted, is_heard=False)
            answer = replace(answer, handover=wanted)
            async with alongside(turn.save_answer(answer)):
                await reply.finish(answer)
        self.observe(HandoverWanted.of(turn.ask.turn, wanted, error))

    async def _save_sources(self, turn: Turn, answer: Answer) -> None:
        if answer.sources:
            with suppress(Unavailable):
                await self.answer_sources.save(turn.ask, answer.sources)

    async def _reason_not_to_ask(self, turn: Turn) -> str:
        """A sentence, empty if there is none. The language is looked up only where one is
        needed.
        """
        key = self._obstacle(turn.ask, turn.utterance)
        if not key:
            return ""
        translation = await self.translator.for_ask(turn.ask)
        return translation.text(
            key, length=len(turn.utterance.text), limit=self.preparing.max_utterance
        )

    def _obstacle(self, ask: Ask, utterance: Utterance) -> str:
        """The key of what is said instead of an answer."""
        if ask.kind is Kind.RESET:
            return "conversation_reset"
        if ask.kind is Kind.NOTHING_TO_STOP:
            return "nothing_to_stop"
        if not utterance.text:
            return self._greeting(ask)
        return "too_long" if len(utterance.text) > self.preparing.max_utterance else ""

    def _greeting(self, ask: Ask) -> str:
        """The key of the answer to a message that asks nothing."""
        if ask.images and not self.preparing.shows_images:
            return "hello_images_off"
        return "hello_files" if ask.files or ask.has_unknown else "hello"

    async def _answer(self, turn: Turn, reply: Reply) -> tuple[Answer, TurnResult]:
        try:
            async with reply.status():
                is_stopped = await _unless_stopped(turn, self.asking.fill(turn, reply))
        except (LeaseLost, ThreadGone):
            raise
        except BridgeError as error:
            session, asks = turn.record.session, turn.record.asks
            self.observe(TurnError.of(turn.ask.turn, error, session=session, asks=asks))
            notices = await self._notices(turn, _notice_of(error, turn.draft))
            broken = turn.draft.broken_off(*notices)
            result = TurnResult(Outcome.FAILED, broken.answer_id, error.reason)
            return _unrated(broken), result
        if is_stopped:
            return await self._stopped(turn, reply)
        answer = turn.draft.answer(
            *await self._notices(turn, "empty" if turn.draft.is_empty else "")
        )
        return answer, TurnResult(Outcome.ANSWERED, answer.answer_id)

    async def _stopped(self, turn: Turn, reply: Reply) -> tuple[Answer, TurnResult]:
        """The text stays as people saw it last, although more may have come."""
        seen = reply.shown or (turn.record.partial if turn.record.pages else "")
        self.asking.cancel(turn, seen)
        answer = turn.draft.broken_off(*await self._notices(turn, "stopped"), seen=seen)
        return answer, TurnResult(Outcome.STOPPED, answer.answer_id)

    async def _notices(self, turn: Turn, last: str) -> list[str]:
        """Our own sentences under the answer; `last` names the one that tells how it ended."""
        ask, translation = turn.ask, await self.translator.for_ask(turn.ask)
        notices = self._say_age(turn, translation)
        if turn.utterance.is_cut:
            key = "attached_cut" if turn.utterance.read else "attached_unread"
            notices.append(translation.text(key, read=turn.utterance.read))
        if turn.utterance.has_before:
            notices.append(translation.text("thread_read"))
        if ask.files > len(turn.images):
            notices.append(self._say_unread(turn, translation))
        if ask.has_unknown:
            notices.append(translation.text("parts_unread"))
        if ask.is_dm and await self._may_hint(ask):
            notices.append(translation.text("dm_threads"))
        if last:
            notices.append(translation.text_with_reference(ask, last))
        return notices

    def _say_unread(self, turn: Turn, translation: Translation) -> str:
        if turn.images:
            read, count = len(turn.images), turn.ask.files
            return translation.text("files_partly_unread", read=read, count=count)
        is_off = turn.ask.images and not self.preparing.shows_images
        return translation.text("images_off" if is_off else "files_unread")

    def _say_age(self, turn: Turn, translation: Translation) -> list[str]:
        """A notice on an old question. It does not matter to people whether Slack brought it late
        or it waited here.
        """
        age_s = turn.taken_at - turn.ask.requested_at
        if age_s < self.late_s:
            return []
        minutes = max(round(age_s / 60), 1)
        if minutes < _HOURS_FROM_MINUTES:
            return [translation.text("late_minutes", count=minutes)]
        return [translation.text("late_hours", count=round(minutes / 60))]

    async def _may_hint(self, ask: Ask) -> bool:
        """Only the first answer in a DM tells how to go on there."""
        try:
            return await self.dm_hints.claim(ask.thread.team, ask.thread.channel)
        except Unavailable:
            return False


def _unrated(answer: Answer) -> Answer:
    """Nobody is asked what they think of half an answer."""
    return replace(answer, answer_id="")


def _notice_of(error: BridgeError, draft: Draft) -> str:
    """A partial answer is marked as incomplete; the cause is told to the operator alone."""
    if draft.markdown:
        return StreamBroken.message_key
    return Unavailable.message_key if isinstance(error, StreamBroken) else error.message_key


async def _unless_stopped(turn: Turn, work: Coroutine[None, None, None]) -> bool:
    """Run `work`, but cancel it as soon as a stop is requested; True if that came first."""
    if turn.lease.is_stopped:
        work.close()
        return True
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(turn.lease.stopped())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
            return False
        return True
    finally:
        await cancel_and_wait(working, stopping)
        if not working.cancelled():
            working.exception()  # retrieved: after a stop its failure does not matter
